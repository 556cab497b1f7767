import assert from "node:assert/strict";
import { freshName } from "./NewDataset.tsx";

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
