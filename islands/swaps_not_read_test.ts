import assert from "node:assert/strict";
import { notRead } from "./swaps_not_read.ts";

const row = (program: string, tag: string, count: number) => ({
  program,
  dex: null,
  tag,
  count,
  example: "s",
});

Deno.test("engine 6: what several agents could not read of one chain is listed once, the most frequent first", () => {
  const first = { missed_swaps: 9, missed_by_program: [row("A", "01", 3), row("B", "01", 5)] };
  const second = { missed_swaps: 8, missed_by_program: [row("A", "01", 4), row("A", "02", 1)] };
  assert.deepEqual(notRead([first, second]), {
    total: 10,
    rows: [row("B", "01", 5), row("A", "01", 4), row("A", "02", 1)],
    others: 0,
  });
  assert.deepEqual(notRead([first]), { total: 9, rows: [row("B", "01", 5), row("A", "01", 3)], others: 1 });
  const many = Array.from({ length: 40 }, (_, at) => row(`P${at}`, "01", 1));
  const bounded = notRead([{ missed_swaps: 50, missed_by_program: many }])!;
  assert.deepEqual([bounded.rows.length, bounded.total, bounded.others], [16, 50, 34]);
});

Deno.test("engine 6: none is known only where an agent counts", () => {
  assert.deepEqual(notRead([{ missed_swaps: 0, missed_by_program: [] }, {}]), {
    total: 0,
    rows: [],
    others: 0,
  });
  assert.equal(notRead([{}]), null);
  assert.equal(notRead([]), null);
});
