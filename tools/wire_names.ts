/**
 * Derives from proto/*.proto, besides the messages: the names that people and files use for modules, kinds, tiers and
 * actions (TypeScript and Rust), and the field numbers for the page's reader of Envelopes.
 */
import protobuf from "protobufjs";
import { ROOT } from "./paths.ts";

/** Messages that the page reads. */
const READ = ["Batch", "Envelope", "ArbOpportunity", "MevOpportunity", "BundleOutcome", "MetricsUpdate"];
/** `zero`: the name of its value 0; null: as in the enum. */
const ENUMS:
  readonly (readonly [list: string, enumeration: string, rustPath: string, zero: string | null])[] = [
    ["TYPES", "realtime.Envelope.Type", "realtime::envelope::Type", null],
    ["KINDS", "realtime.Kind", "realtime::Kind", null],
    ["TIERS", "realtime.Envelope.Tier", "realtime::envelope::Tier", ""],
    ["ENVELOPE_MODULES", "realtime.Module", "realtime::Module", ""],
    ["MODULES", "control.Module", "control::Module", null],
    ["ACTIONS", "control.Action", "control::Action", null],
  ];

/** All messages and enums of proto/. */
export function readProtos(root = ROOT): protobuf.Root {
  const all = new protobuf.Root();
  for (const name of ["control", "realtime"]) {
    protobuf.parse(Deno.readTextFileSync(`${root}/proto/${name}.proto`), all, { keepCase: true });
  }
  return all;
}

/**
 * The values of an enum, from 0 without a hole, as people name them: without the enum's prefix, in lower case except
 * tiers.
 */
function valuesOf(all: protobuf.Root, path: string, zero: string | null): { proto: string; said: string }[] {
  const found = all.lookupEnum(path);
  const values = Object.entries(found.values).toSorted(([, a], [, b]) => a - b);
  if (values.some(([, number], at) => number !== at)) {
    throw new Error(`Cannot name ${path}: its numbers have a hole`);
  }
  const prefix = `${found.name.toUpperCase()}_`;
  return values.map(([proto], at) => {
    const plain = proto.replace(prefix, "");
    return {
      proto: plain,
      said: at === 0 && zero !== null ? zero : plain.length === 1 ? plain : plain.toLowerCase(),
    };
  });
}

const HEAD = "Written by `deno task gen` from proto/*.proto.";
const snake = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_");
const camel = (name: string) =>
  name.split("_").map((word) => word[0]! + word.slice(1).toLowerCase()).join("");

/** `proto/gen/names.ts`. */
export function namesTs(all: protobuf.Root): string {
  const lists = ENUMS.map(([name, path, , zero]) => {
    const said = valuesOf(all, path, zero).map(({ said }) => JSON.stringify(said));
    return `/** Of \`${path}\`, by its numbers. */\nexport const ${name} = [${said.join(", ")}] as const;\n`;
  });
  const types = [["ModuleName", "MODULES"], ["ActionName", "ACTIONS"], ["KindName", "KINDS"]].map(
    ([type, list]) => `export type ${type} = typeof ${list}[number];\n`,
  );
  return `/** ${HEAD} */\n\n${[...lists, ...types].join("\n")}`;
}

/** `proto/gen/fields.ts`: one constant each, which a bundle inlines as a number. */
export function fieldsTs(all: protobuf.Root): string {
  const lines = READ.flatMap((message) =>
    all.lookupType(`realtime.${message}`).fieldsArray.map(({ name, id }) =>
      `export const ${`${snake(message)}_${name}`.toUpperCase()} = ${id};`
    )
  );
  return `/** Field numbers. ${HEAD} */\n\n${lines.join("\n")}\n`;
}

/** `ffi/wire/src/names.rs`. */
export function namesRs(all: protobuf.Root): string {
  const functions = ENUMS.filter(([name]) => name !== "TYPES").map(([name, path, rust, zero]) => {
    const arms = valuesOf(all, path, zero).map(({ proto, said }) =>
      `        ${rust}::${camel(proto)} => "${said}",`
    );
    const function_ = name.toLowerCase().replace(/s$/, "");
    return `/// Of a \`${path}\`, as people and files have it.
#[must_use]
#[inline]
pub fn ${function_}(value: ${rust}) -> &'static str {
    match value {
${arms.join("\n")}
    }
}
`;
  });
  return `//! Names of modules, kinds, tiers and actions. ${HEAD}

use crate::{control, realtime};

${functions.join("\n")}`;
}

/** `proto/gen/dex.ts`: the ids in Rust's table of DEXes. Throws for a row whose id cannot be found. */
export function dexTs(root = ROOT): string {
  const folder = `${root}/ffi/engine/src/dex`;
  const table = Deno.readTextFileSync(`${folder}/mod.rs`);
  const [, rows = ""] = /static DEXES: \[Dex; \d+\] = \[([^\]]*)\]/.exec(table) ?? [];
  const ids = rows.split(",").map((row) => row.trim()).filter(Boolean).map((row) => {
    const [file, name] = row.split("::");
    const source = Deno.readTextFileSync(`${folder}/${file}.rs`);
    const direct = new RegExp(`\\b${name}: Dex =[^;]*?\\bid: "(\\w+)"`).exec(source);
    const [, id] = direct ?? new RegExp(`row!\\(${name}, "(\\w+)"`).exec(source) ?? [];
    if (!id) throw new Error(`Cannot read the id of ${row} in ${folder}/${file}.rs`);
    return id;
  });
  if (ids.length === 0) throw new Error(`Cannot read the table of DEXes in ${folder}/mod.rs`);
  return `/**
 * DEXes by the names that legs have. A program without one is \`unknown:<program id>\`. Written by \`deno task gen\` from
 * Rust's table (ffi/engine/src/dex/mod.rs).
 */
export const DEX_IDS = [
${ids.map((id) => `  "${id}",`).join("\n")}
] as const;
`;
}
