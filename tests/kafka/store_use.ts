/** What this host's store uses while the sink fills it from an agent on the simulated chain. */
import { Part, startClickHouse } from "./cluster.ts";
import { delay } from "../../core/platform/delay.ts";

export interface StoreUse {
  /** Percent of one core. */
  readonly cpu: number;
  /** Maximum at once. */
  readonly descriptors: number;
  readonly rowsPerSecond: number;
}

const TICKS_PER_SECOND = 100;

/** Processor time of a process, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Observes for `seconds` a store that has received rows for a while. */
export async function storeUse(folder: string, seconds: number): Promise<StoreUse> {
  const data = ["--data-dir", `${folder}/data`];
  const { url, part: store } = await startClickHouse(`${folder}/store`);
  const agent = new Part(["run", "agent", "arbitrage", "--source", "sim", ...data], {}).start();
  const sink = new Part(["run", "sink", ...data], { CLICKHOUSE_URL: url });
  const rows = () => {
    try {
      const { topics } = JSON.parse(Deno.readTextFileSync(`${folder}/data/sink.status.json`));
      return topics.reduce((sum: number, topic: { rows: number }) => sum + topic.rows, 0) as number;
    } catch {
      // Not there yet, or being replaced.
      return 0;
    }
  };
  try {
    sink.start();
    for (const end = Date.now() + 120_000; rows() < 1_000; await delay(100)) {
      if (Date.now() > end) throw new Error(`Cannot measure the store: it has ${rows()} rows`);
    }
    const [begin, cpu, before] = [performance.now(), cpuSeconds(store.pid), rows()];
    let descriptors = 0;
    while (performance.now() - begin < seconds * 1_000) {
      // The sampling interval.
      await delay(500);
      descriptors = Math.max(descriptors, [...Deno.readDirSync(`/proc/${store.pid}/fd`)].length);
    }
    const took = (performance.now() - begin) / 1_000;
    return {
      cpu: (cpuSeconds(store.pid) - cpu) / took * 100,
      descriptors,
      rowsPerSecond: (rows() - before) / took,
    };
  } finally {
    await Promise.all([sink.end(), agent.end()]);
    await store.end();
  }
}
