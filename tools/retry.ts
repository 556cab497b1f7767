/** Which failed tests are run once more, alone. One that passes then is listed as flaky. */
import { wholeTests } from "./junit.ts";
import type { TestCase } from "./junit.ts";

/** If more tests than this pass only at the second attempt, the run fails. */
export const RETRIED_MAX = 2;

/** Money and evidence depend on these: a single failure is too many. */
const NEVER = /kill|control|audit|loss|lost|loses|job|journal/i;

/**
 * The failed tests to run again: none when one of them must never be run again, or when there are more than `left`.
 * @param failed all failed tests and steps of a run
 */
export function toRetry(failed: readonly TestCase[], left: number): TestCase[] {
  const tests = wholeTests(failed);
  return tests.length > left || failed.some(({ file, name }) => NEVER.test(`${file} ${name}`)) ? [] : tests;
}

/** A `--filter` that selects only the test of this name. */
export function filterOf(name: string): string {
  return `/^${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$/`;
}
