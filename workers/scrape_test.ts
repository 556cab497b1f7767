import assert from "node:assert/strict";
import { scrapedText } from "./scrape.ts";

Deno.test("F21: a dataset's job reports the rows that are in its files", () => {
  const file = (type: string, rows: number, bytes: number) => ({
    type,
    output: type,
    path: `/datasets/${type}`,
    rows,
    bytes,
    sha256: "",
  });
  assert.equal(
    scrapedText([file("arb", 65_678, 1_000_000), file("mev", 212, 999)]),
    "65,890 rows in 1,000,999 bytes",
  );
});
