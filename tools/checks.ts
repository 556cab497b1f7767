/** The checks that need no test: format, lint, types, clippy, import rules, generated files. */
import { must, timed } from "./command.ts";
import { ROOT } from "./paths.ts";

const DENO = Deno.execPath();
const FFI = { cwd: `${ROOT}/ffi` };

type Check = readonly [name: string, run: () => Promise<unknown>, kind?: "slow"];

/** Ordered by cost. The slow ones need a build, or most of a minute. */
const CHECKS: readonly Check[] = [
  ["deno fmt", () => must(DENO, ["fmt", "--check", "-q"])],
  ["deno lint", () => must(DENO, ["lint", "-q"])],
  ["deno check", () => must(DENO, ["check", "-q", "."])],
  ["import rules", () => must(DENO, ["run", "-A", "-q", "tools/check_imports.ts"])],
  ["circles", () => must(DENO, ["run", "-A", "-q", "tools/check_circles.ts"])],
  ["lengths of files and functions", () => must(DENO, ["run", "-A", "-q", "tools/check_limits.ts"])],
  ["errors of crates", () => must(DENO, ["run", "-A", "-q", "tools/check_errors.ts"])],
  ["words", () => must(DENO, ["run", "-A", "-q", "tools/check_words.ts"])],
  ["test files", () => must(DENO, ["run", "-A", "-q", "tools/check_tests.ts"])],
  ["versions", () => must(DENO, ["run", "-A", "-q", "tools/check_versions.ts"])],
  ["findings", () => must(DENO, ["run", "-A", "-q", "tools/check_findings.ts"])],
  ["generated files", () => must(DENO, ["run", "-A", "-q", "tools/gen.ts", "--check"])],
  ["cargo fmt", () => must("cargo", ["fmt", "--check"], FFI), "slow"],
  [
    "clippy",
    () =>
      must(
        "cargo",
        ["clippy", "-q", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
        FFI,
      ),
    "slow",
  ],
  [
    "library without Kafka",
    () => must("cargo", ["check", "-q", "--locked", "-p", "abi", "--no-default-features"], FFI),
    "slow",
  ],
  ["notices", () => must(DENO, ["run", "-A", "-q", "tools/notice.ts", "--check"]), "slow"],
];

/** Names of the checks that a fast run leaves out. */
export const left = (): string[] => CHECKS.filter(([, , kind]) => kind === "slow").map(([name]) => name);

/** Runs all checks, or only the quick ones; throws at the first that fails. */
export async function runChecks(which: "all" | "fast" = "all"): Promise<void> {
  for (const [name, run, kind] of CHECKS) if (which === "all" || kind !== "slow") await timed(name, run);
}
