import assert from "node:assert/strict";
import { trainingThreads } from "./machine.ts";

Deno.test("a training takes what is configured, else all processors but one, and never none", () => {
  const rows: [configured: number, processors: number, wanted: number][] = [
    [0, 1, 1],
    [0, 2, 1],
    [0, 64, 63],
    [2, 2, 2],
    [8, 2, 8],
  ];
  for (const [configured, processors, expected] of rows) {
    assert.equal(trainingThreads(configured, processors), expected, `${configured} of ${processors}`);
  }
});
