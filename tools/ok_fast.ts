/**
 * `deno task ok --fast`: what can be checked within a minute on a warm checkout. It does not replace the gate: the
 * whole `ok` runs before a commit lands. Each stage prints its time; the last lines list what was left out.
 */
import { left, runChecks } from "./checks.ts";
import { exec, must, say, timed } from "./command.ts";
import { CACHE, LIBRARY, ROOT, UNIT_TESTS } from "./paths.ts";
import { add, cargoCounts, denoTest } from "./report.ts";

/** Touched after the Rust checks passed. */
const STAMP = `${CACHE}/fast-rust`;
const RUST = /\.(?:rs|toml|lock|proto)$/;
const NOT_OURS = new Set(["target", "fuzz"]);
/** Crates whose unit tests need neither a broker nor a minute. */
const QUICK_CRATES = ["engine", "topic_log"];
/** The tests of this folder measure their own process, so no others run in it meanwhile. */
const MEASURING = "ffi";

/** Unix milliseconds of the newest change to a Rust source below `folder`. */
export async function newestSource(folder: string): Promise<number> {
  let newest = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && !NOT_OURS.has(name)) newest = Math.max(newest, await newestSource(path));
    else if (RUST.test(name)) newest = Math.max(newest, await changedAt(path));
  }
  return newest;
}

/** Unix milliseconds at which a file was written; 0: it does not exist. */
const changedAt = (path: string) => Deno.stat(path).then(({ mtime }) => Number(mtime), () => 0);

/** Runs `cargo check`, and the unit tests of the quick crates. Returns their number. */
async function rust(): Promise<number> {
  const options = { cwd: `${ROOT}/ffi` };
  await timed("cargo fmt", () => must("cargo", ["fmt", "--check"], options));
  await timed("cargo check", () => must("cargo", ["check", "-q", "--locked", "--workspace"], options));
  const known = JSON.parse(
    await must("cargo", ["metadata", "-q", "--locked", "--no-deps", "--format-version=1"], {
      ...options,
      capture: true,
    }),
  ).packages.map(({ name }: { name: string }) => name);
  const crates = QUICK_CRATES.filter((crate) => known.includes(crate));
  return await timed(`unit tests of ${crates.join(", ")}`, async () => {
    const words = ["test", "-q", "--locked", "--lib", ...crates.flatMap((crate) => ["-p", crate])];
    const { code, stdout } = await exec("cargo", words, { ...options, capture: true });
    if (code !== 0) {
      throw new Error(`${stdout}\nCannot continue: cargo ${words.join(" ")} ended with ${code}`);
    }
    return cargoCounts(stdout).passed;
  });
}

/** Runs the quick stages; throws at the first that fails. */
export async function okFast(): Promise<void> {
  const begin = performance.now();
  const out = left();
  await runChecks("fast");
  const newest = await newestSource(`${ROOT}/ffi`);
  let passed = 0;
  if (newest > await changedAt(STAMP)) {
    passed += await rust();
    await Deno.mkdir(CACHE, { recursive: true });
    await Deno.writeTextFile(STAMP, "");
    // What was saved while cargo ran has not been checked.
    await Deno.utime(STAMP, new Date(newest), new Date(newest));
    out.push(`Rust tests beside those of ${QUICK_CRATES.join(" and ")}`);
  } else out.push("Rust, which has not changed since it passed here");
  if (newest > await changedAt(LIBRARY)) {
    out.push("the library, which is older than its sources (`deno task build`): tests use the old one");
  }
  const others = UNIT_TESTS.filter((folder) => folder !== MEASURING);
  const counts = add(
    await timed("unit tests", () => denoTest("unit tests", others, { parallel: true })),
    await timed(`unit tests of ${MEASURING}/`, () => denoTest(MEASURING, [MEASURING])),
  );
  if (counts.failed > 0) throw new Error(`${counts.passed} passed, ${counts.failed} failed`);
  for (const one of out) say(`left out: ${one}`);
  say("left out: tests of the executable, mutants, fuzzing. Run `deno task ok` before a commit lands.");
  const seconds = (performance.now() - begin) / 1000;
  say(`ok --fast: ${counts.passed + passed} tests passed in ${seconds.toFixed(1)} s`);
}
