/** `deno task soak`: the long runs. Today: 200 runs of two writers that are killed at random points. */
import { must, task, timed } from "./command.ts";
import { ROOT } from "./paths.ts";
import { withSmallDisk } from "./small_disk.ts";

const RUNS = "200";

await task(() =>
  withSmallDisk(async (env) => {
    await timed(`log: ${RUNS} runs of 20,000 appends with kill -9, full disk`, () =>
      must("cargo", [
        "test",
        "--release",
        "--locked",
        "-q",
        "-p",
        "io",
        "--test",
        "log_processes",
        "--",
        "--nocapture",
      ], {
        cwd: `${ROOT}/ffi`,
        env: { ...env, LEGEND_LOG_RUNS: RUNS },
      }));
  })
);
