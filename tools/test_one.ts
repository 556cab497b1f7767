/**
 * `deno task test:one NAME`: the tests whose name contains NAME, in both languages, each file alone. For tests of the
 * executable a new one is built first. `deno task test:page NAME` (the argument `--page` before it) runs only browser
 * tests.
 */
import { testFiles } from "./check_tests.ts";
import { exec, must, say, task, timed } from "./command.ts";
import { EXECUTABLE_TESTS, ROOT } from "./paths.ts";

/** Tests that open a browser import one of these. */
const BROWSER = /from ".*\/(?:browser|site)\.ts"/;

/** Test files with a line of a test definition that contains `name`; for `page` only those with a browser. */
async function filesWith(name: string, page: boolean): Promise<string[]> {
  const found: string[] = [];
  for await (const file of testFiles()) {
    const text = await Deno.readTextFile(`${ROOT}/${file}`);
    if (text.includes(name) && (!page || BROWSER.test(text))) found.push(file);
  }
  return found.sort();
}

/** Crates with a test function of this name, by their folder below ffi/. */
async function cratesWith(name: string): Promise<string[]> {
  const { stdout } = await exec(
    "grep",
    ["-rlE", "--include=*.rs", `fn [a-z0-9_]*${name}[a-z0-9_]*\\(`, "ffi", "--exclude-dir=target"],
    { capture: true },
  );
  return [...new Set(stdout.split("\n").filter(Boolean).map((path) => path.split("/")[1]!))].sort();
}

await task(async () => {
  const page = Deno.args[0] === "--page";
  const name = Deno.args[page ? 1 : 0];
  if (!name) throw new Error("Cannot choose a test: need a part of its name");
  const files = await filesWith(name, page);
  const isWord = /^[a-z0-9_]+$/.test(name);
  const crates = page || !isWord ? [] : await cratesWith(name);
  if (files.length === 0 && crates.length === 0) {
    throw new Error(`Cannot find a test whose name contains ${name}`);
  }
  if (files.some((file) => EXECUTABLE_TESTS.some((folder) => file.startsWith(`${folder}/`)))) {
    await timed("dist/legend (slim, fast)", () => must(`${ROOT}/compile.sh`, ["--slim", "--fast"]));
  }
  let failed = 0;
  for (const file of files) {
    say(file);
    const { code } = await exec(Deno.execPath(), [
      "test",
      "-A",
      "-q",
      `--filter=${name}`,
      "--permit-no-files",
      file,
    ]);
    failed += Number(code !== 0);
  }
  for (const crate of crates) {
    const { code } = await exec("cargo", ["test", "-q", "--locked", "-p", crate, name], {
      cwd: `${ROOT}/ffi`,
    });
    failed += Number(code !== 0);
  }
  if (failed > 0) throw new Error(`${failed} of ${files.length + crates.length} files and crates failed`);
});
