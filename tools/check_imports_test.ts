import assert from "node:assert/strict";
import { violations } from "./check_imports.ts";
import { filesBelow, importsOf } from "./imports.ts";

/** A file, what stands in it, and the rules that it breaks. */
const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
  ["core/log/log.ts", 'import { TOPICS } from "../../proto/topics.ts";', []],
  ["core/log/up.ts", 'import { Library } from "../../ffi/library.ts";', [
    "core/log/up.ts must not import ffi/library.ts",
  ]],
  ["proto/mirror.ts", 'export { AppError } from "../core/platform/errors.ts";', [
    "proto/mirror.ts must not import core/platform/errors.ts",
  ]],
  ["islands/Types.tsx", 'import type { Routes } from "../routes/mod.ts";', []],
  ["islands/Inline.tsx", 'import { type Routes } from "../routes/mod.ts";', [
    "islands/Inline.tsx must not import routes/mod.ts",
  ]],
  ["islands/Table.tsx", 'import { routes } from "../routes/mod.ts";', [
    "islands/Table.tsx must not import routes/mod.ts",
  ]],
  ["islands/bare.ts", 'import "../routes/mod.ts";', ["islands/bare.ts must not import routes/mod.ts"]],
  ["routes/control.ts", 'const x = await import("../ffi/library.ts");', [
    "routes/control.ts must not import ffi/library.ts",
  ]],
  ["routes/text.ts", "const x = 'import y from \"../ffi/library.ts\"'; // import '../ffi/library.ts'", []],
  ["core/x.ts", 'Deno.dlopen("x", {});', ["core/x.ts must not call Deno.dlopen, only ffi/ may"]],
  ["core/x_test.ts", 'import { Library } from "../ffi/library.ts";', []],
  ["cli/run.ts", 'import Table from "../islands/Table.tsx";', [
    "cli/run.ts must not import islands/Table.tsx",
  ]],
  ["proto/topics.ts", "", []],
  ["ffi/library.ts", "", []],
  ["core/platform/errors.ts", "", []],
  ["routes/mod.ts", "", []],
];

async function tree(rows: readonly (readonly [string, string, ...unknown[]])[]): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "legend-tree-" });
  for (const [path, source] of rows) {
    await Deno.mkdir(`${root}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, source);
  }
  return root;
}

Deno.test("check_imports finds each import that the table forbids, and no other", async () => {
  const root = await tree(ROWS);
  try {
    const folders = [...new Set(ROWS.map(([path]) => path.split("/")[0]!))];
    const files = folders.flatMap((folder) => filesBelow(root, folder));
    assert.deepEqual(files.toSorted(), ROWS.map(([path]) => path).toSorted());
    const imports = await importsOf(root, files);
    for (const [path, source, expected] of ROWS) {
      assert.deepEqual(violations(path, imports.get(path)!, source), expected, path);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("importsOf() fails for an import of a file that is not there, and for a file that cannot be read", async () => {
  for (const source of ['import "./away.ts";', "import {"]) {
    const root = await tree([["core/a.ts", source]]);
    try {
      await assert.rejects(importsOf(root, ["core/a.ts"]), /^Error: Cannot read the imports of core\/a/);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }
});
