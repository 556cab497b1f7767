/** Which failed tests are run once more, alone. One that passes then is listed as flaky. */
import { wholeTests } from "./junit.ts";
import type { TestCase } from "./junit.ts";

/** More tests than these that pass at the second try fail the run. */
export const RETRIED_MAX = 2;

/** Money and evidence hang on these: one failure is one too many. */
const NEVER = /kill|control|audit|loss|lost|loses|job|journal/i;

/**
 * The failed tests to run again: none where one of them is never run again, or where they are more than `left`.
 * @param failed all failed tests and steps of a run
 */
export function toRetry(failed: readonly TestCase[], left: number): TestCase[] {
  const tests = wholeTests(failed);
  return tests.length > left || failed.some(({ file, name }) => NEVER.test(`${file} ${name}`)) ? [] : tests;
}

/** A `--filter` that takes the test of this name alone. */
export function filterOf(name: string): string {
  return `/^${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$/`;
}
