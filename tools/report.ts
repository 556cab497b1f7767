/** Runs the test runners, and counts by their own reports. */
import { testFiles } from "./check_tests.ts";
import { type CommandOptions, exec, say } from "./command.ts";
import { isStepOf, junitCases, wholeTests } from "./junit.ts";
import type { TestCase } from "./junit.ts";
import { ROOT } from "./paths.ts";
import { filterOf, toRetry } from "./retry.ts";

/** A test file that takes longer counts as hung. */
const FILE_LIMIT_MS = 15 * 60_000;
/** Maximum duration of a test. */
const SLOW_SECONDS = 120;

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test and step, with its error: the lines above may be lost in a long run. */
  failures: readonly string[];
  /** Tests that failed and then passed when run alone. */
  flaky: readonly string[];
  /** Tests that took too long. */
  slow: readonly string[];
}

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0, failures: [], flaky: [], slow: [] };

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
    flaky: [...a.flaky, ...b.flaky],
    slow: [...a.slow, ...b.slow],
  };
}

/** Counts of the tests and steps in a report. A run that crashed before its report counts as failed. */
export function countsOf(cases: readonly TestCase[]): Counts {
  if (cases.length === 0) return { ...NONE, failed: 1 };
  const of = (outcome: TestCase["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  const failures = cases.filter(({ outcome }) => outcome === "failed")
    .map(({ file, name, why }) => `${file}: ${name}${why ? `: ${why}` : ""}`);
  return { ...NONE, passed: of("passed"), failed: of("failed"), skipped: of("skipped"), failures };
}

/** Counts of all `test result:` lines of cargo. */
export function cargoCounts(text: string): Counts {
  let total = NONE;
  for (
    const [, passed, failed, ignored] of text.matchAll(
      /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
    )
  ) {
    total = add(total, {
      ...NONE,
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(ignored),
    });
  }
  // The names are below the second "failures:" of a crate, the outputs below the first.
  const names = [...text.matchAll(/^failures:\n((?: {4}\S+\n)+)/gm)];
  return { ...total, failures: names.flatMap(([, lines]) => lines!.trim().split(/\s+/)) };
}

export interface TestRun {
  readonly env?: Record<string, string>;
  /** Failed tests that may still be run again, alone. */
  readonly retriesLeft?: number;
  /** Files in parallel, one per processor: for tests that share nothing and do not measure their process. */
  readonly parallel?: boolean;
  /** Files in parallel, each in its own process, whose output is printed when it has ended. */
  readonly atOnce?: number;
}

/** Runs `deno test` on some paths. A failed test is run once more, alone, when `retry.ts` allows it. */
export async function denoTest(
  name: string,
  paths: readonly string[],
  { env = {}, retriesLeft = 0, parallel = false, atOnce = 1 }: TestRun = {},
): Promise<Counts> {
  const { code, cases } = atOnce > 1
    ? await denoRunFiles(await Array.fromAsync(filesOf(paths)), env, atOnce)
    : await denoRun(parallel ? ["--parallel", ...paths] : paths, env);
  const failed = cases.filter(({ outcome }) => outcome === "failed");
  const unloaded = code === 0 ? [] : await notLoaded(paths, env, new Set(cases.map(({ file }) => file)));
  for (const file of unloaded) say(`${file} cannot be run`);
  const flaky = unloaded.length > 0 ? [] : await passedOnRetry(toRetry(failed, retriesLeft), env);
  const isFlaky = (one: TestCase) => flaky.some((test) => one === test || isStepOf(one, test));
  const settled = cases.map((one): TestCase =>
    one.outcome === "failed" && isFlaky(one) ? { ...one, outcome: "passed" } : one
  );
  const counts = countsOf(settled);
  const isClean = flaky.length > 0 && counts.failed === 0;
  return finish(name, isClean ? 0 : code, {
    ...counts,
    failed: counts.failed + unloaded.length,
    failures: [...counts.failures, ...unloaded.map((file) => `${file}: cannot be run`)],
    flaky: flaky.map(({ file, name }) => `${file}: ${name}`),
    slow: wholeTests(cases).filter(({ seconds }) => seconds > SLOW_SECONDS)
      .map(({ file, name, seconds }) => `${file}: ${name} (${seconds.toFixed(0)} s)`),
  });
}

/**
 * Files that fail when run alone and are missing from a failed run's report: one that cannot be loaded is not in it,
 * nor is one whose tests are made by a helper.
 */
async function notLoaded(
  paths: readonly string[],
  env: Record<string, string>,
  reported: ReadonlySet<string>,
): Promise<string[]> {
  const found: string[] = [];
  for await (const file of filesOf(paths)) {
    if (!reported.has(file) && (await denoRun([file], env)).code !== 0) found.push(file);
  }
  return found;
}

/** The test files that are `paths`, or in them. */
async function* filesOf(paths: readonly string[]): AsyncGenerator<string> {
  for await (const file of testFiles()) {
    if (paths.some((path) => file === path || file.startsWith(`${path}/`))) yield file;
  }
}

/** Runs each file in its own process, some in parallel: those that wait leave the processors to others. */
async function denoRunFiles(files: readonly string[], env: Record<string, string>, atOnce: number) {
  const waiting = [...files].sort();
  const all = { code: 0, cases: [] as TestCase[] };
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const begin = performance.now();
      say(`${file} ...`);
      const { code, cases, text } = await denoRun([file], env, { capture: true, limitMs: FILE_LIMIT_MS });
      const seconds = (performance.now() - begin) / 1000;
      say(`${text.trim()}\n${file}: ${seconds.toFixed(1)} s`);
      all.code ||= code;
      all.cases.push(...cases, ...brokenFile(file, code, cases, seconds));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return all;
}

/** A process that failed although no test in its report failed: it crashed, hung or could not be loaded. */
export function brokenFile(
  file: string,
  code: number,
  cases: readonly TestCase[],
  seconds: number,
): TestCase[] {
  if (code === 0 || cases.some(({ outcome }) => outcome === "failed")) return [];
  return [{ file, name: `the process of this file ended with ${code}`, seconds, outcome: "failed" }];
}

/** Those of `tests` that now pass, each run alone. */
async function passedOnRetry(tests: readonly TestCase[], env: Record<string, string>): Promise<TestCase[]> {
  const passed: TestCase[] = [];
  for (const test of tests) {
    say(`once more, alone: ${test.file}: ${test.name}`);
    const { code, cases } = await denoRun([`--filter=${filterOf(test.name)}`, test.file], env);
    if (code === 0 && cases.some(({ name, outcome }) => name === test.name && outcome === "passed")) {
      passed.push(test);
    }
  }
  return passed;
}

/** Types are checked by `deno check`. */
async function denoRun(words: readonly string[], env: Record<string, string>, options: CommandOptions = {}) {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const args = ["test", "-A", "-q", "--no-check", `--junit-path=${report}`, ...words];
    const { code, stdout: text } = await exec(Deno.execPath(), args, { ...options, env });
    return { code, cases: junitCases(await Deno.readTextFile(report)), text };
  } finally {
    await Deno.remove(report);
  }
}

/** `cargo test` of the whole workspace. */
export async function cargoTest(env: Record<string, string> = {}): Promise<Counts> {
  const args = ["test", "-q", "--locked", "--workspace", "--no-fail-fast"];
  const { code, stdout } = await exec("cargo", args, { cwd: `${ROOT}/ffi`, env, capture: true });
  if (code !== 0) say(stdout);
  return finish("cargo", code, cargoCounts(stdout));
}

function finish(name: string, code: number, counts: Counts): Counts {
  // A runner that failed without naming a failed test counts as failed.
  const honest = code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  say(`${name}: ${honest.passed} passed, ${honest.failed} failed, ${honest.skipped} skipped`);
  return honest;
}
