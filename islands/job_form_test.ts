import assert from "node:assert/strict";
import type { FormField, JobForm } from "../core/jobs/form.ts";
import { begin, bodyOf, check, day, fieldOf, freshName, idOf } from "./job_form.ts";

// The initial days of the form.
Date.now = () => Date.UTC(2026, 10, 27, 12);

Deno.test("freshName gives a taken name the next number", () => {
  const rows = [
    ["a.parquet", "a_2.parquet"],
    ["a_2.parquet", "a_3.parquet"],
    ["b/a_9.jsonl.zst", "b/a_10.jsonl.zst"],
    ["export-2026-11-27.parquet", "export-2026-11-27_2.parquet"],
    ["plain", "plain_2"],
  ];
  for (const [taken, fresh] of rows) assert.equal(freshName(taken!), fresh);
});

const form = (...fields: FormField[]): JobForm => ({
  kind: "sweep",
  page: "datasets",
  start: "/api/sweep",
  id: "sw",
  title: "Sweep",
  submit: "Sweep",
  fields,
});

const LIST = ["a", "b", "c"];
const FORM = form(
  { path: "range.start", sort: "time", label: "From", days_back: 3 },
  { path: "name", sort: "text", label: "Name", begins: "{day}.csv", fresh: true },
  { path: "note", sort: "text", label: "Note" },
  { path: "many", sort: "several", label: "Many", values: LIST, begins_with: ["b"] },
  { path: "one", sort: "choice", label: "One", values: LIST },
  { path: "params.rate", sort: "number", label: "Rate", begins_with: 0.5, above: 0, max: 1 },
  { path: "dry", sort: "switch", label: "Dry", begins_with: true },
);

Deno.test("a form begins with the defaults of its schema, and with the day", () => {
  assert.deepEqual(begin(FORM, null), {
    "range.start": day(3),
    name: `${day(0)}.csv`,
    note: "",
    many: ["b"],
    one: "a",
    "params.rate": "0.5",
    dry: true,
  });
});

Deno.test("what a job before was asked for fills the form; what another version left is passed over", () => {
  const kept = {
    range: { start_ms: Date.UTC(2026, 10, 17, 6, 30) },
    name: "x.csv",
    note: "n",
    many: ["c", "z"],
    one: "b",
    params: { rate: 1 },
    dry: false,
  };
  const filled = {
    "range.start": "2026-11-17T06:30Z",
    name: "x_2.csv",
    note: "n",
    many: ["c"],
    one: "b",
    "params.rate": "1",
    dry: false,
  };
  assert.deepEqual(begin(FORM, kept), filled);
  assert.equal(begin(FORM, { range: { start_ms: Date.UTC(2026, 10, 17) } })["range.start"], "2026-11-17");
  const old = { range: 7, name: 3, note: null, many: "c", one: "z", params: null, dry: "no" };
  assert.deepEqual(begin(FORM, old), begin(FORM, null));
});

Deno.test("a form's values become the body with its parts, and what the page gives", () => {
  assert.deepEqual(bodyOf(FORM, { ...begin(FORM, null), "range.start": "x" }, { module: "mev" }), {
    module: "mev",
    range: { start: "x" },
    name: `${day(0)}.csv`,
    note: "",
    many: ["b"],
    one: "a",
    params: { rate: 0.5 },
    dry: true,
  });
});

Deno.test("a number is checked against its range with a message, and sent only within it", () => {
  const number = (more: Partial<FormField>) =>
    form({ path: "p.n", sort: "number", label: "N", ...more } as FormField);
  const rows: [more: Partial<FormField>, text: string, needed: string | null][] = [
    [{ whole: true, min: 1, max: 12 }, "12", null],
    [{ whole: true, min: 1, max: 12 }, " 1 ", null],
    [{ whole: true, min: 1, max: 12 }, "13", "a whole number from 1 to 12"],
    [{ whole: true, min: 1, max: 12 }, "0", "a whole number from 1 to 12"],
    [{ whole: true, min: 1, max: 12 }, "1.5", "a whole number from 1 to 12"],
    [{ whole: true, min: 1, max: 12 }, "", "a whole number from 1 to 12"],
    [{ whole: true, min: 1, max: 12 }, "0x5", "a whole number from 1 to 12"],
    [{ above: 0, max: 1 }, "0", "a number above 0 and at most 1"],
    [{ above: 0, max: 1 }, "1e-3", null],
    [{ max: 3, unit: "rows" }, "4", "a number of rows of at most 3"],
    [{}, "Infinity", "a number"],
    [{}, "-.5", null],
  ];
  for (const [more, text, needed] of rows) {
    const wrong = needed === null ? undefined : { field: "p.n", text: `N: need ${needed}, got \`${text}\`` };
    assert.deepEqual(check(number(more), { "p.n": text }), wrong);
  }
});

Deno.test("a refusal is about the field whose path it names or is within", () => {
  const rows = [["range.start", "range.start"], ["many.0", "many"], ["range", ""], ["manyx", ""], [
    undefined,
    "",
  ]];
  for (const [named, path] of rows) assert.equal(fieldOf(FORM, named), path);
  assert.deepEqual(FORM.fields.map((field) => idOf(FORM, field)), [
    "sw-start",
    "sw-name",
    "sw-note",
    "sw-many",
    "sw-one",
    "sw-rate",
    "sw-dry",
  ]);
});
