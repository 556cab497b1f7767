import assert from "node:assert/strict";
import { detailOf, wholeDetail } from "./audit_detail.ts";

Deno.test("a detail of JSON is shown with every field and its type, words are shown as they are", () => {
  const kill = '{"kill":true,"reason":"a drill","came_of":[{"taken":false,"path":"none"}]}';
  assert.deepEqual(JSON.parse(wholeDetail(kill)), JSON.parse(kill));
  assert.match(wholeDetail(kill), /"kill": true,\n/);
  assert.equal(detailOf(kill).reason, "a drill");
  for (const words of ["from 127.0.0.1", "", "[]", "null", '{"cut":"of']) {
    assert.equal(wholeDetail(words), words);
    assert.deepEqual(detailOf(words).reason, undefined);
  }
});
