/**
 * `deno task test`: everything, from sources to the executable. The last line counts by the runners' own reports.
 * `--skip-checks` leaves out format, lint and types.
 */
import { build } from "./build.ts";
import { runChecks } from "./checks.ts";
import { must, say, task, timed } from "./command.ts";
import { checkInstructions } from "./instructions.ts";
import { fuzz } from "./fuzz.ts";
import { quickMutants } from "./mutants.ts";
import { need, TEST_NEEDS } from "./needs.ts";
import { EXECUTABLE_TESTS, ORACLE_TESTS, ROOT, UNIT_TESTS } from "./paths.ts";
import { add, cargoTest, type Counts, denoTest, NONE, type TestRun } from "./report.ts";
import { RETRIED_MAX } from "./retry.ts";
import { installServices } from "./services.ts";
import { withSmallDisk } from "./small_disk.ts";
import { messageOf } from "../core/platform/errors.ts";

/** Test files of the executable that run in parallel: most of the time they wait for processes. */
const FILES_AT_ONCE = 2;
/** For each target; `deno task fuzz` takes longer. */
const FUZZ_SECONDS = 20;

async function everything(): Promise<Counts> {
  need(TEST_NEEDS);
  // These are mostly downloads, while the build is computation.
  const got = await Promise.allSettled([
    timed("build", () => build()),
    timed("services of tests", installServices),
  ]);
  for (const one of got) if (one.status === "rejected") throw one.reason;
  if (!Deno.args.includes("--skip-checks")) {
    await timed("checks", runChecks);
    await timed("instructions", () => checkInstructions(false));
  }
  await timed("dist/legend (slim, fast)", () => must(`${ROOT}/compile.sh`, ["--slim", "--fast"]));
  let counts = NONE;
  const run = async (name: string, paths: readonly string[], more: TestRun = {}) => {
    const retriesLeft = RETRIED_MAX - counts.flaky.length;
    counts = add(counts, await timed(name, () => denoTest(name, paths, { ...more, retriesLeft })));
  };
  await run("deno", UNIT_TESTS);
  counts = add(counts, await timed("cargo", () => withSmallDisk(cargoTest)));
  await run("oracles", ORACLE_TESTS);
  await run("executable", EXECUTABLE_TESTS, { atOnce: FILES_AT_ONCE });
  // The first-screen test once more, unchanged, on a real broker and a real ClickHouse server.
  await run("kafka", ["tests/e2e/page_test.ts"], { env: { LEGEND_TEST_LOG: "kafka" } });
  await timed("mutants", quickMutants);
  await timed("fuzz", () => fuzz(FUZZ_SECONDS));
  return counts;
}

await task(async () => {
  let counts: Counts;
  try {
    counts = await everything();
  } catch (error) {
    say(messageOf(error));
    counts = { ...NONE, failed: 1 };
  }
  for (const test of counts.failures) say(`failed: ${test}`);
  for (const test of counts.slow) say(`slow: ${test}`);
  for (const test of counts.flaky) say(`flaky, passed when run again alone: ${test}`);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`),
  );
  Deno.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
});
