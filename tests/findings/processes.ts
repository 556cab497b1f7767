/** `legend run` beside a test, its processes, and how a test waits for them. */
import { command } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** Generous: this machine may be busy with other things. */
const LIMIT_MS = 60_000;
/** Arguments of a run on the simulator; the port follows. */
export const SIM = ["run", "--source", "sim:7", "--port"];

/** Waits until it returns a value; returns that value. */
export async function until<T>(what: string, holds: () => T | Promise<T>): Promise<T> {
  for (const end = performance.now() + LIMIT_MS;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${LIMIT_MS / 1000} s`);
    await delay(25);
  }
}

/** A port that was free a moment ago. */
export function freePort(): string {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return String((listener.addr as Deno.NetAddr).port);
}

/** Processes with the folder in their arguments, except those that have ended. */
export function processesOf(folder: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 && pid !== Deno.pid && Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(folder) &&
        !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
    } catch {
      return false;
    }
  });
}

/** Both agents decide, and the processes in their status are alive. */
export const agentsRun = (data: string) =>
  until("both agents running", () =>
    ["arbitrage", "mev"].every((module) => {
      try {
        const { state, pid, transactions } = JSON.parse(
          Deno.readTextFileSync(`${data}/agents/${module}.status.json`),
        );
        return state === "running" && transactions > 0 && Deno.statSync(`/proc/${pid}`).isDirectory;
      } catch {
        return false;
      }
    }));

/** A run that ends with the test, however the test ends. */
export class Run implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #texts: Promise<string>[];

  constructor(readonly data: string, more: string[] = [], env: Record<string, string> = {}) {
    this.child = command([...SIM, freePort(), "--data-dir", data, ...more], { env }).spawn();
    this.#texts = [new Response(this.child.stdout).text(), new Response(this.child.stderr).text()];
  }

  async end(): Promise<{ code: number; stderr: string }> {
    const { code } = await this.child.status;
    return { code, stderr: (await Promise.all(this.#texts))[1]! };
  }

  kill(signal: Deno.Signal): void {
    try {
      this.child.kill(signal);
    } catch {
      // The process has ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    const late = setTimeout(() => this.kill("SIGKILL"), LIMIT_MS);
    await this.end();
    clearTimeout(late);
  }
}

/** Names in a folder, sorted. */
export const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
