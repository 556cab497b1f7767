/** Fails where modules reach each other in a circle: none among TypeScript files, and in Rust no more than are known. */
import { circles, type Graph, importsOf, usesOf } from "./circles.ts";
import { say, task } from "./command.ts";
import { ROOT } from "./paths.ts";

const FOLDERS = [
  "agents",
  "bench",
  "cli",
  "core",
  "ffi",
  "islands",
  "proto",
  "routes",
  "tests",
  "tools",
  "workers",
];
const LEFT_OUT = new Set(["gen", "target", "node_modules"]);
/** Modules of each crate that are in circles today. These numbers only ever fall. */
const RUST: Readonly<Record<string, number>> = { abi: 0, engine: 0, io: 23, launcher: 0, model: 0, wire: 0 };

function* filesBelow(folder: string, ending: RegExp): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${folder}`)) {
    if (isDirectory && !LEFT_OUT.has(name)) yield* filesBelow(`${folder}/${name}`, ending);
    else if (ending.test(name)) yield `${folder}/${name}`;
  }
}

function typescript(): Graph {
  const files = FOLDERS.flatMap((folder) => [...filesBelow(folder, /\.tsx?$/)]);
  return new Map(files.map((file) => [file, importsOf(file, Deno.readTextFileSync(`${ROOT}/${file}`))]));
}

function rust(crate: string): Graph {
  const folder = `ffi/${crate}/src`;
  const files = [...filesBelow(folder, /\.rs$/)].filter((file) => !/tests?\.rs$/.test(file));
  const moduleOf = (file: string) =>
    file.slice(folder.length + 1, -3).replace(/(^|\/)(lib|main|mod)$/, "").replaceAll("/", "::");
  const modules = new Map(files.map((file) => [moduleOf(file), file]));
  const names = new Set(modules.keys());
  return new Map([...modules].map(([module, file]) => [
    module,
    usesOf(module, Deno.readTextFileSync(`${ROOT}/${file}`), names),
  ]));
}

if (import.meta.main) {
  await task(() => {
    const problems: string[] = [];
    const graph = typescript();
    for (const group of circles(graph)) problems.push(`A circle of TypeScript: ${group.join(", ")}`);
    for (const [crate, known] of Object.entries(RUST)) {
      const groups = circles(rust(crate));
      const count = groups.flat().length;
      if (Deno.args.includes("--show")) { for (const group of groups) say(`${crate}: ${group.join(", ")}`); }
      if (count > known) {
        problems.push(`${count} modules of crate ${crate} are in circles, ${known} are known (--show)`);
      }
      if (count < known) {
        problems.push(`${count} modules of crate ${crate} are in circles: lower ${known} to it`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    say(
      `${graph.size} TypeScript files without a circle, ${
        Object.values(RUST).reduce((a, b) => a + b)
      } Rust modules in circles`,
    );
    return Promise.resolve();
  });
}
