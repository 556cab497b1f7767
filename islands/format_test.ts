import assert from "node:assert/strict";
import { age, grouped, lamportsToSol, latency, percent, short, sol } from "./format.ts";

Deno.test("formats show sign, unit and the unknown", () => {
  assert.deepEqual([sol(0.005926), sol(-0.5, 2), sol(null), sol(0)], [
    "+0.005926",
    "−0.50",
    "–",
    "+0.000000",
  ]);
  assert.deepEqual([grouped(463918204), grouped("12"), short("331eB4Q7J9Y46"), short("abc")], [
    "463,918,204",
    "12",
    "331e…9Y46",
    "abc",
  ]);
  assert.deepEqual([grouped("-1152864"), grouped(-100), grouped(0)], ["−1,152,864", "−100", "0"]);
  assert.deepEqual([age(0.31), age(12.9), age(240), age(7300)], ["0.3 s", "12 s", "4 min", "2 h"]);
  assert.deepEqual([percent(0.381), percent(null), lamportsToSol("-1500000000"), lamportsToSol(null)], [
    "38.1 %",
    "–",
    -1.5,
    null,
  ]);
  assert.deepEqual([latency(0.0021), latency(0.4), latency(1.34), latency(null)], [
    ["2.1", "µs"],
    ["400", "µs"],
    ["1.34", "ms"],
    ["–", ""],
  ]);
});
