/** One running installation that is killed in every way and under every fault; the log shows whether it held. */
import assert from "node:assert/strict";
import { type AgentStatus, type ModuleName, MODULES } from "../../core/control/control.ts";
import { freePort } from "../../tools/kafka.ts";
import { command, legend } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

const TOPICS: Record<ModuleName, string> = {
  arbitrage: "arbitrage-decisions-proto",
  mev: "sandwich-decisions-proto",
};
const LIMIT_MS = 60_000;
/** Time after which an un-kill is sent again. */
const LIFT_MS = 2_000;

/** Waits until the condition holds. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  what: string | (() => string),
  limit_ms = LIMIT_MS,
): Promise<T> {
  const end = performance.now() + limit_ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) {
      throw new Error(`${typeof what === "string" ? what : what()} did not happen in ${limit_ms / 1000} s`);
    }
    await delay(10);
  }
}

export class Installation {
  readonly key = "master-key-of-the-test-01234567";

  private constructor(readonly data: string, readonly port: number, readonly child: Deno.ChildProcess) {}

  static async start(data: string, run: (installation: Installation) => Promise<void>): Promise<void> {
    const port = freePort();
    const words = ["run", "--source", "sim:7", "--speed", "20", "--port", String(port), "--data-dir", data];
    const child = command(words, { env: { MASTER_API_KEY: "master-key-of-the-test-01234567" } }).spawn();
    const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const installation = new Installation(data, port, child);
    let failure: { error: unknown } | undefined;
    try {
      await until(
        () => MODULES.every((module) => (installation.status(module)?.published ?? 0) > 0),
        "the agents' first decisions",
      );
      await until(
        () =>
          fetch(`${installation.url}/api/health`).then(
            (answer) => answer.text().then(() => answer.ok),
            () => false,
          ),
        "the API",
      );
      await run(installation);
    } catch (error) {
      failure = { error };
    }
    for (const module of MODULES) installation.signal(module, "SIGCONT");
    try {
      child.kill("SIGTERM");
    } catch {
      // The agent has ended: a test broke its disk.
    }
    await child.status;
    const [, printed = ""] = await Promise.all(texts);
    if (failure) throw new Error(`the installation said: ${printed.slice(-2_000)}`, { cause: failure.error });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  status(module: ModuleName): AgentStatus | undefined {
    try {
      return JSON.parse(Deno.readTextFileSync(`${this.data}/agents/${module}.status.json`));
    } catch {
      // Not published yet, or damaged by the test.
      return undefined;
    }
  }

  pid(module: ModuleName): number {
    return Number(Deno.readTextFileSync(`${this.data}/agents/${module}.lock`));
  }

  signal(module: ModuleName, signal: Deno.Signal): void {
    try {
      Deno.kill(this.pid(module), signal);
    } catch {
      // The agent does not run.
    }
  }

  async post(path: string, body: unknown): Promise<{ status: number; text: string }> {
    const raw = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { "x-api-key": this.key, "content-type": "application/json" },
      body: raw,
    });
    return { status: answer.status, text: await answer.text() };
  }

  /** {@link written} of all modules. */
  writtenOfAll(): Record<ModuleName, number> {
    return Object.fromEntries(MODULES.map((module) => [module, this.written(module)])) as Record<
      ModuleName,
      number
    >;
  }

  /** Number of decisions of a module ever written: what is on disk, not what readers have seen. */
  written(module: ModuleName): number {
    const folder = `${this.data}/log/${TOPICS[module]}`;
    // Older segments may be compressed at any moment; new records go to the newest one.
    const newest = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
      name.endsWith(".seg")
    )
      .sort().at(-1)!;
    return endOf(Deno.readFileSync(`${folder}/${newest}`), parseInt(newest));
  }

  /** Waits until the agent has read more of its source; then it must not have decided anything. */
  async readsOn(module: ModuleName, label = ""): Promise<void> {
    const from = await until(() => this.status(module), `${label}: the status of ${module}`);
    // A restarted agent counts from zero.
    await until(
      () => {
        const { pid, transactions = 0 } = this.status(module) ?? {};
        return transactions > (pid === from.pid ? from.transactions : 0) + 100;
      },
      () => `${label}: ${module} reading on from ${from.transactions}, now ${this.describe(module)},`,
    );
  }

  /** Describes what an agent is doing, for a failure message. */
  private describe(module: ModuleName): string {
    const status = this.status(module);
    const pid = this.pid(module);
    const process = (() => {
      try {
        return Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.slice(0, 1);
      } catch {
        return "gone";
      }
    })();
    return `process ${pid} in state ${process}, status of ${status?.pid} with ${status?.transactions} transactions, ` +
      `${status?.state}, killed ${status?.killed}, ${status?.error}, ${status?.trouble}`;
  }

  /** Lifts every kill and waits for decisions. */
  async lift(modules: readonly ModuleName[]): Promise<void> {
    await Promise.all(modules.map((module) => this.liftOne(module)));
  }

  private async liftOne(module: ModuleName): Promise<void> {
    const before = this.written(module);
    const runs = () => this.status(module)?.killed === false && this.written(module) > before;
    await until(async () => {
      const { status, text } = await this.post(`/api/control/module/${module}:kill?wait=receipt`, {
        kill: false,
      });
      if (status !== 202 || !JSON.parse(text).ok) return false;
      // A kill that was not answered with success may still have been applied after the un-kill: lift it again.
      return await until(runs, "", LIFT_MS).catch(() => false);
    }, `decisions of ${module} after the un-kill`);
  }
}

/** Bytes before the first record of a segment, and bytes of a record before its content. */
const [SEGMENT_HEADER, RECORD_HEADER] = [32, 36];

/** The offset after the last record of a segment whose first offset is `base`. */
function endOf(segment: Uint8Array, base: number): number {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  let [at, end] = [SEGMENT_HEADER, base];
  while (at + RECORD_HEADER <= segment.length) {
    const length = view.getUint32(at, true);
    if (length < RECORD_HEADER || at + length > segment.length) break;
    end = Number(view.getBigUint64(at + 8, true)) + 1;
    at += length;
  }
  return end;
}

/** The result of one kill: whether it held, and for which modules. */
export interface Outcome {
  readonly held: boolean;
  readonly printed: string;
}

/** By the command line, as an operator types it. */
export async function killByVerb(
  { data }: Installation,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome & { stderr: string }> {
  const { code, stdout, stderr } = await legend(["kill", ...words, "--data-dir", data], { env });
  return { held: code === 0, printed: stdout + stderr, stderr };
}

/** What a success must mean: no new records on the log while the chain advances, and a status that reports the kill. */
export async function assertDead(
  installation: Installation,
  modules: readonly ModuleName[],
  written: Record<ModuleName, number>,
  label: string,
): Promise<void> {
  for (const module of modules) installation.signal(module, "SIGCONT");
  await Promise.all(modules.map(async (module) => {
    await until(() => installation.status(module)?.killed, `${label}: ${module} saying that it is killed`);
    await installation.readsOn(module, label);
    assert.equal(
      installation.written(module),
      written[module],
      `${label}: ${module} decided after the answer`,
    );
  }));
}
