/** `deno task soak`: long runs: writers of the log killed at random points, slow clients beside fast ones. */
import { pageRate } from "../tests/e2e/page_rate.ts";
import { reconnects, slowAndFast } from "../tests/e2e/bridge.ts";
import { auditFuzz } from "../tests/findings/audit_fuzz.ts";
import { quantile, stranger } from "../tests/findings/stranger.ts";
import { brokerAway } from "../tests/kafka/broker_outage.ts";
import { lossless } from "../tests/kafka/lossless.ts";
import { must, say, task, timed } from "./command.ts";
import { ROOT } from "./paths.ts";
import { withSmallDisk } from "./small_disk.ts";

const RUNS = "200";
const AUDIT = { seed: 20_261_127, changes: 10_000 };
const BRIDGE = { stalled: 50, fast: 50, seconds: 60, perSecond: 2_000 };

await task(() =>
  withSmallDisk(async (env) => {
    await timed(`log: ${RUNS} runs of 20,000 appends with kill -9, full disk`, () =>
      must("cargo", [
        "test",
        "--release",
        "--locked",
        "-q",
        "-p",
        "topic_log",
        "--test",
        "log_processes",
        "--",
        "--nocapture",
      ], {
        cwd: `${ROOT}/ffi`,
        env: { ...env, LEGEND_LOG_RUNS: RUNS },
      }));
    const folder = await Deno.makeTempDir({ prefix: "legend-soak-" });
    try {
      await timed("kafka: the broker away for 60 s", async () => {
        const { sent, hotP50Ms, ratio } = await brokerAway(`${folder}/away`, 60);
        say(
          `${sent} records on Kafka, each once; hot path P50 ${hotP50Ms.there} ms with the broker, ${hotP50Ms.gone} ms without: ${
            ratio.toFixed(2)
          }`,
        );
      });
      await timed("kafka: kill -9 of every part for two minutes under 20,000 events/s", async () => {
        const { records, kills } = await lossless({ seconds: 120, perSecond: 20_000, seed: 3 });
        say(`${records} records, each stored once; killed ${JSON.stringify(kills)}`);
      });
      await timed("bridge: 50 stalled clients beside 50 fast ones for 60 s", async () => {
        const { produced, gaps, growthBytes, boundBytes } = await slowAndFast(folder, BRIDGE);
        const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
        say(
          `${produced} records, all to each fast client; ${gaps} reported as gaps; memory +${
            mib(growthBytes)
          }, bound ${mib(boundBytes)}`,
        );
      });
      await timed(`audit: ${AUDIT.changes} single changes`, async () => {
        const { changes, missed } = await auditFuzz(AUDIT.seed, AUDIT.changes);
        if (missed.length > 0) throw new Error(`${missed.length} were not found:\n${missed.join("\n")}`);
        say(`${changes} changes from seed ${AUDIT.seed} on, all found`);
      });
      await timed("a stranger at 64 connections for 60 s", async () => {
        const { kills, logins, growthBytes, requests } = await stranger({ seconds: 60, connections: 64 });
        const [kill, login, growth] = [quantile(kills, 0.99), Math.max(...logins), growthBytes / 2 ** 20];
        say(
          `${requests} requests; kill P99 ${kill.toFixed(0)} ms, login at most ${
            login.toFixed(0)
          } ms, memory +${growth.toFixed(0)} MiB`,
        );
        if (kill > 200 || login > 1_000 || growth > 64) {
          throw new Error("need 200 ms, 1,000 ms and 64 MiB at most");
        }
      });
      await timed("bridge: 1,000 connections at once, twice", () => reconnects(`${folder}/many`, 1_000));
      await timed("page: 2,000 rows a second for 60 s in Chromium", async () => {
        say(JSON.stringify(await pageRate(`${folder}/page`, 60, 2_000)));
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  })
);
