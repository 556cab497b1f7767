/**
 * Fails when no task runs a test file of the tree, or when a new test waits a fixed time or searches for a free port.
 */
import { waitsOf } from "./check_waits.ts";
import { say, task } from "./command.ts";
import { ROOT, TESTS } from "./paths.ts";

/** Folders without sources of ours. */
const LEFT_OUT = new Set(["node_modules", "target", "dist", "shared", ".git", ".cache"]);

/** Test files below a folder, by their path from the root. */
export async function* testFiles(folder = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${folder}`)) {
    if (isDirectory && !LEFT_OUT.has(name)) yield* testFiles(`${folder}${name}/`);
    else if (/[._]test\.[jt]sx?$/.test(name)) yield folder + name;
  }
}

/** Tests about waiting, and the check that finds waits. */
const ABOUT_WAITS = new Set(["core/platform/delay_test.ts", "tools/check_waits_test.ts", "tests/dom.ts"]);

/** Sources of tests: test files, what they use in tests/, and tests of crates. */
async function* testSources(folder = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${folder}`)) {
    if (isDirectory && !LEFT_OUT.has(name)) yield* testSources(`${folder}${name}/`);
    else if (/[._]test\.[jt]sx?$/.test(name) || /^tests\/.*\.ts$|\/tests\/.*\.rs$/.test(folder + name)) {
      yield folder + name;
    }
  }
}

/** Those of `files` that are in none of the folders that `deno task test` passes to its runners. */
export function unlisted(files: readonly string[], folders: readonly string[]): string[] {
  return files.filter((file) => !folders.some((folder) => file.startsWith(`${folder}/`)));
}

if (import.meta.main) {
  await task(async () => {
    const files = await Array.fromAsync(testFiles());
    const missing = unlisted(files, TESTS);
    for (const file of missing) say(`${file} is run by no task: name its folder in tools/paths.ts`);
    if (missing.length > 0) throw new Error(`${missing.length} test files are run by no task`);
    const waits: string[] = [];
    for await (const file of testSources()) {
      if (ABOUT_WAITS.has(file)) continue;
      waits.push(...waitsOf(file, await Deno.readTextFile(`${ROOT}/${file}`)));
    }
    for (const line of waits) say(line);
    if (waits.length > 0) {
      throw new Error(`${waits.length} waits and ports of tests are not as tools/check_waits.ts has them`);
    }
    say(`${files.length} test files are run, and wait for conditions`);
  });
}
