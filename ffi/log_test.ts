import assert from "node:assert/strict";
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

for (
  const [name, isKept] of [
    ["jobs-proto", false],
    ["agent-status-proto", false],
    ["model-artefacts-proto", true],
    ["control-state-proto", true],
    ["audit-proto", true],
  ] as const
) {
  Deno.test(`${name} keeps ${isKept ? "what is old" : "what the log's limits allow"}, opened without limits of its own`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "legend-log-" });
    try {
      // Everything is older than this.
      using log = new EmbeddedLog(library, folder, () => ({ segmentBytes: 64 << 10, retentionMs: 1 }));
      using topic = await log.topic(name, { create: true });
      for (let at = 0; at < 20; at++) await topic.append([{ value: new Uint8Array(30_000) }], "none");
      const { start } = await topic.info();
      assert.equal(start === 0n, isKept, `start ${start}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
