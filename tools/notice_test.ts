import assert from "node:assert/strict";
import { checked, licences, notice } from "./notice.ts";

const work = (name: string, text: string) => ({ name, version: "1.0.0", licence: "MIT", texts: [text] });
const TEXT = "Permission is hereby granted, free of charge, to any person …";

Deno.test("a work without the text of its licence is refused by name", () => {
  for (const texts of [[], [""], [" \n"], ["MIT"]]) {
    const bare = { name: "new-crate (crate)", version: "2.0.0", licence: "MIT", texts };
    assert.throws(
      () => checked([work("good", TEXT), bare]),
      /no licence text of new-crate \(crate\) 2\.0\.0, add it/,
    );
  }
});

Deno.test("each text is there once, below all works that it belongs to", () => {
  const all = checked([work("b", TEXT), work("a", TEXT), work("c", `${TEXT} other`)]);
  const text = licences(all);
  assert.equal(text.split(`${TEXT}\n`).length - 1, 1);
  assert.match(text, /a 1\.0\.0\nb 1\.0\.0\n=/);
  assert.match(notice(all), /\na 1\.0\.0 +MIT\nb 1\.0\.0 +MIT\n/);
});
