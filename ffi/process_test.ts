import assert from "node:assert/strict";
import { scrypt } from "node:crypto";
import { LIBRARY } from "../tools/paths.ts";
import { Library } from "./library.ts";
import { returnFreedMemory } from "./process.ts";

Deno.test("M1: no thread keeps the memory of a password that it has checked", async () => {
  returnFreedMemory(new Library(LIBRARY));
  // 16 MiB each, in as many threads: once to have the threads, then to see what stays.
  const check = () =>
    new Promise<void>((resolve, reject) =>
      scrypt(
        "a password",
        "salt",
        32,
        { N: 16_384, r: 8, p: 1 },
        (error) => error ? reject(error) : resolve(),
      )
    );
  const before = Deno.memoryUsage().rss;
  for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 8 }, check));
  const grownMiB = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grownMiB < 48, `${grownMiB} MiB stayed`);
});
