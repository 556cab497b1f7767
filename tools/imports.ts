/** The imports of each TypeScript file in the tree, as Deno itself resolves them. */
import { must } from "./command.ts";
import { ROOT } from "./paths.ts";

/** One import: the file's path from the root, and whether it imports only types. */
export interface Import {
  readonly target: string;
  readonly isType: boolean;
}

interface Resolved {
  readonly specifier?: string;
  readonly error?: string;
}

/** The output of `deno info --json`. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: Resolved;
      readonly type?: Resolved;
    }[];
  }[];
}

/** Folders whose files are not written by hand. */
const LEFT_OUT = new Set(["gen", "target", "node_modules", "dist"]);

/** TypeScript files below a folder, as paths from `root`, sorted. */
export function filesBelow(root: string, folder: string): string[] {
  return [...Deno.readDirSync(`${root}/${folder}`)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return LEFT_OUT.has(name) ? [] : filesBelow(root, `${folder}/${name}`);
    return /\.tsx?$/.test(name) ? [`${folder}/${name}`] : [];
  }).sort();
}

/** The imports among the files of a tree; those outside are omitted. Throws when a file cannot be read. */
export async function importsOf(root: string, files: readonly string[]): Promise<Map<string, Import[]>> {
  const folder = await Deno.makeTempDir({ prefix: "legend-imports-" });
  try {
    const all = `${folder}/all.ts`;
    await Deno.writeTextFile(all, files.map((file) => `import "file://${root}/${file}";\n`).join(""));
    const text = await must(Deno.execPath(), ["info", "--json", `--config=${ROOT}/deno.json`, all], {
      capture: true,
    });
    return read(JSON.parse(text), root, new Set(files));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function read(info: Info, root: string, files: ReadonlySet<string>): Map<string, Import[]> {
  const here = `file://${root}/`;
  const found = new Map<string, Import[]>();
  for (const { specifier, error, dependencies = [] } of info.modules) {
    if (!specifier.startsWith(here)) continue;
    const file = specifier.slice(here.length);
    if (error) throw new Error(`Cannot read the imports of ${file}: ${error}`);
    if (!files.has(file)) continue;
    const imports = dependencies.flatMap(({ code, type }): Import[] => {
      const target = (code ?? type)?.specifier;
      return target?.startsWith(here) ? [{ target: target.slice(here.length), isType: !code }] : [];
    });
    found.set(file, imports);
  }
  const missing = [...files].filter((file) => !found.has(file));
  if (missing.length > 0) throw new Error(`Cannot read the imports of ${missing.join(", ")}`);
  return found;
}
