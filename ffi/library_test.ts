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
