/** Fails when modules depend on each other in a circle, among TypeScript files or in a Rust crate. */
import { existsSync } from "node:fs";
import { circles, type Graph, usesOf } from "./circles.ts";
import { say, task } from "./command.ts";
import { filesBelow, importsOf } from "./imports.ts";
import { ROOT } from "./paths.ts";

const FOLDERS = [
  "bench",
  "app",
  "cli",
  "core",
  "ffi",
  "islands",
  "proto",
  "routes",
  "services",
  "tests",
  "tools",
  "workers",
];

function* rustBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${folder}`)) {
    if (isDirectory && name !== "gen") yield* rustBelow(`${folder}/${name}`);
    else if (name.endsWith(".rs")) yield `${folder}/${name}`;
  }
}

async function typescript(): Promise<Graph> {
  const imports = await importsOf(ROOT, FOLDERS.flatMap((folder) => filesBelow(ROOT, folder)));
  return new Map([...imports].map(([file, all]) => [file, new Set(all.map(({ target }) => target))]));
}

function rust(crate: string): Graph {
  const folder = `ffi/${crate}/src`;
  const files = [...rustBelow(folder)].filter((file) => !/tests?\.rs$/.test(file));
  const moduleOf = (file: string) =>
    file.slice(folder.length + 1, -3).replace(/(^|\/)(lib|main|mod)$/, "").replaceAll("/", "::");
  const modules = new Map(files.map((file) => [moduleOf(file), file]));
  const names = new Set(modules.keys());
  return new Map([...modules].map(([module, file]) => [
    module,
    usesOf(module, Deno.readTextFileSync(`${ROOT}/${file}`), names),
  ]));
}

/** The crates of the workspace; other folders beside them have no manifest. */
function crates(): string[] {
  const isCrate = ({ name }: Deno.DirEntry) => existsSync(`${ROOT}/ffi/${name}/Cargo.toml`);
  return [...Deno.readDirSync(`${ROOT}/ffi`)].filter(isCrate).map(({ name }) => name).sort();
}

if (import.meta.main) {
  await task(async () => {
    const graph = await typescript();
    const problems = circles(graph).map((group) => `A circle of TypeScript: ${group.join(", ")}`);
    let modules = 0;
    for (const crate of crates()) {
      const graph = rust(crate);
      modules += graph.size;
      // A crate's root has no name of its own.
      const named = (group: string[]) => group.map((module) => [crate, module].filter(Boolean).join("::"));
      problems.push(...circles(graph).map((group) => `A circle of Rust: ${named(group).join(", ")}`));
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    say(`${graph.size} TypeScript files and ${modules} Rust modules without a circle`);
  });
}
