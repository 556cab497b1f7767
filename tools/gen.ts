/**
 * Writes everything that is generated from one source: messages from proto/*.proto (Rust and TypeScript), the C
 * boundary's table from the exports of ffi/abi, the topics' names and the store's columns for Rust, names and field
 * numbers of the messages, the ids of DEXes from Rust's table, the enum of job kinds, their verbs and the page's forms
 * from workers/kinds.ts, the page's types of the API from the rows of routes/, docs/CLI.md from the verbs,
 * docs/CONFIG.md from the configuration schema. `--check` writes to a temporary folder instead and fails when a
 * committed file differs.
 */
import type { JobKinds } from "../core/jobs/kind.ts";
import { readExports, symbolsTs, versionRs } from "./abi_symbols.ts";
import { must, say, task } from "./command.ts";
import { ROOT } from "./paths.ts";
import { npmPackage } from "./pins.ts";
import { tablesRs } from "./tables_rs.ts";
import { topicsRs } from "./topics_rs.ts";
import { dexTs, fieldsTs, namesRs, namesTs, readProtos } from "./wire_names.ts";

const PROTOS = ["realtime", "control", "jobs"].map((name) => `proto/${name}.proto`);
const SYMBOLS = "ffi/symbols.gen.ts";
const CLIENT = "islands/client.gen.ts";
const FORMS = "islands/forms.gen.ts";
const JOBS_PROTO = "proto/jobs.proto";
const JOB_VERBS = "cli/verbs/job_kinds.gen.ts";
const VERSION = "ffi/abi/src/version.rs";
const PBJS = [
  "-t",
  "static-module",
  "-w",
  "esm",
  "--es6",
  "--force-long",
  "--no-create",
  "--no-verify",
  "--no-convert",
  "--no-delimited",
  "--no-typeurl",
]; // deno-fmt-ignore-line

/** `jobs.proto` with the numbers of the kinds. */
async function jobsProto(kinds: JobKinds): Promise<string> {
  const rows = kinds.list.toSorted((a, b) => a.number - b.number)
    .map(({ name, number }) => `  ${name.toUpperCase()} = ${number};\n`);
  const text = await Deno.readTextFile(`${ROOT}/${JOBS_PROTO}`);
  return text.replace(/(?<=enum JobKind \{\n {2}JOB_UNKNOWN = 0;\n)[^}]*/, rows.join(""));
}

/** The verbs of the kinds as plain data: the command line lists them without loading the code of jobs. */
function jobVerbs(kinds: JobKinds): string {
  const rows = kinds.list.map(({ name, verb: { read: _, ...verb } }) => ({ name, ...verb }));
  return "/** Written by `deno task gen` from workers/kinds.ts; do not edit. */\n" +
    'import type { Command } from "../command.ts";\n\n' +
    'export const JOB_KIND_VERBS: readonly (Omit<Command, "group" | "body" | "flags"> & Required<Pick<Command, "flags">>)[] = ' +
    `${JSON.stringify(rows)};\n`;
}

/** Files that need no other generated file. */
async function generateFirst(out: string): Promise<string[]> {
  for (const folder of ["proto/gen", "ffi/wire/src"]) {
    await Deno.mkdir(`${out}/${folder}`, { recursive: true });
  }
  const protos = readProtos();
  const files: Record<string, string> = {
    "ffi/wire/src/topics.rs": topicsRs(),
    "ffi/wire/src/store.rs": tablesRs(),
    "ffi/wire/src/names.rs": namesRs(protos),
    "proto/gen/names.ts": namesTs(protos),
    "proto/gen/fields.ts": fieldsTs(protos),
    "proto/gen/dex.ts": dexTs(),
  };
  for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(`${out}/${file}`, text);
  return Object.keys(files);
}

async function generate(out: string): Promise<string[]> {
  const first = await generateFirst(out);
  // These import the files just written.
  const { JOB_KINDS } = await import("../workers/kinds.ts");
  const { formsTs } = await import("./job_forms.ts");
  await Deno.mkdir(`${out}/islands`, { recursive: true });
  await Deno.writeTextFile(`${out}/${FORMS}`, formsTs(JOB_KINDS));
  // The pages, which some routes render, contain the forms.
  const { clientTypes } = await import("./client_types.ts");
  await Deno.writeTextFile(`${out}/${JOBS_PROTO}`, await jobsProto(JOB_KINDS));
  await must("cargo", [
    "run",
    "-q",
    "--locked",
    "-p",
    "gen",
    "--",
    `${ROOT}/proto`,
    `${out}/ffi/wire/src/gen`,
  ], { cwd: `${ROOT}/ffi` });
  await must(Deno.execPath(), [
    "run",
    "-A",
    "-q",
    `${npmPackage("protobufjs-cli")}/pbjs`,
    ...PBJS,
    "-d",
    "-o",
    `${out}/proto/gen/messages.js`,
    ...PROTOS,
  ]);
  // The generator writes CommonJS; Deno reads only modules.
  const types = `${out}/proto/gen/messages.d.ts`;
  const text = await Deno.readTextFile(types);
  await Deno.writeTextFile(types, text.replace('import Long = require("long");', 'import Long from "long";'));
  await Deno.mkdir(`${out}/ffi/abi/src`, { recursive: true });
  const exports = readExports();
  await Deno.writeTextFile(`${out}/${SYMBOLS}`, symbolsTs(exports));
  await Deno.writeTextFile(`${out}/${VERSION}`, versionRs(exports));
  await Deno.mkdir(`${out}/cli/verbs`, { recursive: true });
  await Deno.writeTextFile(`${out}/${JOB_VERBS}`, jobVerbs(JOB_KINDS));
  await Deno.writeTextFile(`${out}/${CLIENT}`, clientTypes());
  const written = [SYMBOLS, JOB_VERBS, CLIENT, FORMS].map((file) => `${out}/${file}`);
  await must(Deno.execPath(), ["fmt", "-q", "--line-width=110", ...written]);
  await Deno.mkdir(`${out}/docs`, { recursive: true });
  // Only after the verbs of the kinds are written.
  const { COMMANDS } = await import("../cli/registry.ts");
  const { commandDocs } = await import("../cli/help.ts");
  const { configDocs } = await import("../core/config/docs.ts");
  await Deno.writeTextFile(`${out}/docs/CLI.md`, commandDocs(COMMANDS));
  await Deno.writeTextFile(`${out}/docs/CONFIG.md`, configDocs());
  const rust = ["control", "jobs", "realtime"].map((name) => `ffi/wire/src/gen/${name}.rs`);
  return [
    ...first,
    JOBS_PROTO,
    JOB_VERBS,
    SYMBOLS,
    CLIENT,
    FORMS,
    VERSION,
    ...rust,
    "proto/gen/messages.js",
    "proto/gen/messages.d.ts",
    "docs/CLI.md",
    "docs/CONFIG.md",
  ];
}

await task(async () => {
  if (!Deno.args.includes("--check")) {
    for (const file of await generate(ROOT)) say(`wrote ${file}`);
    return;
  }
  const out = await Deno.makeTempDir({ prefix: "legend-gen-" });
  try {
    const files = await generate(out);
    const stale = [];
    for (const file of files) {
      const committed = await Deno.readTextFile(`${ROOT}/${file}`).catch(() => "");
      if (committed !== await Deno.readTextFile(`${out}/${file}`)) stale.push(file);
    }
    if (stale.length > 0) {
      throw new Error(`Cannot accept generated files: ${stale.join(", ")} differ, run \`deno task gen\``);
    }
    say(`${files.length} generated files are up to date`);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
