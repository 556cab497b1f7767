/** The checks that need no test: format, lint, types, clippy, import rules, generated files. */
import { must, timed } from "./command.ts";
import { ROOT } from "./paths.ts";

const DENO = Deno.execPath();
const FFI = { cwd: `${ROOT}/ffi` };

const CHECKS: readonly [string, () => Promise<unknown>][] = [
  ["deno fmt", () => must(DENO, ["fmt", "--check", "-q"])],
  ["deno lint", () => must(DENO, ["lint", "-q"])],
  ["deno check", () => must(DENO, ["check", "-q", "."])],
  ["cargo fmt", () => must("cargo", ["fmt", "--check"], FFI)],
  [
    "clippy",
    () =>
      must(
        "cargo",
        ["clippy", "-q", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
        FFI,
      ),
  ],
  [
    "library without Kafka",
    () => must("cargo", ["check", "-q", "--locked", "-p", "abi", "--no-default-features"], FFI),
  ],
  ["import rules", () => must(DENO, ["run", "-A", "-q", "tools/check_imports.ts"])],
  ["circles", () => must(DENO, ["run", "-A", "-q", "tools/check_circles.ts"])],
  ["test files", () => must(DENO, ["run", "-A", "-q", "tools/check_tests.ts"])],
  ["findings", () => must(DENO, ["run", "-A", "-q", "tools/check_findings.ts"])],
  ["notices", () => must(DENO, ["run", "-A", "-q", "tools/notice.ts", "--check"])],
  ["generated files", () => must(DENO, ["run", "-A", "-q", "tools/gen.ts", "--check"])],
];

/** Runs all; throws at the first that fails. */
export async function runChecks(): Promise<void> {
  for (const [name, check] of CHECKS) await timed(name, check);
}
