/** Runs the test runners and counts by their own reports. */
import { exec, say } from "./command.ts";
import { ROOT } from "./paths.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Counts of a JUnit report as `deno test` writes it. A run that crashed before its report failed. */
export function junitCounts(xml: string): Counts {
  const number = (name: string) =>
    Number(new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(xml)?.[1] ?? NaN);
  const [tests, failures, errors] = [number("tests"), number("failures"), number("errors")];
  if (Number.isNaN(tests)) return { passed: 0, failed: 1, skipped: 0 };
  const skipped = [...xml.matchAll(/<skipped/g)].length;
  return { passed: tests - failures - errors - skipped, failed: failures + errors, skipped };
}

/** Counts of all `test result:` lines of cargo. */
export function cargoCounts(text: string): Counts {
  let total = NONE;
  for (
    const [, passed, failed, ignored] of text.matchAll(
      /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
    )
  ) {
    total = add(total, { passed: Number(passed), failed: Number(failed), skipped: Number(ignored) });
  }
  return total;
}

/** `deno test` on some paths. */
export async function denoTest(
  name: string,
  paths: readonly string[],
  env: Record<string, string> = {},
): Promise<Counts> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const { code } = await exec(Deno.execPath(), ["test", "-A", "-q", `--junit-path=${report}`, ...paths], {
    env,
  });
  const counts = junitCounts(await Deno.readTextFile(report));
  await Deno.remove(report);
  return finish(name, code, counts);
}

/** `cargo test` of the whole workspace. */
export async function cargoTest(env: Record<string, string> = {}): Promise<Counts> {
  const args = ["test", "-q", "--locked", "--workspace", "--no-fail-fast"];
  const { code, stdout } = await exec("cargo", args, { cwd: `${ROOT}/ffi`, env, capture: true });
  if (code !== 0) say(stdout);
  return finish("cargo", code, cargoCounts(stdout));
}

function finish(name: string, code: number, counts: Counts): Counts {
  // A runner that ended badly without saying which test failed still failed.
  const honest = code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  say(`${name}: ${honest.passed} passed, ${honest.failed} failed, ${honest.skipped} skipped`);
  return honest;
}
