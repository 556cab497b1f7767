import assert from "node:assert/strict";
import { z } from "zod";
import { describe } from "../routes/json_schema.ts";
import { clientTypes, typeOf } from "./client_types.ts";

const named = z.strictObject({ a: z.string() }).meta({ id: "Named" });

const ROWS: readonly [type: z.ZodType, io: "input" | "output", expected: string][] = [
  [z.string().regex(/x/), "input", "string"],
  [z.number().int(), "output", "number"],
  [z.boolean().default(true), "output", "boolean"],
  [z.literal("paper"), "output", '"paper"'],
  [z.enum(["a", "b"]), "output", '"a" | "b"'],
  [z.string().nullable(), "output", "string | null"],
  [z.array(z.union([z.string(), z.number()])), "output", "(string | number)[]"],
  [z.tuple([z.number(), z.string()]), "output", "[number, string]"],
  [z.record(z.string(), z.number()), "output", "Record<string, number>"],
  [z.unknown(), "output", "unknown"],
  [z.strictObject({}), "input", "Record<string, never>"],
  [z.strictObject({ "a-b": z.string().optional(), c: z.null() }), "output", '{ "a-b"?: string; c: null; }'],
  [z.strictObject({ a: z.string().default("x") }), "input", "{ a?: string; }"],
  [z.strictObject({ a: z.string().default("x") }), "output", "{ a: string; }"],
  [z.string().transform(Number), "input", "string"],
  [named, "output", "Named"],
  [z.array(named), "output", "Named[]"],
];

for (const [type, io, expected] of ROWS) {
  Deno.test(`typeOf() writes ${expected} of what is ${io === "input" ? "sent" : "answered"}`, () => {
    assert.equal(typeOf(describe(type, io).schema), expected);
  });
}

Deno.test("typeOf() marks what the page gives as not changed by it, and refuses what it does not know", () => {
  assert.equal(typeOf(describe(z.array(z.string()), "input").schema, "readonly "), "readonly string[]");
  assert.throws(() => typeOf({ type: "money" }), /Cannot write a type for/);
});

Deno.test("clientTypes() has the routes that answer JSON, and no other", () => {
  const text = clientTypes();
  assert.match(
    text,
    /"GET \/api\/training\/shadow": \{ query: \{ module: "arbitrage" \| "mev"; hours\?: string \| number; \};/,
  );
  assert.match(
    text,
    /"POST \/api\/jobs\/:id\/cancel": \{ params: \{ id: string; \}; body: Record<string, never>; answer: /,
  );
  assert.match(text, /export interface Receipt \{/);
  for (const other of ["/metrics", "/api/realtime/ws", "/report", "/logs"]) {
    assert.ok(!text.includes(`${other}"`), other);
  }
});
