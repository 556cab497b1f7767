/** Fails when a folder imports one it must not know. This table is the architecture (docs/ARCHITECTURE.md). */
import { say, task } from "./command.ts";
import { ROOT } from "./paths.ts";

/** Folder to the folders it may import; `type:x` only as types. `main.ts`, tests and tools may import all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  core: ["proto"],
  ffi: ["proto", "core"],
  workers: ["proto", "core", "ffi"],
  agents: ["proto", "core", "ffi"],
  routes: ["proto", "core", "islands"],
  islands: ["proto", "type:core", "type:routes"],
  cli: ["proto", "core", "ffi", "workers", "agents", "routes"],
};

const IMPORT =
  /(?:^|\n)\s*(import|export)\s+(type\s)?[^'"`;]*?from\s+["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/g;

/** The broken rules of one file, by its path from the root. */
export function violations(path: string, source: string): string[] {
  const [folder] = path.split("/") as [string];
  const allowed = MAY_IMPORT[folder];
  const isTest = /_test\.tsx?$/.test(path);
  if (!allowed || !path.includes("/") || isTest) return [];
  const found: string[] = [];
  for (const [, , typeOnly, from, dynamic] of source.matchAll(IMPORT)) {
    const target = new URL(from ?? dynamic!, `file:///${path}`).pathname.slice(1);
    const [other] = target.split("/") as [string];
    const known = other === folder || allowed.includes(other) ||
      (typeOnly !== undefined && allowed.includes(`type:${other}`));
    if (!known) found.push(`${path} must not import ${target}`);
  }
  if (/\bDeno\.dlopen\b/.test(source) && folder !== "ffi") {
    found.push(`${path} must not call Deno.dlopen, only ffi/ may`);
  }
  return found;
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory && entry.name !== "gen" && entry.name !== "target") yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

if (import.meta.main) {
  await task(async () => {
    let files = 0;
    const found: string[] = [];
    for (const folder of Object.keys(MAY_IMPORT)) {
      for await (const path of sources(folder)) {
        files += 1;
        found.push(...violations(path, await Deno.readTextFile(`${ROOT}/${path}`)));
      }
    }
    if (files === 0) throw new Error("Cannot check imports: no source file found");
    if (found.length > 0) throw new Error(found.join("\n"));
    say(`imports of ${files} files follow the table`);
  });
}
