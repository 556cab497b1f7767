/** What is sent to a client, byte for byte and line for line, and what a filter keeps. */
import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { realtime } from "../../proto/wire.ts";
import {
  batchBytes,
  type Facts,
  factsOf,
  gapJson,
  gapProto,
  isUnfiltered,
  jsonLines,
  matches,
} from "./batch.ts";

const { Envelope, Module } = realtime;
const NUMBERS = { epoch: 1n, from: 2n, to: 3n };

Deno.test("batchBytes() is a Batch with its envelopes as they came, whatever their lengths", () => {
  // Just below and above each length whose varint needs one more byte.
  for (const length of [0, 1, 127, 128, 129, 16_383, 16_384, 16_385, 2_097_151, 2_097_152]) {
    const item = new Uint8Array(length).fill(7);
    const bytes = batchBytes([item, item], NUMBERS);
    const head = length < 128 ? 2 : length < 16_384 ? 3 : length < 2_097_152 ? 4 : 5;
    assert.equal(bytes.length, 2 * (head + length) + 3 * 2, `${length}`);
    assert.equal(bytes[0], 0x0a);
    assert.deepEqual(bytes.subarray(head, head + length), item);
    assert.deepEqual(bytes.subarray(bytes.length - 6), Uint8Array.of(0x10, 1, 0x18, 2, 0x20, 3));
  }
});

Deno.test("batchBytes() carries positions of 64 bits, and leaves out what is 0", () => {
  for (const value of [1n, 127n, 128n, 16_383n, 16_384n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
    const batch = realtime.Batch.decode(
      batchBytes([], { epoch: value, from: value, to: value, dropped: value }),
    );
    assert.deepEqual(
      [batch.epoch, batch.from, batch.to, batch.dropped].map(String),
      Array(4).fill(String(value)),
    );
  }
  assert.deepEqual(batchBytes([], { epoch: 0n, from: 0n, to: 1n }), Uint8Array.of(0x20, 1));
});

const arb = Envelope.encode({
  schemaVersion: "rt-v1",
  type: Envelope.Type.ARB,
  module: Module.MODULE_ARBITRAGE,
  decisionId: new Uint8Array(16).fill(1),
  arb: { netSol: 0.5 },
}).finish();
const mev = Envelope.encode({
  schemaVersion: "rt-v1",
  type: Envelope.Type.MEV,
  module: Module.MODULE_MEV,
  decisionId: new Uint8Array(16).fill(2),
  mev: { netSol: -1, type: "raydium_cpmm_sandwich" },
}).finish();
const NOISE = Uint8Array.of(255, 255, 255);

Deno.test("jsonLines() is a line for each envelope that can be read", () => {
  const lines = jsonLines([arb, NOISE, mev]);
  assert.ok(lines.endsWith("\n"));
  assert.deepEqual(lines.trimEnd().split("\n").map((line) => JSON.parse(line).type), [
    "arb_opportunity",
    "mev_opportunity",
  ]);
});

Deno.test("a gap is sent in both modes with its positions and its count", () => {
  const gap = { from: 2n ** 53n + 1n, to: 2n ** 53n + 9n, count: 5 };
  assert.equal(
    gapJson(gap),
    '{"type":"gap","data":{"from":"9007199254740993","to":"9007199254741001","count":5}}\n',
  );
  const { items, epoch, from, to, dropped } = realtime.Batch.decode(zstdDecompressSync(gapProto(gap, 7n)));
  assert.deepEqual([items.length, ...[epoch, from, to, dropped].map(String)], [
    0,
    "7",
    "9007199254740993",
    "9007199254741001",
    "5",
  ]);
});

Deno.test("factsOf() reads the fields that filters use, and nothing from what is not an Envelope", () => {
  assert.deepEqual(factsOf(arb), { type: "arb", module: "arbitrage", dex: "", net: 0.5 });
  assert.deepEqual(factsOf(mev), { type: "mev", module: "mev", dex: "raydium_cpmm", net: -1 });
  assert.deepEqual(factsOf(new Uint8Array()), { type: "unknown", module: "none", dex: "", net: null });
  assert.equal(factsOf(NOISE), null);
});

const MEV: Facts = { type: "mev", module: "mev", dex: "raydium_cpmm", net: 0.5 };
const JOB: Facts = { type: "training", module: "none", dex: "", net: null };

const FILTERS: [facts: Facts | null, filter: Parameters<typeof matches>[1], kept: boolean][] = [
  [null, { minNet: 0 }, false],
  [null, {}, false],
  [MEV, {}, true],
  [MEV, { types: ["arb", "mev"] }, true],
  [MEV, { types: ["arb"] }, false],
  [MEV, { types: [] }, false],
  [MEV, { modules: ["mev"] }, true],
  [MEV, { modules: ["arbitrage"] }, false],
  [MEV, { dexes: ["raydium_cpmm"] }, true],
  [MEV, { dexes: ["orca"] }, false],
  [JOB, { dexes: ["orca"] }, true],
  [MEV, { minNet: 0.5 }, true],
  [MEV, { minNet: 0.6 }, false],
  [JOB, { minNet: 0.6 }, true],
  [MEV, { types: ["mev"], modules: ["mev"], dexes: ["raydium_cpmm"], minNet: 0.4 }, true],
  [MEV, { types: ["mev"], modules: ["mev"], dexes: ["orca"], minNet: 0.4 }, false],
];

for (const [facts, filter, kept] of FILTERS) {
  Deno.test(`matches(): ${facts?.type ?? "noise"} and ${JSON.stringify(filter)} is ${kept}`, () =>
    assert.equal(matches(facts, filter), kept));
}

Deno.test("isUnfiltered() is true without any filter, and false with one of any kind", () => {
  assert.equal(isUnfiltered({}), true);
  for (const filter of [{ types: ["x"] }, { modules: ["x"] }, { dexes: ["x"] }, { minNet: 0 }]) {
    assert.equal(isUnfiltered(filter), false, JSON.stringify(filter));
  }
});
