/** Builds what the sources need to run: npm packages and the Rust library. */
import { buildAssets } from "./assets.ts";
import { must, task, timed } from "./command.ts";
import { ROOT } from "./paths.ts";

export async function build(): Promise<void> {
  await timed("npm packages", () => must(Deno.execPath(), ["install", "--quiet", "--frozen"]));
  await timed(
    "Rust library (cargo, release)",
    () => must("cargo", ["build", "--release", "--locked", "-q", "-p", "abi"], { cwd: `${ROOT}/ffi` }),
  );
  await timed("page", () => buildAssets());
}

if (import.meta.main) await task(build);
