/** The sink is killed inside a batch larger than it would collect again; and what `--until-stored` promises. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend, lines, withFolder } from "../e2e/executable.ts";
import { Part, startClickHouse } from "./cluster.ts";
import { storeOfUrl } from "./lossless.ts";
import { delay } from "../../core/platform/delay.ts";

const RECORDS = 60_000;

Deno.test("a batch of 64 MiB that a kill cut is ended as it was, and --until-stored ends when all is stored", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const { url, part } = await startClickHouse(`${folder}/clickhouse`);
    const env = { CLICKHOUSE_URL: url };
    try {
      using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
      using topic = await log.topic("decision-evidence", { create: true });
      const pad = "x".repeat(2_000);
      for (let n = 0; n < RECORDS; n += 1_000) {
        await topic.append(
          Array.from({ length: 1_000 }, (_, at) => {
            const key = new Uint8Array(16);
            new DataView(key.buffer).setUint32(0, n + at);
            return { key, value: new TextEncoder().encode(JSON.stringify({ n: n + at, pad })) };
          }),
          "none",
        );
      }
      const store = storeOfUrl(url);
      const begun = () =>
        store.query("SELECT 1 FROM sink_batches WHERE topic = 'decision-evidence'").then(
          ({ length }) => length > 0,
          () => false,
        );
      const sink = new Part(["run", "sink", "--data-dir", data], env).start();
      const end = performance.now() + 60_000;
      while (!await begun()) {
        assert.ok(performance.now() < end, "the sink has stored nothing in 60 s");
        await delay(5);
      }
      await sink.end("SIGKILL");
      const second = await legend(["run", "sink", "--until-stored", "--data-dir", data], { env });
      assert.equal(second.code, 0, second.stderr);
      const [stored] = await store.query(
        "SELECT count() AS rows, uniqExact(offset) AS distinct FROM decision_evidence",
      );
      assert.deepEqual(stored, { rows: String(RECORDS), distinct: String(RECORDS) });
    } finally {
      await part.end("SIGKILL");
    }
  }));

Deno.test("a kill from the command line holds here with the broker down, says that it is down, and its audit is whole", () =>
  withFolder(async (data) => {
    const env = { KAFKA_BROKERS: "127.0.0.1:9" };
    openDataDir(data);
    const { code, stdout, stderr } = await legend(["kill", "mev", "--json", "--data-dir", data], { env });
    const [sent] = lines<{ receipt: { applied: boolean } }>(stdout);
    assert.ok(sent!.receipt.applied);
    assert.equal(code, 3, "what other hosts did is not known");
    assert.match(stderr, /^Cannot read the answers of other hosts: .+; commands wait here for them\n$/);
    const audit = await legend(["audit", "verify", "--data-dir", data], { env });
    assert.match(audit.stdout, /^1 entries, 1 heads published outside: whole$/m);
  }));
