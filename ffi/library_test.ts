import assert from "node:assert/strict";
import { LIBRARY } from "../tools/paths.ts";
import { check, Library, utf8 } from "./library.ts";
import { EmbeddedLog } from "./log.ts";
import { SYMBOLS } from "./symbols.gen.ts";

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

Deno.test("Library text reads an answer that grows from call to call", () => {
  const library = new Library(LIBRARY);
  let calls = 0;
  // Acts like a library whose counters gain a digit with each call.
  const text = library.text((out) => {
    const size = 2048 + 3_000 * ++calls;
    if (out.length >= size) return new TextEncoder().encodeInto("x".repeat(size), out).written;
    new DataView(out.buffer).setUint32(0, size, true);
    return -10;
  });
  assert.ok(calls > 1 && text.length === 2048 + 3_000 * calls);
});

/** The exports that take options as JSON before anything else. */
const WITH_OPTIONS = [
  "legend_agent_start",
  "legend_agent_record_verify",
  "legend_capture",
  "legend_control_send",
  "legend_door_start",
  "legend_kafka_open",
  "legend_link_start",
  "legend_registry",
  "legend_replay_open",
  "legend_sink_open",
  "legend_store_run",
  "legend_trainer_open",
] as const;

Deno.test("options with an unknown field are refused, and the field is named", async () => {
  const library = new Library(LIBRARY);
  const options = utf8('{"no_such_field":1}');
  for (const name of WITH_OPTIONS) {
    const out = new Uint8Array(2048);
    const ends = SYMBOLS[name].parameters.length - 4;
    const call = library.symbols[name] as unknown as (...words: unknown[]) => number | Promise<number>;
    // The arguments between the options and the answer's buffer are never read.
    const between = Array.from({ length: ends }, (_, at) => at % 2 === 0 ? options : options.length);
    const value = await call(options, options.length, ...between, out, out.length);
    assert.throws(() => check(value, out), /unknown field `no_such_field`/, name);
  }
});
