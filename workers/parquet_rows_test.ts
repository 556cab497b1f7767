import assert from "node:assert/strict";
import { footerLength, parquetRows } from "./parquet_rows.ts";

/** FileMetaData by hand: version 2, a schema of two elements (one with a logical type), 300 rows. */
const FOOTER = Uint8Array.from(
  [
    [0x15, 0x04],
    [0x19, 0x2c],
    [0x48, 0x06, ...new TextEncoder().encode("schema"), 0x15, 0x02, 0x00],
    [
      0x15,
      0x04,
      0x25,
      0x00,
      0x18,
      0x02,
      ...new TextEncoder().encode("dt"),
      0x6c,
      0x8c,
      0x11,
      0x1c,
      0x1c,
      0,
      0,
      0,
      0,
      0,
    ],
    [0x16, 0xd8, 0x04],
    [0x00],
  ].flat(),
);

Deno.test("parquetRows() reads the rows behind schema elements of every kind", () => {
  assert.equal(parquetRows(FOOTER), 300);
});

Deno.test("parquetRows() gives null for a footer that is cut anywhere, and for noise", () => {
  for (let length = 0; length < FOOTER.length - 1; length++) {
    assert.equal(parquetRows(FOOTER.subarray(0, length)), null);
  }
  let state = 9;
  for (let n = 0; n < 2_000; n++) {
    const noise = Uint8Array.from(
      { length: n % 60 },
      () => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16,
    );
    const rows = parquetRows(noise);
    assert.ok(rows === null || Number.isFinite(rows));
  }
});

Deno.test("footerLength() knows the end of a Parquet file", () => {
  assert.equal(footerLength(Uint8Array.of(7, 1, 0, 0, ...new TextEncoder().encode("PAR1"))), 263);
  for (const tail of ["", "PAR1", "xxxxPAR2", "01234567"]) {
    assert.equal(footerLength(new TextEncoder().encode(tail)), null);
  }
});
