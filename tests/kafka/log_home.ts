/** The home that a run of the tests means: this host alone, or a broker and a ClickHouse server of each test's own. */
import { withCluster } from "./cluster.ts";

/** Runs with the environment of the home; LEGEND_TEST_LOG=kafka means the cluster. */
export async function withLogHome(run: (env: Record<string, string>) => Promise<void>): Promise<void> {
  if (Deno.env.get("LEGEND_TEST_LOG") !== "kafka") return await run({});
  await withCluster(({ env }) => run(env));
}
