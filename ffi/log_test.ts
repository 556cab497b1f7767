import assert from "node:assert/strict";
import type { LogTopic } from "../core/log/log.ts";
import { CONTRACT, type ContractHome } from "../tests/log_contract.ts";
import { LIBRARY, ROOT } from "../tools/paths.ts";
import { Library } from "./library.ts";
import { EmbeddedLog } from "./log.ts";

const library = new Library(LIBRARY);

for (const [name, run] of CONTRACT) {
  Deno.test(`EmbeddedLog ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "legend-log-" });
    const home: ContractHome = {
      name: "embedded",
      open: () => new EmbeddedLog(library, folder),
      spawn: (words) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "-q", `${ROOT}/tests/log_process.ts`, `embedded:${folder}`, ...words],
          stdout: "piped",
        }).spawn(),
      smallRetention: true,
    };
    try {
      await run(home, "topic");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Appends a record of 30 kB; the first offset that is left. */
async function append(topic: LogTopic): Promise<bigint> {
  await topic.append([{ value: new Uint8Array(30_000) }], "none");
  return (await topic.info()).start;
}

Deno.test("a topic opened without limits has those of the log; models, desired state and audit never expire by age", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-log-" });
  try {
    // What is older than this may go when a file is full.
    using log = new EmbeddedLog(library, folder, () => ({ segmentBytes: 64 << 10, retentionMs: 1 }));
    using jobs = await log.topic("jobs-proto", { create: true });
    using reports = await log.topic("agent-status-proto", { create: true });
    using models = await log.topic("model-artefacts-proto", { create: true });
    using states = await log.topic("control-state-proto", { create: true });
    using audit = await log.topic("audit-proto", { create: true });
    const end = performance.now() + 60_000;
    for (let gone = false; !gone;) {
      assert.ok(performance.now() < end, "nothing went by its age in 60 s");
      const aged = [await append(jobs), await append(reports)];
      // As old, and as many files.
      for (const kept of [models, states, audit]) assert.equal(await append(kept), 0n, kept.name);
      gone = aged.every((start) => start > 0n);
    }
    for (const kept of [models, states, audit]) assert.equal(await append(kept), 0n, kept.name);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
