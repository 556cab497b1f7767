import assert from "node:assert/strict";
import { LIBRARY } from "../tools/paths.ts";
import { Library } from "./library.ts";
import { EmbeddedLog } from "./log.ts";

Deno.test("Library constructor refuses a missing file with the path in the message", () => {
  assert.throws(() => new Library("/nowhere/liblegend.so"), {
    name: "AppError",
    message: /^Cannot open \/nowhere\/liblegend.so: /,
  });
});

Deno.test("Library call turns a closed handle into an AppError", async () => {
  const library = new Library(LIBRARY);
  const folder = Deno.makeTempDirSync();
  try {
    const log = new EmbeddedLog(library, folder);
    log[Symbol.dispose]();
    await assert.rejects(log.topics(), {
      name: "AppError",
      message: "Cannot use the log: it is closed",
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("Library text grows its buffer when the answer is longer", async () => {
  const library = new Library(LIBRARY);
  const folder = await Deno.makeTempDir();
  try {
    using log = new EmbeddedLog(library, folder);
    const names = Array.from(
      { length: 60 },
      (_, at) => `topic-${"x".repeat(80)}-${String(at).padStart(2, "0")}`,
    );
    for (const name of names) (await log.topic(name, { create: true }))[Symbol.dispose]();
    assert.deepEqual(await log.topics(), names);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Library text takes an answer that grows from call to call", () => {
  const library = new Library(LIBRARY);
  let calls = 0;
  // As a library whose counters gain a digit each time it is asked.
  const text = library.text((out) => {
    const size = 2048 + 3_000 * ++calls;
    if (out.length >= size) return new TextEncoder().encodeInto("x".repeat(size), out).written;
    new DataView(out.buffer).setUint32(0, size, true);
    return -10;
  });
  assert.ok(calls > 1 && text.length === 2048 + 3_000 * calls);
});
