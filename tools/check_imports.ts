/**
 * Fails when a folder imports another that it must not depend on. This table is the architecture
 * (docs/ARCHITECTURE.md).
 */
import { say, task } from "./command.ts";
import { filesBelow, type Import, importsOf } from "./imports.ts";
import { ROOT } from "./paths.ts";

/**
 * Each folder with the folders that it may import; `type:x` only for types. `main.ts`, tests and tools may import all.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  core: ["proto"],
  ffi: ["proto", "core"],
  workers: ["proto", "core", "ffi"],
  services: ["proto", "core", "ffi"],
  routes: ["proto", "core", "islands"],
  islands: ["proto", "type:core", "type:routes"],
  app: ["proto", "core", "ffi", "workers", "services", "routes", "deno.json"],
  cli: ["proto", "core", "ffi", "workers", "services", "app"],
};

/** The rules that one file breaks; `path` starts at the root. */
export function violations(path: string, imports: readonly Import[], source: string): string[] {
  const [folder] = path.split("/") as [string];
  const allowed = MAY_IMPORT[folder];
  const isTest = /_test\.tsx?$/.test(path);
  if (!allowed || !path.includes("/") || isTest) return [];
  const found: string[] = [];
  for (const { target, isType } of imports) {
    const [other] = target.split("/") as [string];
    const known = other === folder || allowed.includes(other) ||
      (isType && allowed.includes(`type:${other}`));
    if (!known) found.push(`${path} must not import ${target}`);
  }
  if (/\bDeno\.dlopen\b/.test(source) && folder !== "ffi") {
    found.push(`${path} must not call Deno.dlopen, only ffi/ may`);
  }
  return found;
}

if (import.meta.main) {
  await task(async () => {
    const files = Object.keys(MAY_IMPORT).flatMap((folder) => filesBelow(ROOT, folder));
    if (files.length === 0) throw new Error("Cannot check imports: no source file found");
    const imports = await importsOf(ROOT, files);
    const found = files.flatMap((path) =>
      violations(path, imports.get(path)!, Deno.readTextFileSync(`${ROOT}/${path}`))
    );
    if (found.length > 0) throw new Error(found.join("\n"));
    say(`imports of ${files.length} files follow the table`);
  });
}
