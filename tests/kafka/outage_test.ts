/**
 * Kafka or ClickHouse cannot be reached: agents continue, nothing is lost except what a full spool must drop, and that
 * is counted.
 */
import assert from "node:assert/strict";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { freePort, startKafka } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { canMount, legend, lines, withFolder, withMount } from "../e2e/executable.ts";
import { type Cluster, Part, withCluster, Writer } from "./cluster.ts";
import { assertOrdered, brokerAway, linkOf, onKafka, until } from "./broker_outage.ts";
import { storeOfUrl } from "./lossless.ts";

const TOPIC = "arbitrage-decisions-proto";
const library = new Library(LIBRARY);

Deno.test("agents run while the broker is down; the spool is sent in order when it is back", () =>
  withFolder(async (folder) => {
    const report = await brokerAway(folder, 5);
    assert.ok(report.sent > 1_000, JSON.stringify(report));
  }));

Deno.test({
  name: "a spool on a full disk goes out once and in order when the broker is back",
  ignore: !canMount,
  fn: () =>
    withFolder((folder) =>
      withMount(`${folder}/small`, "size=48m,mode=700", async () => {
        const options = { port: freePort(), folder: `${folder}/kafka` };
        let broker = await startKafka(options);
        const data = `${folder}/small/data`;
        const env = { KAFKA_BROKERS: broker.brokers };
        const part = (...args: string[]) => new Part([...args, "--data-dir", data], env).start();
        const link = part("run", "link");
        const agent = part("run", "agent", "arbitrage", "--source", "sim:3", "--speed", "40");
        using ballast = await Deno.open(`${folder}/small/ballast`, { append: true, create: true });
        const fill = () => {
          try {
            for (;;) ballast.writeSync(new Uint8Array(1 << 10));
          } catch (error) {
            assert.match(String(error), /No space left/);
          }
        };
        try {
          await until(async () => ((await linkOf(data))?.shipped ?? 0) > 200, "200 records sent");
          // If the position was never written, there is no space for its file later.
          await until(
            () => Deno.stat(`${data}/link/${TOPIC}.out.json`).then(() => true, () => false),
            "the place kept once",
          );
          await broker.kill();
          await until(async () => ((await linkOf(data))?.waiting ?? 0) > 500, "500 records waiting");
          fill();
          await agent.end();
          fill();
          broker = await startKafka(options);
          using log = new EmbeddedLog(library, `${data}/log`);
          using topic = await log.topic(TOPIC);
          const { end } = await topic.info();
          await until(
            async () => {
              fill();
              // A broker that has just started does not know yet that it is the leader.
              const there = await onKafka(broker.brokers, TOPIC).catch(() => []);
              return BigInt(there.length) === end;
            },
            "all records sent",
            90_000,
          );
          // The host's position on Kafka is kept, so that it does not start from the beginning at each try.
          await until(async () => {
            fill();
            const { ends } = JSON.parse(await Deno.readTextFile(`${data}/link/${TOPIC}.out.json`));
            return ends.reduce((sum: number, one: number) => sum + one, 0) === Number(end);
          }, "the place kept");
          const { stderr } = await link.end();
          assert.doesNotMatch(stderr, /bug in legend|\.(in|out)\.json: |^%/m);
          await Deno.truncate(`${folder}/small/ballast`);
          assert.equal((await part("run", "link", "--until-sent").ended()).code, 0);
          assert.equal(BigInt(assertOrdered(await onKafka(broker.brokers, TOPIC))), end);
        } finally {
          await agent.end("SIGKILL");
          await link.end("SIGKILL");
          await broker.kill();
        }
      })
    ),
});

Deno.test("a spool at its bound gives up the oldest opportunities, counts them exactly, and keeps outcomes", () =>
  withFolder(async (folder) => {
    const options = { port: freePort(), folder: `${folder}/kafka` };
    let broker = await startKafka(options);
    const data = `${folder}/data`;
    const env = { KAFKA_BROKERS: broker.brokers };
    const part = (...args: string[]) => new Part([...args, "--data-dir", data], env).start();
    const link = part("run", "link");
    const topics = [TOPIC, "bundle-outcomes-proto"];
    const writers = topics.map((topic) => new Writer(data, topic, 4_000, 1 << 20));
    try {
      await until(async () => (await linkOf(data))?.looked, "the link at work");
      writers.forEach((writer) => writer.start());
      await until(async () => ((await linkOf(data))?.shipped ?? 0) > 5_000, "5,000 records sent");
      await broker.kill();
      {
        // Records written from now on are not sent: when the first thousand of them are removed, they are lost.
        using log = new EmbeddedLog(library, `${data}/log`);
        using topic = await log.topic(TOPIC);
        const unsent = (await topic.info()).end + 1_000n;
        await until(async () => (await topic.info()).start > unsent, "a thousand given up", 60_000);
      }
      broker = await startKafka(options);
      await until(async () => (await linkOf(data))?.trouble === null, "the broker back", 60_000);
      const acknowledged = (await Promise.all(writers.map((writer) => writer.kill()))).map((one) =>
        one.acknowledged
      );
      await link.end();
      assert.equal((await part("run", "link", "--until-sent").ended()).code, 0);
      const lost = (await linkOf(data))!.topics.map(({ topic, lost }) => [topic, lost] as const);
      const lostOf = (name: string) => lost.find(([topic]) => topic === name)![1];
      for (const [at, name] of topics.entries()) {
        const records = await onKafka(broker.brokers, name);
        assertOrdered(records);
        using log = new EmbeddedLog(library, `${data}/log`);
        using topic = await log.topic(name);
        const { end } = await topic.info();
        assert.equal(BigInt(records.length + lostOf(name)), end, `${name}: sent + counted as lost = all`);
        assert.ok(Number(end) >= acknowledged[at]!, name);
      }
      assert.ok(lostOf(TOPIC) > 1_000, `${lostOf(TOPIC)} opportunities given up`);
      assert.equal(lostOf("bundle-outcomes-proto"), 0, "outcomes never go");
    } finally {
      await link.end("SIGKILL");
      await broker.kill();
    }
  }));

Deno.test("ClickHouse down and a poison message: ingest continues after it, the poison is a dead letter, replay works", () =>
  withCluster(async (cluster: Cluster) => {
    const data = `${cluster.folder}/data`;
    const { env } = cluster;
    const part = (...args: string[]) => new Part([...args, "--data-dir", data], env).start();
    const parts = [part("run", "link"), part("run", "sink")];
    const store = storeOfUrl(env.CLICKHOUSE_URL!);
    const rows = () =>
      store.query<{ rows: string }>("SELECT count() AS rows FROM arb_opportunities").then(
        ([row]) => Number(row!.rows),
        () => 0,
      );
    const writer = new Writer(data, TOPIC, 2_000).start();
    try {
      await until(async () => await rows() > 2_000, "rows in the store");
      await cluster.clickhouse.end("SIGKILL");
      using log = new EmbeddedLog(library, `${data}/log`);
      using topic = await log.topic(TOPIC);
      const poison = new Uint8Array([0xff, 0xfe, 0xfd]);
      await topic.append([{ key: new TextEncoder().encode("pool-1"), value: poison }]);
      await until(async () => {
        const { trouble } = JSON.parse(await Deno.readTextFile(`${data}/sink.status.json`));
        return /^Cannot reach ClickHouse at http:\/\/127\.0\.0\.1:\d+\/: /.test(trouble ?? "");
      }, "the sink says that the store cannot be reached");
      cluster.clickhouse.start();
      const before = 2_000;
      await until(async () => await rows() > before + 6_000, "ingest after the outage", 60_000);
      const list = async () =>
        lines<{ reason: string; value: string; origin: string }>(
          (await legend(["dlq", "list", TOPIC, "--json", "--data-dir", data], { env })).stdout,
        );
      const [dead] = await until(async () => {
        const found = await list();
        return found.length > 0 && found;
      }, "the dead letter on Kafka");
      assert.match(dead!.reason, /^it is not an Envelope/);
      assert.equal(dead!.value, btoa(String.fromCharCode(...poison)), "unchanged");
      const replay = await legend(["dlq", "replay", TOPIC, "--data-dir", data], { env });
      assert.equal(replay.stdout, "1 records replayed\n", replay.stderr);
      await until(async () => (await list()).length === 2, "what is still poison comes back");
      await writer.kill();
      for (const one of parts) await one.end();
      for (const words of [["run", "link", "--until-sent"], ["run", "sink", "--until-stored"]]) {
        const { code, stderr } = await part(...words).ended();
        assert.equal(code, 0, stderr);
      }
      const [stored] = await store.query<{ rows: string; distinct: string }>(
        "SELECT count() AS rows, uniqExact(seq) AS distinct FROM arb_opportunities",
      );
      const { end } = await topic.info();
      // The poison message was on the topic twice; everything else is a row.
      assert.deepEqual(stored, { rows: String(end - 2n), distinct: String(end - 2n) });
    } finally {
      await Promise.all(parts.map((one) => one.end("SIGKILL")));
    }
  }));
