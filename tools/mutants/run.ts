/** Runs the tests against one mutant after another, in copies of the tree. */
import { CACHE, ROOT } from "../paths.ts";
import { mutated } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** `hung`: a test was still running at its limit, which is many times its usual duration. */
export type Outcome = "noticed" | "hung" | "survived" | "unusable";

export interface Test {
  readonly command: readonly string[];
  readonly limitMs: number;
}

/** How a copy of the tree judges the mutant that it contains. */
export interface Judge {
  /** Run in order: the first failing one has noticed the mutant. */
  readonly tests: readonly Test[];
  /** A mutant that survived the tests is not a valid program when this test fails. */
  readonly types?: Test;
  /** Whether the text of a failed command shows that the mutant was not a valid program. */
  isUnusable?(output: string): boolean;
}

/** For one command whose usual duration is unknown. */
export const LIMIT_MS = 300_000;
/** For the first command, which may build everything. */
const FIRST_MS = 6 * LIMIT_MS;
/** Folders that no test reads. */
const LEFT_OUT = new Set([".git", "dist", "shared", "bench", "systemd", "deploy"]);
/** Large folders that are only read. */
const LINKED = new Set(["node_modules", ".cache", "examples"]);
const RUST_COPY = `${CACHE}/mutants`;
/** Separate from the checkout's target folder: Cargo would confuse the crates of the two. */
const BUILD_ENV = { CARGO_TARGET_DIR: `${CACHE}/mutants-target` };

/** Exit codes of `timeout` at the limit, and when it had to kill. */
const LATE = [124, 137];

/**
 * Makes a copy of the checkout that tests can run in. The one for Rust always has the same path, because Cargo builds
 * by path.
 */
export async function copyTree(withRust: boolean): Promise<string> {
  const folder = withRust
    ? RUST_COPY
    : await Deno.realPath(await Deno.makeTempDir({ prefix: "legend-mutants-" }));
  if (withRust) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.mkdir(folder, { recursive: true });
  }
  for await (const { name } of Deno.readDir(ROOT)) {
    if (LEFT_OUT.has(name)) continue;
    if (LINKED.has(name)) await Deno.symlink(`${ROOT}/${name}`, `${folder}/${name}`);
    else if (name === "ffi") await copyLibrary(folder, withRust);
    else await copy(`${ROOT}/${name}`, folder);
  }
  return folder;
}

async function copy(from: string, folder: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-r", from, folder] }).output();
  if (!success) throw new Error(`Cannot copy ${from} to ${folder}`);
}

/** Mutants of Rust are built in their copy; those of TypeScript use the library that is built already. */
async function copyLibrary(folder: string, withRust: boolean): Promise<void> {
  await Deno.mkdir(`${folder}/ffi`);
  for await (const { name } of Deno.readDir(`${ROOT}/ffi`)) {
    if (name !== "target") await copy(`${ROOT}/ffi/${name}`, `${folder}/ffi`);
  }
  if (withRust) return;
  await Deno.symlink(`${ROOT}/ffi/target`, `${folder}/ffi/target`);
}

/** Throws when the tests fail on the unchanged code: they would seem to notice everything. */
export async function mustPass(folder: string, judge: Judge): Promise<void> {
  for (const { command: [program, ...args] } of judge.tests) {
    const { success, output } = await run(program!, args, folder, FIRST_MS);
    if (!success) {
      throw new Error(`Cannot judge mutants: ${args.join(" ")} fails without one:\n${output.slice(-2_000)}`);
    }
  }
}

/** Puts the mutant into the copy, judges it, and removes it again. */
export async function outcomeOf(folder: string, mutant: Mutant, judge: Judge): Promise<Outcome> {
  const path = `${folder}/${mutant.file}`;
  const source = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, mutated(source, mutant));
  try {
    for (const { command: [program, ...args], limitMs } of judge.tests) {
      const { success, isLate, output } = await run(program!, args, folder, limitMs);
      if (isLate) return "hung";
      if (!success) return judge.isUnusable?.(output) ? "unusable" : "noticed";
    }
    const { types } = judge;
    if (!types) return "survived";
    const [program, ...args] = types.command;
    return (await run(program!, args, folder, types.limitMs)).success ? "survived" : "unusable";
  } finally {
    await Deno.writeTextFile(path, source);
  }
}

/** Runs a program to its end, or to the limit. */
export async function run(program: string, args: readonly string[], cwd: string, limitMs = LIMIT_MS) {
  // Also ends what the tests have started, which would keep the pipes open.
  const limited = ["--kill-after=5", `${limitMs / 1_000}`, program, ...args];
  const { success, code, stdout, stderr } = await new Deno.Command("timeout", {
    args: limited,
    cwd,
    env: BUILD_ENV,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, isLate: LATE.includes(code), output: decoder.decode(stdout) + decoder.decode(stderr) };
}
