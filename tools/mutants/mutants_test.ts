import assert from "node:assert/strict";
import { describe, mutated, nameOf } from "./mutant.ts";
import { inSeededOrder } from "./sample.ts";
import { importsOf, lcovLines, selected } from "./select.ts";
import { randomOf, shuffled } from "../random.ts";
import { rustMutantsOf } from "./rust.ts";
import { functionAround, mutantsOf } from "./typescript.ts";

/** Each mutant of a text as `operator: text of the whole line with it in`. */
const typescript = (source: string) =>
  mutantsOf("a.ts", source).map((mutant) => `${mutant.operator}: ${mutated(source, mutant)}`);
const rust = (source: string) =>
  rustMutantsOf("a.rs", source).map((mutant) => `${mutant.operator}: ${mutated(source, mutant).trim()}`);

const TYPESCRIPT: [name: string, source: string, wanted: string[]][] = [
  ["a bound is turned round and moved by one", "if (a < b) f();", [
    "comparison: if (a >= b) f();",
    "boundary: if (a <= b) f();",
    "deleted statement: if (a < b) ;",
  ]],
  ["and, or, not, true", "x = a && !b || true;", [
    "deleted statement: ;",
    "boolean: x = a && !b && true;",
    "boolean: x = a || !b || true;",
    "boolean: x = a && b || true;",
    "boolean: x = a && !b || false;",
  ]],
  ["a value that is given back", "const f = (): boolean => true;", [
    "return value: const f = (): boolean => false;",
    "boolean: const f = (): boolean => false;",
  ]],
  ["an await, and arguments", "const x = await f(a, b, c);", [
    "removed await: const x = f(a, b, c);",
    "swapped arguments: const x = await f(b, a, c);",
  ]],
  ["numbers small and large", "const x = [2, 1_000];", [
    "constant: const x = [3, 1_000];",
    "constant: const x = [2, 2000];",
  ]],
  [
    "types, imports and what is only said stay",
    'import a from "b";\ntype X = 1 | true;\nthis.#say(1, 2);',
    [],
  ],
];

for (const [name, source, expected] of TYPESCRIPT) {
  Deno.test(`mutants of TypeScript: ${name}`, () => assert.deepEqual(typescript(source), expected));
}

for (
  const call of [
    "timingSafeEqual(a, b)",
    "Math.min(a, b)",
    "Buffer.compare(a, b) === 0",
    "f(a, a)",
  ]
) {
  Deno.test(`mutants of TypeScript: the order in ${call} makes no difference`, () =>
    assert.deepEqual(typescript(`x = ${call};`).filter((line) => line.startsWith("swapped")), []));
}

Deno.test("functionAround() is the innermost function of several lines, or the file", () => {
  const source = "const a = 1;\nfunction f() {\n  return [1].map((x) => x + 2);\n}\n";
  const around = (piece: string) => {
    const start = source.indexOf(piece);
    const { start: from, end } = functionAround(source, start, start + piece.length);
    return source.slice(from, end);
  };
  assert.equal(around("x + 2"), source.slice(13, -1));
  assert.equal(around("a = 1"), source);
});

const RUST: [name: string, source: string, wanted: string[]][] = [
  ["a bound, not a generic type", "let x: Vec<u8> = if a < b { c } else { d };", [
    "comparison: let x: Vec<u8> = if a >= b { c } else { d };",
    "boundary: let x: Vec<u8> = if a <= b { c } else { d };",
  ]],
  ["not, and a macro", "assert!(a);\nif !a {}", ["boolean: assert!(a);\nif a {}"]],
  [
    "comments, texts, attributes and tests stay",
    '// a == b\n#[a(1)]\nlet x = "1 == 2";\n#[cfg(test)]\nlet y = 3;',
    [],
  ],
  ["a statement", "fn f() {\n    g(a, b);\n}", [
    "deleted statement: fn f() {\n    ;\n}",
    "swapped arguments: fn f() {\n    g(b, a);\n}",
  ]],
  ["a return", "    return a;", ["return value: return Default::default();"]],
];

for (const [name, source, expected] of RUST) {
  Deno.test(`mutants of Rust: ${name}`, () => assert.deepEqual(rust(source), expected));
}

Deno.test("a seed repeats the order, and nothing is lost in it", () => {
  const list = Array.from({ length: 100 }, (_, at) => at);
  const one = shuffled(list, randomOf(7));
  assert.deepEqual(one, shuffled(list, randomOf(7)));
  assert.notDeepEqual(one, shuffled(list, randomOf(8)));
  assert.deepEqual(one.toSorted((a, b) => a - b), list);
});

Deno.test("a mutant is described by its line", () => {
  const source = "a;\nif (b < c) d;\n";
  const [mutant] = mutantsOf("core/x.ts", source).filter(({ operator }) => operator === "comparison");
  assert.equal(describe(source, mutant!), "core/x.ts:2 comparison: < -> >=");
});

Deno.test("a sample keeps its order when other lines of the sources change", () => {
  const names = (source: string, seed: number) => {
    const candidates = mutantsOf("core/x.ts", source).map((mutant) => ({ mutant, source }));
    return inSeededOrder(candidates, seed).map(({ mutant }) => nameOf(source, mutant));
  };
  const source = "if (a < b) f();\nif (c === d) g(1, 2);\n";
  const before = names(source, 7);
  assert.notDeepEqual(names(source, 8), before);
  const after = names(`h(3);\n${source}`, 7);
  assert.ok(after.length > before.length);
  assert.deepEqual(after.filter((name) => before.includes(name)), before);
});

Deno.test("a sample keeps its order when a file moves to another folder", () => {
  const source = "if (a < b) f();\nif (c === d) g(1, 2);\n";
  const lines = (file: string, fileAs?: (file: string) => string) => {
    const candidates = mutantsOf(file, source).map((mutant) => ({ mutant, source }));
    return inSeededOrder(candidates, 7, fileAs).map(({ mutant }) => [mutant.operator, mutant.start]);
  };
  assert.notDeepEqual(lines("old/x.ts"), lines("new/x.ts"), "by its whole path it is another file");
  const nameAlone = (file: string) => file.slice(file.lastIndexOf("/") + 1);
  assert.deepEqual(lines("old/x.ts", nameAlone), lines("new/x.ts", nameAlone));
});

Deno.test("importsOf() follows what a file imports, at load, later, as a type and as a thread", () => {
  const files: Record<string, string> = {
    "core/a_test.ts": 'import { a } from "./a.ts";\nimport type { T } from "../proto/t.ts";',
    "core/a.ts": 'const b = await import("./b.ts");\nnew Worker(new URL("./c.ts", import.meta.url));',
    "core/b.ts": 'export * from "./a.ts";\nimport assert from "node:assert/strict";',
    "core/c.ts": "",
    "proto/t.ts": "",
  };
  assert.deepEqual(
    [...importsOf("core/a_test.ts", (path) => files[path]!)].sort(),
    Object.keys(files).sort(),
  );
});

const REPORT = `SF:/tree/core/x.ts
DA:1,1
DA:2,0
DA:3,4
end_of_record
SF:/other/core/x.ts
DA:2,1
end_of_record
`;

Deno.test("lcovLines() has the files of its folder, and which of their lines ran", () =>
  assert.deepEqual(lcovLines(REPORT, "/tree"), { "core/x.ts": { 1: true, 2: false, 3: true } }));

Deno.test("selected() names the test files that run a line, the quickest first", () => {
  const coverage = (ms: number, lines: Record<number, boolean>) => ({ ms, lines: { "core/x.ts": lines } });
  const coverages = new Map<string, { ms: number; lines: Record<string, Record<number, boolean>> }>([
    ["slow_test.ts", coverage(900, { 1: true, 2: true })],
    ["quick_test.ts", coverage(5, { 1: true, 2: false })],
    ["other_test.ts", { ms: 1, lines: { "core/y.ts": { 1: true } } }],
  ]);
  const paths = (line: number, [first, last]: [number, number]) =>
    selected(coverages, "core/x.ts", { first: line, last: line }, { first, last }).map(({ path }) => path);
  assert.deepEqual(paths(1, [1, 1]), ["quick_test.ts", "slow_test.ts"]);
  assert.deepEqual(paths(2, [2, 2]), ["slow_test.ts"]);
  assert.deepEqual(paths(2, [1, 2]), ["slow_test.ts", "quick_test.ts"], "who surely runs it first");
  assert.deepEqual(paths(3, [3, 4]), []);
});
