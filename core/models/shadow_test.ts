import assert from "node:assert/strict";
import { AppError } from "../platform/errors.ts";
import { LandedCycles } from "../decisions/landed_cycles.ts";
import type { Judgement } from "./models.ts";
import { type Answers, compare, type Scored } from "./shadow.ts";

const scored = (more: Partial<Scored> = {}): Scored => ({
  slot: 100,
  trigger: "t",
  pools: ["a", "b"],
  live: "baseline-1",
  live_score: 0.6,
  shadow: "cafe",
  shadow_score: 0.4,
  score_min: 0.5,
  ...more,
});

const answers = (more: Partial<Answers> = {}): Answers => ({
  newest_slot: 200,
  cycles: new LandedCycles<true>(),
  victims: new Set(),
  ...more,
});

/** Keeps what it was asked instead of judging: that is Rust's (ffi/model/src/judge.rs). */
const asked = (labels: Float32Array, scores: Float32Array) =>
  ({ labels: [...labels], scores: [...scores] }) as unknown as Judgement;

Deno.test("what would pass is counted by the least score that was in force", () => {
  const comparison = compare(
    "mev",
    1,
    [
      scored(),
      scored({ live_score: 0.5, shadow_score: 0.5 }),
      scored({ live_score: 0.1, shadow_score: 0.9 }),
      scored({ score_min: 0.7 }),
    ],
    answers(),
    asked,
  );
  assert.deepEqual(comparison.passes, { both: 1, live_only: 1, shadow_only: 1, neither: 1 });
  assert.ok(Math.abs(comparison.mean_difference - (0.2 + 0 + 0.8 + 0.2) / 4) < 1e-12);
  assert.equal(comparison.judged, null, "too few");
});

Deno.test("only decisions of the current pair are compared", () => {
  const comparison = compare(
    "mev",
    1,
    [scored(), scored({ live: "beef" }), scored({ shadow: "dead" }), scored()],
    answers(),
    asked,
  );
  assert.deepEqual([comparison.live, comparison.shadow, comparison.decisions], ["baseline-1", "cafe", 2]);
});

Deno.test("a cycle came true when a paying one over two of its pools landed within two slots", () => {
  const cycles = new LandedCycles<true>();
  cycles.add(102, ["b", "c", "a"], true);
  cycles.add(104, ["a", "c"], true);
  const rows: [Partial<Scored>, number][] = [
    [{}, 1],
    [{ slot: 102 }, 1],
    [{ slot: 103 }, 0],
    [{ slot: 99 }, 0],
    [{ pools: ["a", "x"] }, 0],
    [{ pools: ["c", "a"], slot: 102 }, 1],
    [{ pools: ["c", "a"], slot: 103 }, 1],
  ];
  const decisions = Array.from({ length: 3 }, () => rows.map(([more]) => scored(more))).flat();
  const { judged } = compare("arbitrage", 1, decisions, answers({ cycles }), asked);
  const { labels } = judged!.live as unknown as { labels: number[] };
  assert.deepEqual(labels, [...rows, ...rows, ...rows].map(([, label]) => label));
});

Deno.test("a candidate came true when its target became a victim; the newest slots have no answer yet", () => {
  const decisions = Array.from({ length: 30 }, (_, at) => scored({ slot: 100 + at, trigger: `t${at}` }));
  const { judged, answered } = compare(
    "mev",
    1,
    decisions,
    answers({ newest_slot: 130, victims: new Set(["t3", "t29", "other"]) }),
    asked,
  );
  assert.equal(answered, 26);
  const { labels, scores } = judged!.shadow as unknown as { labels: number[]; scores: number[] };
  assert.deepEqual([labels.length, labels.indexOf(1), labels.lastIndexOf(1)], [26, 3, 3]);
  assert.ok(scores.every((score) => Math.abs(score - 0.4) < 1e-6));
});

Deno.test("without a decision in shadow there is nothing to compare", () => {
  assert.throws(
    () => compare("mev", 6, [], answers(), asked),
    (error) => error instanceof AppError && error.code === "not_found" && /last 6 h/.test(error.message),
  );
});
