import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { encodingOf } from "./encoding.ts";
import { PackedText, principalOf, type RouteContext } from "./route.ts";

Deno.test("PackedText.as() packs once for all who read it so", () => {
  const text = "x".repeat(10_000);
  const made = new PackedText(text);
  assert.equal(encodingOf("gzip"), "gzip");
  const packed = made.as("gzip");
  assert.equal(new TextDecoder().decode(gunzipSync(packed)), text);
  assert.equal(made.as("gzip"), packed, "the same bytes, not made again");
});

Deno.test("principalOf() gives the caller, and fails on a route that requires none", () => {
  const ann = { name: "ann", role: "viewer" };
  const context = (principal: unknown) => ({ get: () => principal }) as unknown as RouteContext;
  assert.equal(principalOf(context(ann)), ann);
  assert.throws(() => principalOf(context(undefined)), /declares no right/);
});
