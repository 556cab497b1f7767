/**
 * Derives the C boundary's table for JavaScript from the exports of ffi/abi, so that each function is declared once, in
 * Rust. The boundary's number is computed from its signatures, so that a library of another version is refused.
 */
import { ROOT } from "./paths.ts";

const FOLDER = "ffi/abi/src";
/** Text in an export's docstring: the call needs a thread of its own and returns a promise. */
const OFF_THREAD = "/// On a thread of its own.\n";
const EXPORT =
  /((?:^\/\/\/[^\n]*\n)+)#\[unsafe\(no_mangle\)\]\npub (?:unsafe )?extern "C" fn (legend_\w+)\(([^)]*)\)(?: -> (\w+))? \{/gm;
const TYPES: Readonly<Record<string, string>> = {
  "*const u8": "buffer",
  "*mut u8": "buffer",
  "*const f32": "buffer",
  "*mut f32": "buffer",
  u32: "u32",
  u64: "u64",
  i32: "i32",
  i64: "i64",
  f32: "f32",
  f64: "f64",
};

export interface Export {
  readonly name: string;
  /** Names and types as in Rust. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly result: string;
  readonly offThread: boolean;
}

/** The exports of one Rust file, in order. Throws for a type without a JavaScript equivalent. */
export function exportsOf(source: string): Export[] {
  const found = [...source.matchAll(EXPORT)].map(([, doc, name, parameters, result]): Export => ({
    name: name!,
    parameters: parameters!.split(",").map((part) => part.trim()).filter(Boolean).map((part) => {
      const [, parameter, rust] = /^(\w+): (.+)$/.exec(part) ?? [];
      const type = TYPES[rust ?? ""];
      if (!parameter || !type) {
        throw new Error(`Cannot export ${name}: no type of JavaScript's for "${part}"`);
      }
      return { name: parameter, type };
    }),
    result: result ?? "void",
    offThread: doc!.includes(OFF_THREAD),
  }));
  const names = found.map(({ name }) => name);
  const missed = [...source.matchAll(/\bfn (legend_\w+)/g)].map(([, name]) => name!)
    .filter((name) => !names.includes(name));
  if (missed.length > 0) {
    throw new Error(`Cannot read the exports ${missed.join(", ")}: no docstring, or another form`);
  }
  return found;
}

/** Every export of the library, by file and place. */
export function readExports(): Export[] {
  return [...Deno.readDirSync(`${ROOT}/${FOLDER}`)].filter(({ name }) => name.endsWith(".rs"))
    .map(({ name }) => name).sort()
    .flatMap((name) => exportsOf(Deno.readTextFileSync(`${ROOT}/${FOLDER}/${name}`)));
}

/** The boundary's number: FNV-1a of its signatures, 32 bits. */
export function abiNumber(exports: readonly Export[]): number {
  const text = exports.map(({ name, parameters, result }) =>
    `${name}(${parameters.map(({ name, type }) => `${name}:${type}`).join(",")})${result}`
  ).sort().join("\n");
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** `ffi/symbols.gen.ts`. */
export function symbolsTs(exports: readonly Export[]): string {
  const rows = exports.map(({ name, parameters, result, offThread }) => {
    const types = parameters.map(({ type }) => `"${type}"`).join(", ");
    const names = parameters.map(({ name }) => name).join(", ");
    return `${names ? `  // ${names}\n` : ""}  ${name}: { parameters: [${types}], result: "${result}"${
      offThread ? ", nonblocking: true" : ""
    } },`;
  });
  return `/** Every function of liblegend.so. Written by \`deno task gen\` from the exports of ffi/abi. */
export const SYMBOLS = {
${rows.join("\n")}
} as const satisfies Deno.ForeignLibraryInterface;

/** The boundary's number: a library of another one has other functions. */
export const ABI_VERSION = ${hex(abiNumber(exports))};
`;
}

/** `ffi/abi/src/version.rs`. */
export function versionRs(exports: readonly Export[]): string {
  return `//! Written by \`deno task gen\` from the exports of this crate.

/// The boundary's number: \`ffi/library.ts\` refuses a library of another one.
pub const ABI_VERSION: u32 = ${hex(abiNumber(exports))};
`;
}

function hex(number: number): string {
  const digits = number.toString(16).padStart(8, "0");
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`;
}
