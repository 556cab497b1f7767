import assert from "node:assert/strict";
import { z } from "zod";
import type { FormText } from "../core/jobs/form.ts";
import type { AnyJobKind } from "../core/jobs/kind.ts";
import { begin, bodyOf } from "../islands/job_form.ts";
import { range } from "../proto/jobs.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import { formOf, formsTs } from "./job_forms.ts";
import { JobKinds } from "../core/jobs/kind.ts";

for (const kind of JOB_KINDS.list) {
  const form = formOf(kind);
  const given = Object.fromEntries(
    Object.entries(form.given ?? {}).map(([name, words]) => [name, Object.keys(words)[0]!]),
  );

  Deno.test(`the form of a ${kind.name} is taken as it begins, and asks for a job again as it was`, () => {
    const first = kind.asked.parse(bodyOf(form, begin(form, null), given));
    const reparsed = kind.asked.parse(bodyOf(form, begin(form, JSON.parse(JSON.stringify(first))), given));
    const fresh = form.fields.find((field) => field.fresh)?.path;
    if (fresh) assert.notEqual(reparsed[fresh], first[fresh]);
    const same = (args: Record<string, unknown>) => fresh ? { ...args, [fresh]: "" } : args;
    assert.deepEqual(same(reparsed), same(first));
  });
}

const TEXT: FormText = { id: "sw", title: "Sweep", submit: "Sweep", fields: {} };
const kind = (asked: z.ZodType, fields: FormText["fields"], more: Partial<FormText> = {}, kept = asked) =>
  ({
    ...JOB_KINDS.list[0],
    ...{ name: "sweep", number: 7, asked, kept, form: { ...TEXT, fields, ...more } },
  }) as AnyJobKind;

Deno.test("a kind whose form does not go with its schema is refused with what is wrong", () => {
  const label = "L";
  const rows: [asked: z.ZodType, fields: FormText["fields"], why: RegExp][] = [
    [z.object({ a: z.string() }), { b: { label } }, /draw b of the form of sweep: nothing of that name/],
    [z.object({ a: z.string() }), {}, /draw a .*: it must be asked for/],
    [z.object({ a: z.object({ b: z.string() }) }), {}, /draw a\.b .*: it must be asked for/],
    [z.object({ a: z.null() }), { a: { label } }, /draw a .*: its type is "null"/],
    [z.object({ a: z.string() }), { a: { label, days_back: 1 } }, /draw a .*: its type is "string"/],
    [
      z.object({ a: z.enum(["x"]) }),
      { a: { label, words: { y: "Y" } } },
      /draw a .*: y is none of its choices/,
    ],
    [z.object({ a: z.enum(["x"]) }), { a: { label, need_engines: ["y"] } }, /: y is none of its choices/],
    [
      z.object({ range }),
      { "range.start": { label, days_back: 1 } },
      /draw range\.start .*: it is not kept as range/,
    ],
    [
      z.object({ a: z.object({ n: z.string() }), b: z.object({ n: z.string() }) }),
      { "a.n": { label }, "b.n": { label } },
      /draw n .*: two fields end with this name/,
    ],
  ];
  for (const [asked, fields, why] of rows) assert.throws(() => formOf(kind(asked, fields)), why);
  const given = { a: { x: "X" } };
  assert.deepEqual(formOf(kind(z.object({ a: z.string() }), {}, { given })).fields, [], "the page gives it");
  const same = { ...JOB_KINDS.list[0]!, name: "other", number: 9 };
  assert.throws(() => formsTs(new JobKinds([JOB_KINDS.list[0]!, same])), /forms of the same id/);
});
