import assert from "node:assert/strict";
import { AppError } from "../core/platform/errors.ts";
import { datasetHash, type Example, matrix, split } from "./training_data.ts";

/** `count` examples in the order of time; label and group by their place. */
function examples(count: number, label: (at: number) => 0 | 1, group: (at: number) => string): Example[] {
  return Array.from({ length: count }, (_, at) => ({
    atMs: at * 10,
    id: String(at),
    label: label(at),
    group: group(at),
    dex: "raydium_cpmm",
    features: Float32Array.of(at, -at, NaN),
  }));
}

const groups = (rows: readonly Example[]) => new Set(rows.map((row) => row.group));

Deno.test("split() judges later rows of groups that were not seen before", () => {
  const parts = split(
    examples(1_000, (at) => at % 3 === 0 ? 1 : 0, (at) => `g${Math.floor(at / 10)}`),
    "mev",
  );
  const first = Math.min(...parts.test.map((row) => row.atMs));
  assert.ok(
    [...parts.train, ...parts.watched].every((row) => row.atMs < first),
    "nothing later was learned from",
  );
  const learned = groups([...parts.train, ...parts.watched]);
  assert.ok([...groups(parts.test)].every((group) => !learned.has(group)));
  assert.match(parts.how, /last fifth/);
});

Deno.test("split() holds groups out where all of them were seen before", () => {
  const parts = split(examples(3_000, (at) => at % 2 ? 1 : 0, (at) => `g${at % 40}`), "mev");
  const learned = groups([...parts.train, ...parts.watched]);
  assert.ok(parts.test.length > 0 && [...groups(parts.test)].every((group) => !learned.has(group)));
});

for (
  const [name, rows] of [
    ["without positives", examples(500, () => 0, String)],
    ["without negatives", examples(500, () => 1, String)],
    ["of a handful", examples(15, (at) => at % 2 ? 1 : 0, String)],
    ["whose positives are all late", examples(500, (at) => at > 450 ? 1 : 0, String)],
  ] as const
) {
  Deno.test(`split() refuses rows ${name} in one line`, () => {
    assert.throws(
      () => split(rows, "mev"),
      (error) =>
        error instanceof AppError &&
        /^Cannot train mev: of \d+ rows [a-z ]+, \d+ are positive/.test(error.message),
    );
  });
}

Deno.test("matrix() takes the first features, and datasetHash() sees every change", () => {
  const rows = examples(3, () => 1, String);
  assert.deepEqual([...matrix(rows, 2).rows], [0, -0, 1, -1, 2, -2]);
  const hash = datasetHash(rows);
  assert.equal(datasetHash(examples(3, () => 1, String)), hash);
  rows[1]!.features[0] = 9;
  assert.notEqual(datasetHash(rows), hash);
});
