import assert from "node:assert/strict";
import { describe, mutated } from "./mutant.ts";
import { randomOf, shuffled } from "../random.ts";
import { rustMutantsOf } from "./rust.ts";
import { mutantsOf } from "./typescript.ts";

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

for (const [name, source, wanted] of TYPESCRIPT) {
  Deno.test(`mutants of TypeScript: ${name}`, () => assert.deepEqual(typescript(source), wanted));
}

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

for (const [name, source, wanted] of RUST) {
  Deno.test(`mutants of Rust: ${name}`, () => assert.deepEqual(rust(source), wanted));
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
