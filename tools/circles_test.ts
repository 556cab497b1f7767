import assert from "node:assert/strict";
import { circles, type Graph, usesOf } from "./circles.ts";

const graph = (text: string): Graph =>
  new Map(
    text.split(" ").map((row) => {
      const [module, used] = row.split(">") as [string, string];
      return [module, new Set(used.split(",").filter(Boolean))];
    }),
  );

const GRAPHS: readonly (readonly [string, string, string[][]])[] = [
  ["a line", "a>b b>c c>", []],
  ["a diamond", "a>b,c b>d c>d d>", []],
  ["itself", "a>a", []],
  ["two", "a>b b>a", [["a", "b"]]],
  ["a ring with a tail", "a>b b>c c>a d>a e>d", [["a", "b", "c"]]],
  ["two rings that touch one way", "a>b b>a,c c>d d>c", [["c", "d"], ["a", "b"]]],
  ["what is outside", "a>x,b b>y", []],
];

Deno.test("circles finds each group that reaches itself, and nothing else", () => {
  for (const [what, text, expected] of GRAPHS) assert.deepEqual(circles(graph(text)), expected, what);
});

const MODULES = new Set(["", "log", "log::topic", "log::format", "agent", "agent::hot"]);
const USES: readonly (readonly [string, string, string, string[]])[] = [
  ["a crate path", "agent", "use crate::log::Topic;", ["log"]],
  ["a tree", "agent", "use crate::log::{self, format::{A, B}, topic};", ["log", "log::format", "log::topic"]],
  ["the parent", "log::topic", "use super::format;\nuse super::Gap;", ["log::format", "log"]],
  ["the grandparent", "agent::hot", "use super::super::log::topic::T as U;", ["log::topic"]],
  ["a child", "log", "mod topic;\npub use topic::Topic;", ["log::topic"]],
  ["a path in the code", "agent", "fn f() { crate::log::format::u32_at(); topic::x() }", ["log::format"]],
  ["other crates", "agent", "use std::log::x;\nuse engine::log;", []],
  ["a crate with a module's name", "", "use ::agent::A;\nfn f() { ::agent::g(); log::h() }", ["log"]],
  ["itself", "log", "use self::Gap; fn f() { crate::log::g() }", []],
  [
    "comments, texts and tests",
    "log",
    '// crate::agent::x\nconst A: &str = "crate::agent::x";\n' +
    "#[cfg(test)]\nmod tests {\n use crate::agent;\n}",
    [],
  ],
];

Deno.test("usesOf reads which modules of its crate a Rust file uses", () => {
  for (const [what, module, source, expected] of USES) {
    assert.deepEqual([...usesOf(module, source, MODULES)].sort(), [...expected].sort(), what);
  }
});
