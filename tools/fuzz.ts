/**
 * `deno task fuzz [SECONDS]`: libFuzzer over the frame walker and each decoder, two at a time. New inputs are kept in
 * ffi/fuzz/corpus.tar.zst (one folder per target). An input that breaks something is left in ffi/fuzz/artifacts, and
 * ends the task.
 */
import { must, say, task, timed } from "./command.ts";
import { ROOT } from "./paths.ts";

const FOLDER = `${ROOT}/ffi/fuzz`;
const PROGRAM = `${FOLDER}/target/release/fuzz`;
const CORPUS = `${FOLDER}/corpus.tar.zst`;
/** The flags that cargo-fuzz passes, without a sanitizer, which the stable compiler lacks. */
const RUSTFLAGS = [
  "--cfg fuzzing",
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Ccodegen-units=1",
].join(" ");
/** Maximum bytes of an input: a real frame has about 5 KB. */
const INPUT_BYTES_MAX = 8192;
const AT_ONCE = 2;
/** Makes tar write the same archive for the same inputs. */
const SAME_BYTES = [
  "--use-compress-program=zstd -19",
  "--sort=name",
  "--mtime=@0",
  "--owner=0",
  "--group=0",
  "--numeric-owner",
];

/**
 * Files beside the decoders: the table, and the rule for programs without a decoder, which every target goes through.
 */
const NO_DEX = ["mod.rs", "amounts_only.rs"];

/** The walker, and the ids of the DEX table, read from its files. */
export async function targets(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}/ffi/engine/src/dex`)) {
    if (!NO_DEX.includes(name)) names.push(name.replace(/\.rs$/, ""));
  }
  return ["frame", ...names.sort()];
}

/**
 * Runs every target for `seconds`; throws with the names of those that failed. `keep`: adds new inputs to the corpus.
 */
export async function fuzz(seconds: number, keep = false): Promise<void> {
  const host = (await must("rustc", ["-vV"], { capture: true })).match(/host: (.+)/)![1]!;
  // With --target the flags do not apply to build scripts.
  await timed(
    "fuzz build",
    () =>
      must("cargo", ["build", "--release", "--locked", "-q", "--target", host, "--target-dir", "target"], {
        cwd: FOLDER,
        env: { RUSTFLAGS },
      }),
  );
  const program = PROGRAM.replace("/release/", `/${host}/release/`);
  const waiting = await targets();
  const broken: string[] = [];
  const folder = await Deno.makeTempDir({ prefix: "legend-fuzz-" });
  try {
    await must("tar", ["-C", folder, "--use-compress-program=zstd", "-xf", CORPUS]);
    const worker = async () => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        if (!await run(program, name, `${folder}/corpus/${name}`, seconds, keep)) broken.push(name);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (keep) await must("tar", ["-C", folder, ...SAME_BYTES, "-cf", CORPUS, "corpus"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  if (broken.length > 0) {
    throw new Error(`Cannot pass: ${broken.join(", ")} broke, the inputs are in ffi/fuzz/artifacts`);
  }
}

async function run(
  program: string,
  name: string,
  corpus: string,
  seconds: number,
  keep: boolean,
): Promise<boolean> {
  const artifacts = `${FOLDER}/artifacts`;
  for (const folder of [corpus, artifacts]) await Deno.mkdir(folder, { recursive: true });
  const found = await Deno.makeTempDir({ prefix: "legend-fuzz-" });
  try {
    const args = [
      found,
      corpus,
      `-max_total_time=${seconds}`,
      `-max_len=${INPUT_BYTES_MAX}`,
      `-artifact_prefix=${artifacts}/${name}-`,
      "-print_final_stats=1",
      "-verbosity=0",
      "-close_fd_mask=1",
      "-seed=1",
    ];
    const env = { LEGEND_FUZZ_TARGET: name };
    const { code, stderr } = await new Deno.Command(program, { args, env, stderr: "piped", stdout: "null" })
      .output();
    const text = new TextDecoder().decode(stderr);
    const stat = (key: string) => text.match(new RegExp(`${key}: *(\\d+)`))?.[1] ?? "?";
    say(
      `fuzz ${name}: ${stat("number_of_executed_units")} inputs, ${
        stat("new_units_added")
      } new, exit ${code}`,
    );
    if (code !== 0) say(text.split("\n").slice(-12).join("\n"));
    if (!keep) return code === 0;
    // Only the smallest set with the same coverage is kept.
    await new Deno.Command(program, {
      args: ["-merge=1", "-verbosity=0", corpus, found],
      env,
      stdout: "null",
      stderr: "null",
    }).output();
    return code === 0;
  } finally {
    await Deno.remove(found, { recursive: true });
  }
}

if (import.meta.main) {
  await task(() => fuzz(Number(Deno.args[0] ?? 120), true));
}
