/** Reads the report that `deno test --junit-path` writes. */

export interface TestCase {
  /** The file that defined the test, from the checkout's root: the test file, or a helper of it. */
  readonly file: string;
  /** A step's name begins with its test's name and " > ". */
  readonly name: string;
  readonly seconds: number;
  readonly outcome: "passed" | "failed" | "skipped";
  /** For a failed one: the error in one line. */
  readonly why?: string;
}

/** Characters kept of a test's error. */
const WHY_LENGTH = 600;

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** Every test and step, in the order of the report. */
export function junitCases(xml: string): TestCase[] {
  const text = (escaped: string) =>
    escaped.replaceAll(
      /&#(\d+);|&\w+;/g,
      (entity, code) => code ? String.fromCodePoint(Number(code)) : ENTITIES[entity] ?? entity,
    );
  const suites = xml.matchAll(/<testsuite name="([^"]*)"[^>]*>([^]*?)<\/testsuite>/g);
  return [...suites].flatMap(([, file, suite]) =>
    [...suite!.matchAll(/<testcase name="([^"]*)"[^>]* time="([^"]*)"[^>]*>([^]*?)<\/testcase>/g)]
      .map(([, name, time, body]) => ({
        file: text(file!).replace(/^\.\//, ""),
        name: text(name!),
        seconds: Number(time),
        outcome: /<(?:failure|error)\b/.test(body!)
          ? "failed" as const
          : body!.includes("<skipped")
          ? "skipped" as const
          : "passed" as const,
        ...whyOf(text(/<(?:failure|error) message="([^"]*)"/.exec(body!)?.[1] ?? "")),
      }))
  );
}

function whyOf(message: string): { why?: string } {
  const why = message.replaceAll(/\s*\n\s*/g, " | ").trim().slice(0, WHY_LENGTH);
  return why === "" ? {} : { why };
}

/** Whether `step` is a step of `test`, or of a step of it. */
export function isStepOf(step: TestCase, test: TestCase): boolean {
  return step.file === test.file && step.name.startsWith(`${test.name} > `);
}

/** The tests among these that are not steps of another test. */
export function wholeTests(cases: readonly TestCase[]): TestCase[] {
  return cases.filter((one) => !cases.some((other) => isStepOf(one, other)));
}
