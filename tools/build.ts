/** Builds what the sources need to run: npm packages and the Rust library. */
import { buildAssets } from "./assets.ts";
import { must, task, timed } from "./command.ts";
import { BUILD_NEEDS, need } from "./needs.ts";
import { ROOT } from "./paths.ts";

export async function build(): Promise<void> {
  need(BUILD_NEEDS);
  await timed("npm packages", () => must(Deno.execPath(), ["install", "--quiet", "--frozen"]));
  await timed(
    "Rust library (cargo, release)",
    // Not quiet: the first build takes minutes, and the crates' names are its progress.
    () => must("cargo", ["build", "--release", "--locked", "-p", "abi"], { cwd: `${ROOT}/ffi` }),
  );
  await timed("page", () => buildAssets());
}

if (import.meta.main) await task(build);
