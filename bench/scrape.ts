/**
 * A dataset of 20 million rows against ClickHouse's own Parquet export of the same query; also the peak memory of our
 * worker.
 */
import { migrate } from "../core/store/schema.ts";
import { Part, startClickHouse } from "../tests/kafka/cluster.ts";
import { legend } from "../tests/e2e/executable.ts";
import { storeOfUrl } from "../tests/kafka/lossless.ts";
import { must } from "../tools/command.ts";
import { ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";

const ROWS = 20_000_000;
const ROUNDS = 3;
const GIB = 1 << 30;

const FILL =
  `INSERT INTO arb_opportunities (dt, decision_id, producer_id, seq, event_ns, kind, module, slot, tx_signature,
  net_sol, classification, p_land_est, tip_ladder)
SELECT toDateTime64(1790000000 + intDiv(number, 1000), 3, 'UTC'), toFixedString(unhex(hex(sipHash128(number))), 16),
  concat('p', toString(number % 4)), number, 1790000000000000000 + number * 1000000, 'ARBITRAGE', 'ARBITRAGE',
  400000000 + intDiv(number, 500), concat(hex(sipHash128(number, 1)), hex(sipHash128(number, 2))),
  (sipHash64(number) % 1000000) / 1e9, concat('atomic_', toString(2 + number % 3), 'hop'), 1, [0.5, 0.7, 0.85, 0.95]
FROM numbers(${ROWS})`;

export async function scrapeBench(): Promise<BenchRow[]> {
  await must(`${ROOT}/compile.sh`, ["--slim", "--fast"]);
  const folder = await Deno.makeTempDir({ prefix: "legend-bench-scrape-" });
  const { url, part } = await startClickHouse(`${folder}/clickhouse`);
  const data = `${folder}/data`;
  const env = { CLICKHOUSE_URL: url };
  const worker = new Part(["run", "worker", "--data-dir", data], env).start();
  try {
    const store = storeOfUrl(url);
    const options = { ttlDays: 0, storagePolicy: "", tierVolume: "", tierDays: 7, kafkaBrokers: "" };
    await migrate(store, options);
    await store.command(FILL, { timeoutMs: null });
    await store.command("OPTIMIZE TABLE arb_opportunities FINAL", { timeoutMs: null });
    const range = ["--start", "1780000000", "--end", "1890000000"];
    const [ours, theirs]: [number[], number[]] = [[], []];
    let peak = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const output = await legend(
        ["scrape", `round-${round}.parquet`, "--type", "arb", ...range, "--json", "--data-dir", data],
        { env },
      );
      if (output.code !== 0) throw new Error(output.stderr);
      const job = JSON.parse(output.stdout);
      ours.push((job.ended_ms - job.started_ms) / 1000);
      const status = await Deno.readTextFile(`/proc/${worker.pid}/status`);
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
      const manifest = JSON.parse(
        await Deno.readTextFile(`${data}/datasets/round-${round}.parquet.manifest.json`),
      );
      const begin = performance.now();
      // The same query with ClickHouse's own settings, written by the server itself to a file: the shortest possible
      // path.
      await store.command(
        `INSERT INTO FUNCTION file('round-${round}.parquet', 'Parquet') ${manifest.query.sql}`,
        {
          params: manifest.query.params,
          settings: { max_execution_time: 0, output_format_parquet_compression_method: "zstd" },
          timeoutMs: null,
        },
      );
      theirs.push((performance.now() - begin) / 1000);
      await Deno.remove(`${data}/datasets/round-${round}.parquet`);
    }
    const [value, peer_value] = [ROWS / median(ours), ROWS / median(theirs)];
    return [
      {
        name: "scrape_parquet",
        value,
        unit: "rows/s",
        peer: "ClickHouse's own export",
        peer_value,
        ratio: value / peer_value,
        figure: { better: "higher", limit: 0.9 },
      },
      {
        name: "scrape_peak_memory",
        value: peak / 2 ** 20,
        unit: "MiB at 20M rows",
        ratio: peak / GIB,
        figure: { better: "lower", limit: 1 },
      },
    ];
  } finally {
    await worker.end();
    await part.end("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}
