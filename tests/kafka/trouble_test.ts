/**
 * Bad input and missing parts: one line that says what to do, `/api/health/ready` false with the reason, recovery by
 * itself.
 */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { Library } from "../../ffi/library.ts";
import { KafkaLog, kafkaOptions } from "../../ffi/log.ts";
import { freePort, installKafka, type KafkaBroker, startKafka } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { canMount, legend, lines, messages, withFolder, withMount } from "../e2e/executable.ts";
import { chdb, Part, startClickHouse } from "./cluster.ts";
import { storeOfUrl } from "./lossless.ts";
import { delay } from "../../core/platform/delay.ts";

/** Only a caller who may read gets the reasons. */
const KEY = "master-key-of-the-test-01234567";

interface Ready {
  ready: boolean;
  reasons: { part: string; ok: boolean; detail: string }[];
}

/** A running `legend` on the simulated chain whose readiness is polled. */
class Running {
  readonly part: Part;

  constructor(
    data: string,
    readonly port: number,
    env: Record<string, string>,
    more: readonly string[] = [],
  ) {
    const args = ["run", "--source", "sim:5", "--port", String(port), "--data-dir", data, ...more];
    this.part = new Part(args, { ...env, MASTER_API_KEY: KEY }).start();
  }

  async until(what: string, holds: (ready: Ready) => boolean, ms = 60_000): Promise<Ready> {
    const end = performance.now() + ms;
    let last: Ready | undefined;
    while (performance.now() < end) {
      try {
        last = await (await fetch(`http://127.0.0.1:${this.port}/api/health/ready`, {
          headers: { "x-api-key": KEY },
        })).json() as Ready;
        if (holds(last)) return last;
      } catch {
        // Not up yet.
      }
      await delay(100);
    }
    throw new Error(`${what} did not happen: ${JSON.stringify(last)}`);
  }

  /** Waits until it is not ready, with this reason. */
  async wrong(part: string, reason: RegExp): Promise<void> {
    await this.until(`${part} ${reason}`, ({ ready, reasons }) => {
      const found = reasons.find((one) => one.part === part);
      return !ready && found?.ok === false && reason.test(found.detail);
    });
  }

  /** Checks that it is not ready during the whole time. */
  async staysWrong(part: string, ms: number): Promise<void> {
    const end = performance.now() + ms;
    const well: Ready[] = [];
    await this.until(`${part} that stays wrong`, (ready) => {
      if (ready.reasons.find((one) => one.part === part)?.ok) well.push(ready);
      return performance.now() > end;
    });
    assert.deepEqual(well, []);
  }

  async ready(): Promise<void> {
    await this.until("readiness", ({ ready }) => ready);
  }

  /** Ends it; returns the number of its lines that match. */
  async end(reason: RegExp): Promise<number> {
    const { stderr } = await this.part.end();
    return stderr.split("\n").filter((line) => reason.test(line)).length;
  }
}

/** One row: the fault, its report, and its repair. */
interface Row {
  readonly name: string;
  readonly part: string;
  readonly reason: RegExp;
  readonly env?: Record<string, string>;
  readonly config?: string;
  /** How long the fault lasts. */
  readonly lastsMs?: number;
  /** Runs before the start; gets the broker, if there is one. */
  prepare?(at: Place): Promise<void>;
  /** Repairs the fault; without it, another configuration is needed. */
  mend?(at: Place): Promise<void>;
}

interface Place {
  folder: string;
  port: number;
  brokers: string;
  broker: KafkaBroker | undefined;
  clickhouse: string;
}

const LATE = "arbitrage-decisions-proto";

const ROWS: readonly Row[] = [
  {
    name: "a broker that is not there",
    part: "kafka",
    reason: /Kafka at 127\.0\.0\.1:\d+ cannot be used \(.+\); check KAFKA_BROKERS and the broker/,
    mend: async (at) => {
      at.broker = await startKafka({ port: at.port, folder: `${at.folder}/kafka` });
    },
  },
  {
    name: "a wrong password at the broker",
    part: "kafka",
    reason: /Kafka at 127\.0\.0\.1:\d+ cannot be used \(.*[Aa]uthentication.*\)/,
    env: {
      KAFKA_SASL_MECHANISM: "PLAIN",
      KAFKA_SASL_USER: "legend",
      KAFKA_SASL_PASSWORD: "not-the-password",
    },
    prepare: async (at) => {
      at.broker = await startKafka({
        port: at.port,
        folder: `${at.folder}/kafka`,
        users: { legend: "the-right-password" },
      });
    },
  },
  {
    name: "topics that are missing and may not be made",
    part: "kafka",
    reason: /Cannot open topic [a-z-]+: it does not exist, create it with `legend topics create`/,
    config: "[kafka]\ncreate_topics = false\n",
    prepare: async (at) => {
      at.broker = await startKafka({ port: at.port, folder: `${at.folder}/kafka` });
    },
    mend: async (at) => {
      const env = { KAFKA_BROKERS: at.brokers };
      const { code, stderr } = await legend(["topics", "create", "--data-dir", `${at.folder}/data`], { env });
      assert.equal(code, 0, stderr);
    },
  },
  {
    name: "a topic with another number of partitions",
    part: "kafka",
    reason: /Cannot use topic arbitrage-decisions-proto: it has 3 partitions on Kafka, need 6/,
    prepare: async (at) => {
      at.broker = await startKafka({ port: at.port, folder: `${at.folder}/kafka` });
      using log = new KafkaLog(new Library(LIBRARY), kafkaOptions(at.brokers));
      (await log.topic(LATE, { create: true, partitions: 3 }))[Symbol.dispose]();
    },
    mend: async (at) => {
      const tool = ["org.apache.kafka.tools.TopicCommand", "--bootstrap-server", at.brokers];
      const { success } = await new Deno.Command("java", {
        args: ["-cp", await installKafka(), ...tool, "--alter", "--topic", LATE, "--partitions", "6"],
      }).output();
      assert.ok(success);
    },
  },
  {
    name: "a store that is not there",
    part: "store",
    reason: /Cannot reach ClickHouse at http:\/\/127\.0\.0\.1:\d+\/: .+; check CLICKHOUSE_URL and the server/,
    env: { CLICKHOUSE_URL: "http://legend:x@127.0.0.1:9/" },
  },
  {
    name: "a store whose tables are of a newer legend",
    part: "store",
    reason: /its tables are of version 99, this legend reads versions up to \d+; use the newer legend/,
    env: { CLICKHOUSE_URL: "CLICKHOUSE" },
    prepare: async (at) => {
      const store = storeOfUrl(at.clickhouse);
      await store.command("CREATE DATABASE IF NOT EXISTS mev", { database: "default" });
      await store.command(
        "CREATE TABLE schema_version (version UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version",
      );
      await store.command("INSERT INTO schema_version (version) VALUES (99)");
    },
    mend: (at) => storeOfUrl(at.clickhouse).command("TRUNCATE TABLE schema_version").then(() => {}),
  },
  {
    name: "a wrong password at the store",
    part: "store",
    reason:
      /Cannot log in to ClickHouse at http:\/\/127\.0\.0\.1:\d+\/: check the user and password of CLICKHOUSE_URL/,
    env: { CLICKHOUSE_URL: "CLICKHOUSE-WITH-A-WRONG-PASSWORD" },
  },
  {
    name: "a store that can be read but not written",
    part: "store",
    reason: /Cannot run a statement on ClickHouse: .*VIOLATED_CONSTRAINT/,
    env: { CLICKHOUSE_URL: "CLICKHOUSE" },
    // Long enough for several tries: reading succeeds each time.
    lastsMs: 5_000,
    prepare: async (at) => {
      const env = { CLICKHOUSE_URL: at.clickhouse };
      openDataDir(`${at.folder}/other`);
      const made = await legend(["db", "migrate", "--data-dir", `${at.folder}/other`], { env });
      assert.equal(made.code, 0, made.stderr);
      await storeOfUrl(at.clickhouse).command(
        "ALTER TABLE sink_batches ADD CONSTRAINT none CHECK topic != 'metrics-proto'",
      );
    },
    mend: (at) =>
      storeOfUrl(at.clickhouse).command("ALTER TABLE sink_batches DROP CONSTRAINT none").then(() => {}),
  },
];

for (const row of ROWS) {
  Deno.test(`${row.name}: reported once, not ready, ${row.mend ? "recovers by itself" : "agents continue"}`, () =>
    withFolder(async (folder) => {
      const port = freePort();
      const brokers = `127.0.0.1:${port}`;
      const usesStore = row.env?.CLICKHOUSE_URL?.startsWith("CLICKHOUSE") ?? false;
      const server = usesStore ? await startClickHouse(`${folder}/clickhouse`) : undefined;
      const at: Place = { folder, port, brokers, broker: undefined, clickhouse: server?.url ?? "" };
      const env: Record<string, string> = { ...row.env };
      if (row.part === "kafka") env.KAFKA_BROKERS = brokers;
      if (env.CLICKHOUSE_URL === "CLICKHOUSE") env.CLICKHOUSE_URL = at.clickhouse;
      if (env.CLICKHOUSE_URL === "CLICKHOUSE-WITH-A-WRONG-PASSWORD") {
        env.CLICKHOUSE_URL = at.clickhouse.replace(/:\/\/([^:]+):[^@]+@/, "://$1:wrong@");
      }
      const config = `${folder}/legend.toml`;
      await Deno.writeTextFile(config, row.config ?? "");
      let running: Running | undefined;
      try {
        await row.prepare?.(at);
        running = new Running(`${folder}/data`, freePort(), env, ["--config", config]);
        await running.wrong(row.part, row.reason);
        if (row.lastsMs) await running.staysWrong(row.part, row.lastsMs);
        if (row.mend) {
          await row.mend(at);
          await running.ready();
        }
        assert.equal(await running.end(row.reason), 1, "said once");
      } finally {
        // In this order: what it started must have ended before its folder is removed.
        await running?.part.end("SIGTERM");
        await at.broker?.kill();
        await server?.part.end("SIGKILL");
      }
    }));
}

Deno.test({
  name: "a store whose disk is full: reported once, not ready, and what waited is stored when there is room",
  ignore: !canMount,
  fn: () =>
    withFolder((folder) =>
      withMount(`${folder}/small`, "size=192m,mode=700", async () => {
        const server = await startClickHouse(`${folder}/small/clickhouse`);
        const reason =
          /Cannot run a statement on ClickHouse: .*([Nn]o space left|not enough space|NOT_ENOUGH_SPACE)/;
        const running = new Running(`${folder}/data`, freePort(), { CLICKHOUSE_URL: server.url });
        const ballast = `${folder}/small/ballast`;
        try {
          await running.ready();
          await new Deno.Command("dd", { args: ["if=/dev/zero", `of=${ballast}`, "bs=64k"] }).output();
          await running.wrong("store", reason);
          await Deno.remove(ballast);
          await running.ready();
          assert.equal(await running.end(reason), 1, "said once");
          const { code, stdout } = await legend(["doctor", "--data-dir", `${folder}/data`], {
            env: { CLICKHOUSE_URL: server.url },
          });
          assert.match(stdout, /^ok {3}nothing lost, nothing duplicated/m, `${code} ${stdout}`);
        } finally {
          await running.part.end("SIGTERM");
          await server.part.end("SIGKILL");
        }
      })
    ),
});

/** The disk is full, some space becomes free, and it is full again; returns the module whose agent was killed then. */
async function fullDiskIsSaidAndKillObeyed(
  running: Running,
  data: string,
  env: Record<string, string>,
  ballast: string,
): Promise<string> {
  const full = /the disk of .* is full: \d MiB free, need 8; free some space/;
  const stuck = /^Cannot reserve space in .*: the disk is full, free some space$/;
  const agents = ({ reasons }: Ready) =>
    reasons.filter((one) => one.part.startsWith("agent ") && !one.ok && stuck.test(one.detail));
  const waits = () =>
    // The log has preallocated some space.
    running.until("a log that cannot be written", (ready) => {
      // Takes any space that becomes free.
      new Deno.Command("dd", {
        args: ["if=/dev/zero", `of=${ballast}`, "bs=4k", "conv=notrunc", "oflag=append"],
      }).outputSync();
      const isFull = ready.reasons.some(({ part, ok, detail }) =>
        part === "disk" && !ok && full.test(detail)
      );
      return !ready.ready && isFull && agents(ready).length > 0;
    }, 120_000);
  await waits();
  // Too little to preallocate.
  Deno.truncateSync(ballast, Deno.statSync(ballast).size - (1 << 20));
  await running.until("a log that takes what waited", (ready) => agents(ready).length === 0);
  const ready = await waits();
  const module = agents(ready)[0]!.part.slice("agent ".length);
  const killed = await legend(["kill", module, "--reason", "full", "--data-dir", data], { env });
  assert.equal(killed.code, 0, killed.stderr);
  assert.match(killed.stdout, /kill applied/);
  await running.until("a killed agent that reports it", () => {
    const status = JSON.parse(Deno.readTextFileSync(`${data}/agents/${module}.status.json`));
    return status.killed && status.trouble === null;
  });
  return module;
}

async function firstAdminLogsIn(data: string, port: number): Promise<void> {
  const [user, password] = Deno.readTextFileSync(`${data}/first-login`).split("\n")
    .map((line) => line.split(": ")[1]);
  const login = await fetch(`http://127.0.0.1:${port}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, password }),
  });
  assert.equal(login.status, 200, await login.text());
}

Deno.test({
  name:
    "a host whose disk is full: reported, not ready, obeys a kill, and continues without a gap when there is room",
  ignore: !canMount,
  fn: () =>
    withFolder((folder) =>
      withMount(`${folder}/small`, "size=48m,mode=700", async () => {
        const server = await startClickHouse(`${folder}/clickhouse`);
        const env = { CLICKHOUSE_URL: server.url };
        const data = `${folder}/small/data`;
        const running = new Running(data, freePort(), env);
        const ballast = `${folder}/small/ballast`;
        try {
          await running.ready();
          const module = await fullDiskIsSaidAndKillObeyed(running, data, env, ballast);
          await firstAdminLogsIn(data, running.port);
          const args = ["unkill", module, "--reason", "go", "--data-dir", data];
          const lifted = await legend(args, { env });
          assert.equal(lifted.code, 0, lifted.stderr);
          await Deno.remove(ballast);
          await running.ready();
          const audit = await legend(["audit", "show", "--data-dir", data]);
          const actions = lines<{ action: string }>(audit.stdout).map((line) => line.action);
          assert.deepEqual(actions.slice(0, 3), ["un-kill", "login", "kill"]);
          const found = await legend(["doctor", "--data-dir", data], { env });
          assert.match(found.stdout, /^ok {3}nothing lost, nothing duplicated/m, found.stdout);
          const { stderr } = await running.part.end();
          const printed =
            /^Cannot reserve space in .*: the disk is full, free some space; decisions wait until the log can be written$/gm;
          // Printed once per agent each time the fault begins, not at each try. A few freed bytes may end the
          // fault for a moment, and then it begins again.
          const times = [...messages(stderr).matchAll(printed)].length;
          assert.ok(times >= 1 && times <= 10, stderr);
          assert.match(messages(stderr), /^the log takes records again$/m);
          assert.doesNotMatch(stderr, /bug in legend/);
        } finally {
          await running.part.end();
          await server.part.end("SIGKILL");
        }
      })
    ),
});

Deno.test("a store's folder that another one holds is refused in one line", () =>
  withFolder(async (folder) => {
    const { part } = await startClickHouse(`${folder}/clickhouse`);
    try {
      const env = { LEGEND_CHDB: await chdb() };
      const second = await legend(["run", "store", "--data-dir", `${folder}/clickhouse`], { env });
      assert.equal(second.code, 3);
      assert.match(second.stderr, /^Cannot start the store: another one runs in .+\/store, stop it first\n$/);
    } finally {
      await part.end("SIGKILL");
    }
  }));
