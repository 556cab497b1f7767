/** `deno task findings`: every scripted reproduction of docs/FINDINGS.md against dist/legend; the last line counts. */
import { build } from "./build.ts";
import { must, task, timed } from "./command.ts";
import { ROOT } from "./paths.ts";
import { denoTest } from "./report.ts";

await task(async () => {
  await build();
  await timed("dist/legend (slim, fast)", () => must(`${ROOT}/compile.sh`, ["--slim", "--fast"]));
  const { passed, failed, skipped } = await denoTest("findings", ["tests/findings"]);
  const more = skipped > 0 ? `, ${skipped} skipped` : "";
  Deno.stdout.writeSync(new TextEncoder().encode(`${passed} passed, ${failed} failed${more}\n`));
  Deno.exit(failed === 0 && passed > 0 ? 0 : 1);
});
