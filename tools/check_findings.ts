/**
 * Checks docs/FINDINGS.md against the tree: each id of the four reports is in exactly one row, and each row that claims
 * a repair names an existing test, by its file and its literal name.
 */
import { say, task } from "./command.ts";
import { ROOT } from "./paths.ts";

const numbers = (prefix: string, from: number, to: number, without: readonly number[] = []) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)
    .filter((number) => !without.includes(number)).map((number) => `${prefix}${number}`);

/** Every id of the reports, listed independently of the document. */
export const IDS: readonly string[] = [
  ...numbers("security C", 1, 2),
  ...numbers("security H", 1, 7),
  ...numbers("security M", 1, 10),
  ...numbers("security L", 1, 10, [3, 5]),
  ...numbers("security section ", 2, 4),
  ...numbers("operator ", 1, 22, [20]),
  ...numbers("operator section ", 4, 6),
  ...numbers("page F", 1, 26),
  "page table of other tools",
  "page five changes",
  ...numbers("engine ", 1, 18),
];

interface Row {
  readonly id: string;
  readonly state: string;
  /** Test files that the row cites, each with the names of its tests. */
  readonly tests: readonly { path: string; names: readonly string[] }[];
}

/** Rows of all tables whose first cell is an id: `| id | state | … |`. */
export function rows(markdown: string): Row[] {
  return markdown.split("\n").flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
    const [id, state] = cells;
    if (!id || !state || !/^(security|operator|page|engine) /.test(id)) return [];
    return [{ id, state, tests: namedTests(cells[4] ?? "") }];
  });
}

/** `` `path`: "name", "name"; `path.rs`: `name` `` as what it names. */
function namedTests(cell: string): Row["tests"] {
  const parts = cell.split(/(?=`[\w./-]+\.(?:ts|tsx|rs)`)/).filter((part) => part.startsWith("`"));
  return parts.map((part) => {
    const path = /^`([^`]+)`/.exec(part)![1]!;
    const rest = part.slice(path.length + 2);
    const names = [...rest.matchAll(/"((?:[^"\\]|\\.)+)"|`([^`]+)`/g)].map(([, quoted, code]) =>
      quoted ?? code!
    );
    return { path, names };
  });
}

/** What is wrong with the document; `read` returns a file's text, or undefined when there is none. */
export function faults(markdown: string, read: (path: string) => string | undefined): string[] {
  const found: string[] = [];
  const all = rows(markdown);
  for (const id of IDS) {
    const count = all.filter((row) => row.id === id).length;
    if (count !== 1) found.push(`docs/FINDINGS.md has ${count} rows for ${id}, need one`);
  }
  for (const { id, state, tests } of all) {
    if (!IDS.includes(id)) {
      found.push(`docs/FINDINGS.md has a row for ${id}, an id that the reports do not have`);
    }
    if (!/^(mended|partly, rest step \d+|partly, rest later|step \d+|later)$/.test(state)) {
      found.push(`${id}: its state is "${state}", need mended, partly, rest step N, step N, or later`);
    }
    const isMended = /^(mended|partly)/.test(state);
    if (isMended && tests.length === 0) found.push(`${id}: names no test`);
    for (const { path, names } of tests) {
      const text = read(path);
      if (text === undefined) found.push(`${id}: its test file ${path} does not exist`);
      else if (names.length === 0) found.push(`${id}: names no test of ${path}`);
      const missing = text === undefined ? [] : names.filter((name) => !text.includes(name));
      found.push(...missing.map((name) => `${id}: ${path} has no test "${name}"`));
    }
  }
  return found;
}

if (import.meta.main) {
  await task(() => {
    const read = (path: string) => {
      try {
        return Deno.readTextFileSync(`${ROOT}/${path}`);
      } catch {
        return undefined;
      }
    };
    const found = faults(read("docs/FINDINGS.md") ?? "", read);
    if (found.length > 0) throw new Error(found.join("\n"));
    say(`docs/FINDINGS.md: ${IDS.length} ids, each with its test or its step`);
    return Promise.resolve();
  });
}
