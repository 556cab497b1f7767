/** Builds what is needed to run from the sources: npm packages and the Rust library. */
import { buildAssets } from "./assets.ts";
import { must, task, timed } from "./command.ts";
import { BUILD_NEEDS, need } from "./needs.ts";
import { CACHE, LIBRARY_CRATES, ROOT } from "./paths.ts";

/** Exists after a build of the whole library: a quick build does not replace it. */
const WHOLE = `${CACHE}/library-whole`;

/**
 * Builds everything. `quick`: leaves out Kafka, two thirds of a first build's time, unless it was built here before.
 */
export async function build({ quick = false } = {}): Promise<void> {
  need(BUILD_NEEDS);
  await timed("npm packages", () => must(Deno.execPath(), ["install", "--quiet", "--frozen"]));
  const isWhole = !quick || await Deno.stat(WHOLE).then(() => true, () => false);
  // Not quiet: the first build takes minutes, and the names of the crates show its progress.
  const words = [
    "build",
    "--release",
    "--locked",
    ...LIBRARY_CRATES,
    ...isWhole ? [] : ["--no-default-features"],
  ];
  await timed(
    `Rust library (cargo, release${isWhole ? "" : ", without Kafka: `deno task build` builds it in"})`,
    () => must("cargo", words, { cwd: `${ROOT}/ffi` }),
  );
  if (isWhole) {
    await Deno.mkdir(CACHE, { recursive: true });
    await Deno.writeTextFile(WHOLE, "");
  }
  await timed("page", () => buildAssets());
}

if (import.meta.main) await task(() => build());
