/** The log backend that a test run selects: only this host, or a broker and a ClickHouse server for each test. */
import { withCluster } from "./cluster.ts";

/** Runs with the environment of the selected backend; LEGEND_TEST_LOG=kafka selects the cluster. */
export async function withLogHome(run: (env: Record<string, string>) => Promise<void>): Promise<void> {
  if (Deno.env.get("LEGEND_TEST_LOG") !== "kafka") return await run({});
  await withCluster(({ env }) => run(env));
}
