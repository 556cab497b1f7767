/** An older copy of the log is restored beside a newer store, as an operator does it: nothing is skipped silently. */
import assert from "node:assert/strict";
import { readThrough } from "../../core/log/follow.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { realtime } from "../../proto/wire.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend, type Outcome, withFolder } from "../e2e/executable.ts";
import { Part, startClickHouse } from "./cluster.ts";
import { storeOfUrl } from "./lossless.ts";
import { delay } from "../../core/platform/delay.ts";

const LIMIT_MS = 120_000;
const TABLES = {
  "arbitrage-decisions-proto": "arb_opportunities",
  "metrics-proto": "metrics_typed",
} as const;

async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  const begin = performance.now();
  while (!await done()) {
    if (performance.now() - begin > LIMIT_MS) throw new Error(`Cannot wait longer: ${what}`);
    await delay(100);
  }
}

async function endOf(data: string, name: string): Promise<bigint> {
  using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
  using topic = await log.topic(name, { create: true });
  return (await topic.info()).end;
}

/** Lets an agent trade until it has published metrics for `seconds` more, and ends it. */
async function live(data: string, seconds: bigint): Promise<void> {
  const agent = new Part(
    ["run", "agent", "arbitrage", "--source", "sim:7", "--speed", "20", "--data-dir", data],
    {},
  ).start();
  const begin = await endOf(data, "metrics-proto");
  await until(
    "the agent publishes nothing",
    async () => await endOf(data, "metrics-proto") >= begin + seconds,
  );
  const { code, stderr } = await agent.end();
  assert.equal(code, 0, stderr);
}

const copy = async (from: string, to: string) => {
  const { success, stderr } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
};

/** Producer, sequence number and time of every Envelope on the log. */
async function onTheLog(data: string, name: string): Promise<string[]> {
  using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
  using topic = await log.topic(name);
  const found: string[] = [];
  for await (const block of readThrough(topic, "start")) {
    assert.ok("records" in block, "the log has no gap");
    for (const { value } of block.records) {
      const { producerId, seq, eventNs } = realtime.Envelope.decode(value!);
      found.push(`${producerId} ${seq} ${eventNs}`);
    }
  }
  return found;
}

interface Installation {
  readonly data: string;
  readonly env: Record<string, string>;
  /** Producer, sequence number and time of every row of a table. */
  rows(table: string): Promise<string[]>;
  /** Stores everything on the log. */
  sinkOnce(): Promise<Outcome>;
}

/**
 * Reported at once by `doctor`, and by the sink when the log has grown past the position that the store has recorded.
 */
async function olderLogIsSaid({ data, env }: Installation, sink: Part): Promise<void> {
  // Now its end is before that position; later it is past it, with other records there.
  const early = await legend(["doctor", "--data-dir", data], { env });
  assert.equal(early.code, 1, early.stdout);
  assert.match(
    early.stdout,
    /^BAD {2}log and store: .*it ends at offset \d+, the store has records up to \d+.*accept-log/m,
  );
  await live(data, 8n);
  sink.start();
  const status = () => JSON.parse(Deno.readTextFileSync(`${data}/sink.status.json`));
  await until("the sink says nothing", () => {
    try {
      return /not the one that the store was filled from/.test(status().trouble ?? "");
    } catch {
      // Not written yet.
      return false;
    }
  });
  const doctor = await legend(["doctor", "--data-dir", data], { env });
  assert.equal(doctor.code, 1);
  assert.match(
    doctor.stdout,
    /^BAD {2}log and store: Cannot store .*the record before offset .* is a different one.*; the same with .*metrics-proto/m,
  );
}

async function acceptedWithoutLossOrDoubles({ data, env, rows, sinkOnce }: Installation): Promise<void> {
  const accepted = await legend(["db", "accept-log", "--data-dir", data], { env });
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(
    accepted.stdout,
    /^metrics-proto: storing continues from offset \d+; \d+ rows of the store are not in this log/m,
  );
  assert.equal((await sinkOnce()).code, 0);
  for (const [topic, table] of Object.entries(TABLES)) {
    const stored = await rows(table);
    assert.equal(new Set(stored).size, stored.length, `${table}: nothing twice`);
    const missing = (await onTheLog(data, topic)).filter((row) => !stored.includes(row));
    assert.deepEqual(missing, [], `${topic}: all of the log is stored`);
    const numbers = stored.map((row) => row.split(" ").slice(0, 2).join(" "));
    assert.equal(new Set(numbers).size, numbers.length, `${table}: no sequence was used twice`);
  }
}

Deno.test("operator 4: an older log with a newer store is reported, not stored further, and accepted without loss or duplicates", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const { url, part } = await startClickHouse(`${folder}/clickhouse`);
    const env = { CLICKHOUSE_URL: url };
    const store = storeOfUrl(url);
    const sink = new Part(["run", "sink", "--data-dir", data], env);
    const sinkOnce = () => legend(["run", "sink", "--until-stored", "--data-dir", data], { env });
    const rows = async (table: string) =>
      (await store.query<{ row: string }>(
        `SELECT concat(producer_id, ' ', toString(seq), ' ', toString(event_ns)) AS row FROM ${table}`,
      )).map(({ row }) => row);
    const installation: Installation = { data, env, rows, sinkOnce };
    try {
      await live(data, 3n);
      assert.equal((await sinkOnce()).code, 0);
      await copy(data, `${folder}/copy`);
      await live(data, 4n);
      assert.equal((await sinkOnce()).code, 0);
      const before = await rows("metrics_typed");
      await Deno.remove(data, { recursive: true });
      await copy(`${folder}/copy`, data);
      await olderLogIsSaid(installation, sink);
      assert.deepEqual((await rows("metrics_typed")).sort(), before.sort(), "nothing is stored of it");
      const { stderr } = await sink.end();
      assert.equal(stderr.match(/not the one that the store was filled from/g)?.length, 1, stderr);
      await acceptedWithoutLossOrDoubles(installation);
      for (const row of before) {
        assert.ok((await rows("metrics_typed")).includes(row), "what was stored stays");
      }
      const evidence = await store.query<{ rows: string; distinct: string }>(
        "SELECT count() AS rows, uniqExact(decision_id) AS distinct FROM decision_evidence",
      );
      assert.equal(evidence[0]!.rows, evidence[0]!.distinct, "no evidence twice");
      const second = await legend(["db", "accept-log", "--data-dir", data], { env });
      assert.match(second.stdout, /nothing to accept/);
      const whole = await legend(["doctor", "--data-dir", data], { env });
      assert.match(whole.stdout, /^ok {3}log and store: /m);
      assert.match(whole.stdout, /^ok {3}nothing lost, nothing duplicated: /m);
    } finally {
      await sink.end("SIGKILL").catch(() => {});
      await part.end();
    }
  }));
