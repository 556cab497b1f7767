/** Builds what the sources need to run: npm packages and the Rust library. */
import { buildAssets } from "./assets.ts";
import { must, task, timed } from "./command.ts";
import { BUILD_NEEDS, need } from "./needs.ts";
import { CACHE, LIBRARY_CRATES, ROOT } from "./paths.ts";

/** Is there after a build of the whole library: a quick one does not replace it. */
const WHOLE = `${CACHE}/library-whole`;

/** Builds all. `quick`: Kafka, two thirds of a first build's time, is left out, unless it has been built here before. */
export async function build({ quick = false } = {}): Promise<void> {
  need(BUILD_NEEDS);
  await timed("npm packages", () => must(Deno.execPath(), ["install", "--quiet", "--frozen"]));
  const isWhole = !quick || await Deno.stat(WHOLE).then(() => true, () => false);
  // Not quiet: the first build takes minutes, and the crates' names are its progress.
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
