import assert from "node:assert/strict";
import { violations } from "./check_imports.ts";

const ROWS: [string, string, string[]][] = [
  ["core/log/log.ts", 'import { TOPICS } from "../../proto/topics.ts";', []],
  ["core/log/log.ts", 'import { Library } from "../../ffi/library.ts";', [
    "core/log/log.ts must not import ffi/library.ts",
  ]],
  ["proto/mirror.ts", 'import { AppError } from "../core/platform/errors.ts";', [
    "proto/mirror.ts must not import core/platform/errors.ts",
  ]],
  ["islands/Table.tsx", 'import type { Routes } from "../routes/mod.ts";', []],
  ["islands/Table.tsx", 'import { routes } from "../routes/mod.ts";', [
    "islands/Table.tsx must not import routes/mod.ts",
  ]],
  ["routes/control.ts", 'const x = await import("../ffi/engine.ts");', [
    "routes/control.ts must not import ffi/engine.ts",
  ]],
  ["core/x.ts", 'Deno.dlopen("x", {});', ["core/x.ts must not call Deno.dlopen, only ffi/ may"]],
  ["core/x_test.ts", 'import { Library } from "../ffi/library.ts";', []],
  ["main.ts", 'import { Library } from "./ffi/library.ts";', []],
  ["cli/run.ts", 'import Table from "../islands/Table.tsx";', [
    "cli/run.ts must not import islands/Table.tsx",
  ]],
];
for (const [path, source, expected] of ROWS) {
  Deno.test(`violations() of ${path} with ${source.slice(0, 40)}`, () =>
    assert.deepEqual(violations(path, source), expected));
}
