import assert from "node:assert/strict";
import { proseOf, wordsIn } from "./words.ts";

const counted = (file: string, text: string) =>
  [...wordsIn(file, text)].map(([{ name }, count]) => `${name} ${count}`);

Deno.test("words are counted in comments and texts, not in names", () => {
  const text = 'const told = 1; // He told nobody, and told it anew.\nsay("it goes on, " + told);\n';
  assert.deepEqual(counted("a.ts", text), ["anew 1", "goes on 1", "nobody 1", "told 2"]);
  assert.deepEqual(
    counted("a.rs", "/// It is no JSON.\nfn told<'a>(x: &'a str, c: char) { c == '\"'; told(x) }\n"),
    [
      "is no 1",
    ],
  );
  assert.deepEqual(counted("a.ts", "// There is no file, it is no longer used, and `told` is a name.\n"), []);
});

Deno.test("a name that is put into a text is code, the words around it are not", () => {
  assert.deepEqual(counted("a.ts", "say(`${told.count} were told by ${wish}`);\n"), ["told 1"]);
  assert.deepEqual(counted("a.rs", 'const DOMAIN: &str = "legend model-wish-v1"; // A wish.'), ["wish 1"]);
  assert.deepEqual(counted("a.rs", 'assert!(x, "{told:?} is no {wish}");\n'), ["is no 1"]);
});

Deno.test("of a document all is prose but code and what stands in backticks", () => {
  assert.deepEqual(proseOf("a.md", "One `told`.\n```sh\ntold\n```\nTwo."), ["One .", "", "Two."]);
  assert.deepEqual(counted("a.md", "Whoever reads it.\n"), ["whoever 1"]);
});
