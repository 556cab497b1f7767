/** A data folder with a history in its store, for tests of jobs. */
import assert from "node:assert/strict";
import { delay } from "../../core/platform/delay.ts";
import { chdb, Part } from "../kafka/cluster.ts";
import { legend, lines, withFolder } from "./executable.ts";

/** A job as `legend job list --json` prints it. */
export interface JobLine {
  job_id: string;
  state: string;
  progress: number;
  message: string;
  attempts: number;
  result: { version?: string; files?: { output: string; sha256: string; rows: number }[] } | null;
}

/** A folder whose jobs use its history. */
export interface Bench {
  readonly data: string;
  readonly env: Record<string, string>;
  /** The range that all jobs use. */
  readonly range: readonly string[];
  call(args: readonly string[]): ReturnType<typeof legend>;
  submit(args: readonly string[]): Promise<string>;
  job(id: string): Promise<JobLine>;
  worker(): Part;
  ended(id: string, ms?: number): Promise<JobLine>;
}

/** Simulated blocks of a history: enough examples for a training. */
const HISTORY_BLOCKS = 1_200;

/** Waits until an agent has read this many blocks. */
async function read(data: string, module: string, blocks: number): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    const text = await Deno.readTextFile(`${data}/agents/${module}.status.json`).catch(() => "{}");
    if ((JSON.parse(text).blocks ?? 0) >= blocks) return;
    assert.ok(performance.now() < end, `${module} has not read ${blocks} blocks: ${text}`);
    await delay(100);
  }
}

interface History {
  readonly data: string;
  /** Unix seconds before the first block. */
  readonly begin: number;
}

/** A data folder with some seconds of simulated history in its store, stopped; made once for all tests. */
let history: Promise<History> | undefined;

async function makeHistory(): Promise<History> {
  const folder = await Deno.makeTempDir({ prefix: "legend-history-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const data = `${folder}/data`;
  const env = { LEGEND_CHDB: await chdb() };
  const begin = Math.floor(Date.now() / 1000) - 60;
  const store = new Part(["run", "store", "--data-dir", data], env).start();
  try {
    const agents = ["mev", "arbitrage"].map((module) =>
      new Part(["run", "agent", module, "--source", "sim:7", "--speed", "40", "--data-dir", data], env)
        .start()
    );
    for (const module of ["mev", "arbitrage"]) await read(data, module, HISTORY_BLOCKS);
    await Promise.all(agents.map((agent) => agent.end()));
    const stored = await legend(["run", "sink", "--until-stored", "--data-dir", data], { env });
    assert.equal(stored.code, 0, stored.stderr);
  } finally {
    await store.end();
  }
  return { data, begin };
}

/** Runs with a store that has a history of its own; nothing more is written to it. */
export async function withHistory(
  run: (bench: Bench) => Promise<void>,
  more: Record<string, string> = {},
): Promise<void> {
  const made = await (history ??= makeHistory());
  await withFolder(async (folder) => {
    const data = `${folder}/data`;
    const copied = await new Deno.Command("cp", { args: ["-a", made.data, data] }).output();
    assert.ok(copied.success, new TextDecoder().decode(copied.stderr));
    const env = { LEGEND_CHDB: await chdb(), ...more };
    const call = (args: readonly string[]) => legend([...args, "--data-dir", data], { env });
    const store = new Part(["run", "store", "--data-dir", data], env).start();
    try {
      // There is nothing to store: it ends once the store answers.
      const stored = await call(["run", "sink", "--until-stored"]);
      assert.equal(stored.code, 0, stored.stderr);
      const job = async (id: string) => {
        const { stdout, stderr } = await call(["job", "list", "--json"]);
        const found = lines<JobLine>(stdout).find(({ job_id }) => job_id === id);
        assert.ok(found, `${id}: ${stderr}`);
        return found;
      };
      const bench: Bench = {
        data,
        env,
        range: ["--start", String(made.begin), "--end", String(made.begin + 86_400)],
        call,
        job,
        async submit(args) {
          const { code, stdout, stderr } = await call([...args, "--detach"]);
          assert.equal(code, 0, stderr);
          return stdout.trim();
        },
        worker: () => new Part(["run", "worker", "--data-dir", data], env).start(),
        async ended(id, ms = 60_000) {
          const end = performance.now() + ms;
          for (;;) {
            const now = await job(id);
            if (now.state !== "queued" && now.state !== "running") return now;
            if (performance.now() > end) throw new Error(`job ${id} did not end: ${JSON.stringify(now)}`);
          }
        },
      };
      await run(bench);
    } finally {
      await store.end("SIGKILL");
    }
  });
}

/** Names in a folder, sorted. */
export function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
