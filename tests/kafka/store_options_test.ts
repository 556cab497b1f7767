/** What the store offers besides the sink: old rows on S3, ClickHouse's own Kafka engine, and a second sink. */
import assert from "node:assert/strict";
import { freePort } from "../../tools/kafka.ts";
import { ROOT } from "../../tools/paths.ts";
import { startS3 } from "../../tools/s3.ts";
import { legend, messages, withFolder } from "../e2e/executable.ts";
import { chdb, clickHouseUrl, Part, startClickHouse, withCluster } from "./cluster.ts";
import { storeOfUrl } from "./lossless.ts";
import { delay } from "../../core/platform/delay.ts";

async function until(what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await delay(100);
  }
}

Deno.test("rows older than clickhouse.tier_days lie in the bucket, and are read from there", () =>
  withFolder(async (folder) => {
    const s3 = await startS3(`${folder}/buckets`, freePort(), ["cold"]);
    const data = `${folder}/data`;
    await Deno.writeTextFile(
      `${folder}/legend.toml`,
      `[store]\ntier_url = "${s3.endpoint}/cold/legend/"\n[clickhouse]\ntier_days = 1\nttl_days = 30\n`,
    );
    const words = ["--data-dir", data, "--config", `${folder}/legend.toml`];
    const env = { ...s3.env, LEGEND_CHDB: await chdb() };
    const part = new Part(["run", "store", ...words], env).start();
    try {
      const store = storeOfUrl(await clickHouseUrl(data));
      const ran = await legend(["run", "--source", "file:examples", ...words], { env });
      assert.equal(ran.code, 0, ran.stderr);
      const stored = await legend(["run", "sink", "--until-stored", ...words], { env });
      assert.equal(stored.code, 0, stored.stderr);
      // From another month, so in another partition: a merge with young rows would keep them here.
      const old =
        "INSERT INTO arb_opportunities (dt, decision_id, seq, slot, stored_at) SELECT now() - INTERVAL 40 DAY, 'sixteen bytes id', number, number, now() - INTERVAL 5 DAY FROM numbers(1000)";
      await store.command(old);
      const disks = async () =>
        Object.fromEntries(
          (await store.query<{ disk_name: string; rows: string }>(
            "SELECT disk_name, sum(rows) AS rows FROM system.parts WHERE active AND table = 'arb_opportunities' GROUP BY disk_name",
          )).map(({ disk_name, rows }) => [disk_name, Number(rows)]),
        );
      await until("the move to S3", async () => (await disks()).s3 === 1_000);
      assert.ok((await disks()).default! > 0, "young rows stay here");
      assert.ok([...Deno.readDirSync(`${s3.folder}/cold/legend`)].length > 0, "the bucket has objects");
      const [sum] = await store.query(
        "SELECT sum(slot) AS sum FROM arb_opportunities WHERE stored_at < now() - INTERVAL 2 DAY",
      );
      assert.equal(sum!.sum, String(999 * 500));
    } finally {
      await part.end("SIGKILL");
      await s3.end();
    }
  }));

Deno.test("other options of an older store are put in force by db migrate", () =>
  withFolder(async (folder) => {
    const { url, part } = await startClickHouse(`${folder}/clickhouse`);
    try {
      const migrated = async (toml: string) => {
        await Deno.writeTextFile(`${folder}/legend.toml`, toml);
        const words = ["db", "migrate", "--data-dir", `${folder}/data`, "--config", `${folder}/legend.toml`];
        const { code, stderr } = await legend(words, { env: { CLICKHOUSE_URL: url } });
        assert.equal(code, 0, stderr);
        const [table] = await storeOfUrl(url).query<{ engine_full: string }>(
          "SELECT engine_full FROM system.tables WHERE name = 'mev_opportunities'",
        );
        return / TTL (.+?) SETTINGS /.exec(table!.engine_full)?.[1] ?? "";
      };
      assert.equal(await migrated(""), "stored_at + toIntervalDay(30)");
      assert.equal(await migrated("[clickhouse]\nttl_days = 3\n"), "stored_at + toIntervalDay(3)");
      assert.equal(await migrated("[clickhouse]\nttl_days = 0\n"), "");
    } finally {
      await part.end("SIGKILL");
    }
  }));

Deno.test("ClickHouse's own Kafka engine stores what the sink would store, of both kinds", () =>
  withCluster(async (cluster) => {
    const data = `${cluster.folder}/data`;
    const schemas = `${cluster.folder}/clickhouse/store/format_schemas`;
    await Deno.mkdir(schemas, { recursive: true });
    await Deno.copyFile(`${ROOT}/proto/realtime.proto`, `${schemas}/realtime.proto`);
    await Deno.writeTextFile(`${cluster.folder}/legend.toml`, "[clickhouse]\nkafka_engine = true\n");
    const words = ["--data-dir", data, "--config", `${cluster.folder}/legend.toml`];
    const run = async (args: readonly string[]) => {
      const { code, stderr } = await legend([...args, ...words], { env: cluster.env });
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    };
    await run(["topics", "create"]);
    await run([
      "run",
      "--source",
      "file:../shared/data/executed/blocks",
      "--accounts",
      "../shared/data/executed/accounts_start.ndjson.zst",
    ]);
    await run(["db", "migrate"]);
    const store = storeOfUrl(cluster.env.CLICKHOUSE_URL!);
    const rows = async (database: string) => {
      const counts: Record<string, unknown> = {};
      for (const table of ["arb_opportunities", "mev_opportunities", "bundle_outcomes_typed"]) {
        const of = table.startsWith("bundle") ? "bundle_id" : "net_sol";
        const [row] = await storeOfUrl(cluster.env.CLICKHOUSE_URL!, database).query(
          `SELECT count() AS rows, uniqExact(decision_id) AS ids, sum(cityHash64(dt, seq, slot, ${of})) AS sum FROM ${table}`,
        );
        counts[table] = row;
      }
      return counts;
    };
    // The sink's rows of the same topics, in a database of their own.
    const env = { ...cluster.env, CLICKHOUSE_DATABASE: "by_sink" };
    const plain = `${cluster.folder}/plain.toml`;
    await Deno.writeTextFile(plain, "[clickhouse]\nkafka_engine = false\n");
    const sunk = await legend(["run", "sink", "--until-stored", "--data-dir", data, "--config", plain], {
      env,
    });
    assert.equal(sunk.code, 0, sunk.stderr);
    const expected = await rows("by_sink");
    let got: unknown;
    await until("the engine's rows", async () => {
      got = await rows("mev");
      return JSON.stringify(got) === JSON.stringify(expected);
    }).catch(() => assert.deepEqual(got, expected));
    await store.command("DROP TABLE kafka_realtime_env");
    const counts = Object.values(expected) as { rows: string }[];
    assert.ok(counts.every(({ rows }) => Number(rows) > 0), JSON.stringify(expected));
  }));

Deno.test("of two hosts' sinks one stores and the other stands by, and takes over when the first is gone", () =>
  withCluster(async (cluster) => {
    const hosts = ["one", "two"].map((name) => `${cluster.folder}/${name}`) as [string, string];
    const [one, two] = hosts;
    const load = async (blocks: number) => {
      const { code, stderr } = await legend(
        [
          "run",
          "--source",
          `file:../shared/data/executed/blocks`,
          "--accounts",
          "../shared/data/executed/accounts_start.ndjson.zst",
          "--data-dir",
          blocks === 1 ? one : two,
        ],
        { env: cluster.env },
      );
      assert.equal(code, 0, stderr);
    };
    await load(1);
    const store = storeOfUrl(cluster.env.CLICKHOUSE_URL!);
    const stored = async () => {
      const [row] = await store.query<{ rows: string; ids: string }>(
        "SELECT count() AS rows, uniqExact(producer_id, seq) AS ids FROM arb_opportunities",
      ).catch(() => [{ rows: "0", ids: "0" }]);
      return { rows: Number(row!.rows), ids: Number(row!.ids) };
    };
    const first = new Part(["run", "sink", "--data-dir", one], cluster.env).start();
    await until("the first sink's rows", async () => (await stored()).rows > 0);
    const second = new Part(["run", "sink", "--data-dir", two], cluster.env).start();
    const before = await stored();
    await first.end("SIGKILL");
    await load(2);
    await until("the second sink's rows", async () => (await stored()).rows > before.rows);
    const { stderr } = await second.end();
    const { rows, ids } = await stored();
    assert.equal(rows, ids, "nothing twice");
    assert.match(messages(stderr), /^Standing by for [a-z-]+: the sink of [0-9a-f]{8} stores it;/m);
    const doctor = await legend(["doctor", "--data-dir", two], { env: cluster.env });
    assert.match(doctor.stdout, /^ok {3}nothing lost, nothing duplicated/m, doctor.stdout);
    // The holder of the lock writes it again. Without this removal, the second of the two could be the one that runs.
    await Deno.remove(`${two}/sink.status.json`);
    const same = new Part(["run", "sink", "--data-dir", two], cluster.env).start();
    await until("the lock", () => Deno.stat(`${two}/sink.status.json`).then(() => true, () => false));
    const retried = await legend(["run", "sink", "--data-dir", two], { env: cluster.env });
    await same.end();
    assert.equal(retried.code, 3);
    assert.match(retried.stderr, /^Cannot start the sink: another one runs in .+, stop it first\n$/);
  }));
