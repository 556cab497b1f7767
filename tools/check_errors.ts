/**
 * Fails when a Rust crate passes on an error as plain text: an error is a variant, and its text is made at the
 * boundary.
 */
import { say, task } from "./command.ts";
import { ROOT } from "./paths.ts";

/** Folders without sources of ours. */
const LEFT_OUT = new Set(["target", "fuzz"]);
const TEXT = /^(?:(?:std|alloc)::string::)?String$|^&(?:'static )?str$|^Cow<'static, str>$/;

/** The arguments of the generic type whose `<` stands before `begin`. */
function argumentsFrom(source: string, begin: number): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = begin;
  for (let at = begin; at < source.length; at++) {
    const char = source[at]!;
    if ("<([{".includes(char)) depth++;
    else if (char === ">" && source[at - 1] === "-") continue;
    else if (">)]}".includes(char)) {
      if (depth-- === 0) return [...found, source.slice(from, at).trim()].filter((one) => one !== "");
    } else if (char === "," && depth === 0) {
      found.push(source.slice(from, at).trim());
      from = at + 1;
    }
  }
  return found;
}

/** Lines, from 1, on which an error is plain text: in a `Result`, or as an alias of a type. */
export function textErrors(source: string): number[] {
  const code = source.replaceAll(/\/\/[^\n]*/g, (comment) => " ".repeat(comment.length));
  const results = [...code.matchAll(/\bResult<|\bResult::</g)].filter(({ 0: start, index }) =>
    TEXT.test(argumentsFrom(code, index + start.length)[1] ?? "")
  );
  const names = [...code.matchAll(/\btype \w*Error\w* = ([^;]+);/g)].filter(({ 1: of }) => TEXT.test(of!));
  return [...results, ...names]
    .map(({ index }) => code.slice(0, index).split("\n").length)
    .sort((one, other) => one - other);
}

function* rustBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${folder}`)) {
    if (isDirectory && !LEFT_OUT.has(name)) yield* rustBelow(`${folder}/${name}`);
    else if (name.endsWith(".rs")) yield `${folder}/${name}`;
  }
}

if (import.meta.main) {
  await task(async () => {
    const files = [...rustBelow("ffi")];
    let wrong = 0;
    for (const file of files) {
      for (const line of textErrors(await Deno.readTextFile(`${ROOT}/${file}`))) {
        say(`${file}:${line}: an error is a bare text, need a variant`);
        wrong++;
      }
    }
    if (wrong > 0) throw new Error(`${wrong} errors of Rust crates are not as they must be`);
    say(`errors are types in all ${files.length} Rust files`);
  });
}
