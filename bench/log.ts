/** The log: group-durable appends against a plain file, a record to another process against a pipe. */
import { must } from "../tools/command.ts";
import { ROOT } from "../tools/paths.ts";
import type { BenchRow } from "./bench.ts";

export async function logBench(): Promise<BenchRow[]> {
  await must("cargo", ["build", "--release", "--locked", "-q", "-p", "topic_log", "--example", "log_bench"], {
    cwd: `${ROOT}/ffi`,
  });
  // On the checkout's own disk: /tmp may be memory, where a sync costs nothing.
  await Deno.mkdir(`${ROOT}/bench/out`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/bench/out` });
  const rows: BenchRow[] = [];
  try {
    for (const work of ["throughput", "pingpong"]) {
      const output = await must(`${ROOT}/ffi/target/release/examples/log_bench`, [work, folder], {
        capture: true,
      });
      for (const line of output.trim().split("\n")) {
        const row = JSON.parse(line) as BenchRow;
        rows.push({
          ...row,
          ratio: row.value / row.peer_value!,
          figure: work === "throughput" ? { better: "higher", limit: 0.7 } : { better: "lower", limit: 3 },
        });
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return rows;
}
