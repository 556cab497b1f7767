/** `deno task ok`: what every commit must pass. `--fast`: the part that takes a minute. */
import { build } from "./build.ts";
import { runChecks } from "./checks.ts";
import { say, task } from "./command.ts";
import { checkInstructions } from "./instructions.ts";
import { okFast } from "./ok_fast.ts";
import { add, cargoTest, denoTest } from "./report.ts";
import { withSmallDisk } from "./small_disk.ts";
import { UNIT_TESTS } from "./paths.ts";

await task(async () => {
  if (Deno.args.includes("--fast")) return await okFast();
  await build();
  await runChecks();
  const counts = add(await denoTest("deno", UNIT_TESTS), await withSmallDisk(cargoTest));
  if (counts.failed > 0) throw new Error(`${counts.passed} passed, ${counts.failed} failed`);
  await checkInstructions(false);
  say(`ok: ${counts.passed} tests passed, ${counts.skipped} skipped`);
});
