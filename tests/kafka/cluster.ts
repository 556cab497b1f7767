/** A broker, a ClickHouse server and the parts of `legend` as separate processes, for tests that kill them. */
import { EXECUTABLE, ROOT } from "../../tools/paths.ts";
import { clickhouseFolder } from "../../tools/clickhouse.ts";
import { freePort, type KafkaBroker, startKafka } from "../../tools/kafka.ts";
import { command, environment } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** A process that can be killed and restarted. */
export class Part {
  #child: Deno.ChildProcess | undefined;
  #texts: Promise<string>[] = [];

  constructor(
    readonly args: readonly string[],
    readonly env: Record<string, string>,
    /** Words before the command, for a network namespace. */
    readonly prefix: readonly string[] = [],
  ) {}

  start(): this {
    const child = this.#command().spawn();
    this.#child = child;
    this.#texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    return this;
  }

  #command(): Deno.Command {
    const [program, ...before] = this.prefix;
    if (!program) return command(this.args, { env: this.env });
    return new Deno.Command(program, {
      args: [...before, EXECUTABLE, ...this.args],
      clearEnv: true,
      env: environment(this.env),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  get pid(): number {
    return this.#child!.pid;
  }

  /** Ends it and returns its output. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; stdout: string; stderr: string }> {
    try {
      this.#child!.kill(signal);
    } catch {
      // The process has already ended.
    }
    const { code } = await this.#child!.status;
    const [stdout, stderr] = await Promise.all(this.#texts) as [string, string];
    return { code, stdout, stderr };
  }

  /** Waits until it ends by itself. */
  async ended(): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code } = await this.#child!.status;
    const [stdout, stderr] = await Promise.all(this.#texts) as [string, string];
    return { code, stdout, stderr };
  }
}

export const chdb = async () => `${await clickhouseFolder()}/libchdb.so`;

/** A ClickHouse server on loopback, on the same port after a restart; returns its URL with user and password. */
export async function startClickHouse(
  folder: string,
  prefix: readonly string[] = [],
): Promise<{ url: string; part: Part }> {
  const config = `${folder}.toml`;
  await Deno.writeTextFile(config, `[store]\nport = ${freePort()}\n`);
  const args = ["run", "store", "--data-dir", folder, "--config", config];
  const part = new Part(args, { LEGEND_CHDB: await chdb() }, prefix).start();
  return { url: await clickHouseUrl(folder), part };
}

export async function clickHouseUrl(folder: string): Promise<string> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    try {
      const { port, user, password } = JSON.parse(await Deno.readTextFile(`${folder}/store/store.json`));
      return `http://${user}:${password}@127.0.0.1:${port}/`;
    } catch {
      // Not there yet, or being replaced.
    }
    await delay(50);
  }
  throw new Error("ClickHouse did not start");
}

export interface Cluster {
  /** Environment of the parts of one host. */
  readonly env: Record<string, string>;
  readonly folder: string;
  broker: KafkaBroker;
  /** Starts the broker again, on its files. */
  restartBroker(): Promise<void>;
  readonly clickhouse: Part;
}

/** Runs with a broker and a server for one test. */
export async function withCluster(run: (cluster: Cluster) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-cluster-" });
  try {
    const options = { port: freePort(), folder: `${folder}/kafka` };
    const [broker, { url, part }] = await Promise.all([
      startKafka(options),
      startClickHouse(`${folder}/clickhouse`),
    ]);
    const cluster: Cluster = {
      env: { KAFKA_BROKERS: broker.brokers, CLICKHOUSE_URL: url },
      folder,
      broker,
      clickhouse: part,
      async restartBroker() {
        this.broker = await startKafka(options);
      },
    };
    try {
      await run(cluster);
    } finally {
      await Promise.all([cluster.broker.kill(), part.end()]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Appends Envelopes at a rate to a host's log as fast as they are acknowledged; killed and restarted like an agent. */
export class Writer {
  #child: Deno.ChildProcess | undefined;
  #text: Promise<string> | undefined;
  #run = 0;

  constructor(
    readonly data: string,
    readonly topic: string,
    readonly perSecond: number,
    /** Maximum bytes that the host keeps of the topic; 0 = the default. */
    readonly retentionBytes = 0,
  ) {}

  start(): this {
    this.#run += 1;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "-q",
        `${ROOT}/tests/kafka/writer.ts`,
        this.data,
        this.topic,
        String(this.perSecond),
        `load-${this.#run}`,
        String(this.retentionBytes),
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    this.#text = new Response(child.stdout).text();
    return this;
  }

  /** Kills it; returns the last sequence number that was acknowledged. */
  async kill(): Promise<{ producer: string; acknowledged: number }> {
    this.#child!.kill("SIGKILL");
    await this.#child!.status;
    const text = await this.#text!;
    return { producer: `load-${this.#run}`, acknowledged: Number(text.trim().split("\n").at(-1) || 0) };
  }
}
