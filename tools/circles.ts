/** Circles among modules: files that cannot be understood, tested or moved without each other. */

/** Each module with the modules that it uses. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The groups of two or more modules that reach each other (Tarjan's strongly connected components), sorted. */
export function circles(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const found: string[][] = [];
  const visit = (module: string) => {
    index.set(module, index.size);
    low.set(module, index.get(module)!);
    stack.push(module);
    open.add(module);
    for (const used of graph.get(module) ?? []) {
      if (!graph.has(used)) continue;
      if (!index.has(used)) {
        visit(used);
        low.set(module, Math.min(low.get(module)!, low.get(used)!));
      } else if (open.has(used)) low.set(module, Math.min(low.get(module)!, index.get(used)!));
    }
    if (low.get(module) !== index.get(module)) return;
    const group = stack.splice(stack.indexOf(module));
    for (const one of group) open.delete(one);
    if (group.length > 1) found.push(group.sort());
  };
  for (const module of [...graph.keys()].sort()) if (!index.has(module)) visit(module);
  return found;
}

/** The code of a Rust file without tests, comments and strings. */
function codeOf(source: string): string {
  const tests = /^#\[cfg\(test\)\]\n(?:pub )?mod \w+ \{/m.exec(source)?.index ?? source.length;
  return source.slice(0, tests).replaceAll(/\/\/[^\n]*/g, "").replaceAll(/"(?:\\[^]|[^"\\])*"/g, '""');
}

/** The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`. */
function* pathsOf(tree: string, before: readonly string[] = []): Generator<string[]> {
  let [depth, part] = [0, ""];
  const parts: string[] = [];
  for (const sign of tree) {
    depth += Number(sign === "{") - Number(sign === "}");
    if (sign === "," && depth === 0) [part] = [(parts.push(part), "")];
    else part += sign;
  }
  for (const one of [...parts, part].map((part) => part.trim()).filter(Boolean)) {
    const [, names, inner] = /^((?:\w+\s*::\s*)*)\{([^]*)\}$/.exec(one) ?? [];
    const words = (text: string) => text.split("::").map((word) => word.trim()).filter(Boolean);
    // `::a` is the crate a, even beside a module of that name.
    if (one.startsWith("::")) continue;
    if (inner === undefined) yield [...before, ...words(one.replace(/\s+as\s+\w+/, ""))];
    else yield* pathsOf(inner, [...before, ...words(names!)]);
  }
}

/** The module among `modules` that a path in `module` leads to; undefined outside the crate. */
function moduleAt(path: readonly string[], module: string, modules: ReadonlySet<string>): string | undefined {
  const [first, ...rest] = path;
  let at: string[] = module === "" ? [] : module.split("::");
  let left = rest;
  if (first === "crate") at = [];
  else if (first === "super") {
    at = at.slice(0, -1);
    while (left[0] === "super") [at, left] = [at.slice(0, -1), left.slice(1)];
  } else if (first !== "self") {
    if (!modules.has([...at, first!].join("::"))) return undefined;
    left = [...path];
  }
  while (left.length > 0 && modules.has([...at, left[0]!].join("::"))) {
    [at, left] = [[...at, left[0]!], left.slice(1)];
  }
  return at.join("::");
}

/** The modules of its own crate that a Rust module uses. `module` is a path like `a::b`, "" for the crate's root. */
export function usesOf(module: string, source: string, modules: ReadonlySet<string>): Set<string> {
  const code = codeOf(source);
  const paths = [...code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => [...pathsOf(tree!)]);
  const rest = code.replaceAll(/\buse\s+[^;]+;/g, "");
  for (const [path] of rest.matchAll(/(?<!\w|::)(?:crate|super|self|[a-z_]\w*)(?:::\w+)+/g)) {
    paths.push(path.split("::"));
  }
  const used = paths.map((path) => moduleAt(path, module, modules));
  return new Set(used.filter((at): at is string => at !== undefined && at !== module));
}
