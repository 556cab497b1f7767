/** Which test files run a line: the others cannot notice a change of it. */
import { createHash } from "node:crypto";
import { CACHE, ROOT } from "../paths.ts";
import { run } from "./run.ts";

/** Folders whose tests judge; tests that need dist/legend are too slow for it. */
const TEST_FOLDERS = ["core", "routes", "services", "workers", "tests/api"];
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|new URL\()\s*["'](\.[^"']+\.tsx?)["']/g;

/** What one test file runs of the unchanged code. */
interface Coverage {
  readonly ms: number;
  /** By source file: the lines that can run, and whether they did. */
  readonly lines: Readonly<Record<string, Readonly<Record<number, boolean>>>>;
}

export interface TestFile {
  readonly path: string;
  /** Without a mutant. */
  readonly ms: number;
}

/** Every file below `path` whose name has this ending, in a fixed order. */
export function* filesBelow(path: string, ending: string): Generator<string> {
  if (Deno.statSync(`${ROOT}/${path}`).isFile) return yield path;
  const entries = [...Deno.readDirSync(`${ROOT}/${path}`)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesBelow(`${path}/${name}`, ending);
    else if (name.endsWith(ending)) yield `${path}/${name}`;
  }
}

/** A file and everything that it imports, directly or indirectly. */
export function importsOf(path: string, read: (path: string) => string): Set<string> {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, specifier] of read(path).matchAll(IMPORT)) {
      visit(new URL(specifier!, `file:///${path}`).pathname.slice(1));
    }
  };
  visit(path);
  return found;
}

/** The lines of an lcov report, by file below `folder`. */
export function lcovLines(report: string, folder: string): Coverage["lines"] {
  const lines: Record<string, Record<number, boolean>> = {};
  let file: Record<number, boolean> = {};
  for (const line of report.split("\n")) {
    if (line.startsWith("SF:")) {
      file = {};
      if (line.startsWith(`SF:${folder}/`)) lines[line.slice(4 + folder.length)] = file;
    } else if (line.startsWith("DA:")) {
      const [at, count] = line.slice(3).split(",").map(Number);
      file[at!] = count! > 0;
    }
  }
  return lines;
}

/** Lines of a file, from 1. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/**
 * The test files that run a change of a file: the quickest first; first those that certainly run its lines, then those
 * that run its function. A line counts as not run as soon as a part of it was not run, which is why the function
 * decides.
 */
export function selected(
  coverages: ReadonlyMap<string, Coverage>,
  file: string,
  change: Span,
  inFunction: Span,
): TestFile[] {
  const runs = ({ lines }: Coverage, { first, last }: Span) => {
    const ours = Object.entries(lines[file] ?? {}).filter(([at]) =>
      Number(at) >= first && Number(at) <= last
    );
    return ours.some(([, hasRun]) => hasRun);
  };
  const found = [...coverages].filter(([, coverage]) => runs(coverage, inFunction));
  const rank = (coverage: Coverage) => (runs(coverage, change) ? 0 : 1e9) + coverage.ms;
  return found.sort(([, a], [, b]) => rank(a) - rank(b)).map(([path, { ms }]) => ({ path, ms }));
}

const reader = () => {
  const texts = new Map<string, string>();
  return (path: string): string => {
    let text = texts.get(path);
    if (text === undefined) {
      try {
        text = Deno.readTextFileSync(`${ROOT}/${path}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        text = "";
      }
      texts.set(path, text);
    }
    return text;
  };
};

/**
 * What each test file that imports one of `files` runs of them. Cached by the text of all its imports. Throws when a
 * test fails on the unchanged code: it would seem to notice everything.
 */
export async function coverageOf(
  files: ReadonlySet<string>,
  folder: string,
  onMade: (path: string) => void,
): Promise<Map<string, Coverage>> {
  const found = new Map<string, Coverage>();
  const read = reader();
  await Deno.mkdir(`${CACHE}/mutants-seen`, { recursive: true });
  for (const path of TEST_FOLDERS.flatMap((below) => [...filesBelow(below, "_test.ts")])) {
    const imports = importsOf(path, read);
    if (!files.values().some((file) => imports.has(file))) continue;
    const hash = createHash("sha256");
    for (const file of [...imports].sort()) hash.update(`${file}\n${read(file).length}\n${read(file)}`);
    const kept = `${CACHE}/mutants-seen/${hash.digest("hex")}.json`;
    let text = await Deno.readTextFile(kept).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    if (text === "") {
      onMade(path);
      text = JSON.stringify(await measure(path, folder));
      await Deno.writeTextFile(kept, text);
    }
    found.set(path, JSON.parse(text));
  }
  return found;
}

async function measure(path: string, folder: string): Promise<Coverage> {
  const into = await Deno.makeTempDir({ prefix: "legend-mutants-lines-" });
  try {
    const begin = performance.now();
    const test = await run(Deno.execPath(), [...TEST_ARGS, `--coverage=${into}`, path], folder);
    if (!test.success) {
      throw new Error(`Cannot judge mutants: ${path} fails without one:\n${test.output.slice(-2_000)}`);
    }
    const ms = performance.now() - begin;
    const lcov = await run(Deno.execPath(), ["coverage", "--lcov", into], folder);
    return { ms, lines: lcovLines(lcov.output, folder) };
  } finally {
    await Deno.remove(into, { recursive: true });
  }
}

/** How a test file is run. */
export const TEST_ARGS = ["test", "-A", "-q", "--no-check", "--fail-fast"];
