/**
 * NOTICE and the licence texts of everything that the executable packs: crates that `abi` and `launcher` link, npm
 * packages in the bundles, and components packed as a whole. Everything is read from what is installed, so it works
 * offline; a component without a text fails. `--check`: the committed NOTICE must equal the generated one.
 */
import { build, stop } from "esbuild";
import { pageBundle } from "./assets.ts";
import { appBundle } from "./bundle.ts";
import { must, say, task } from "./command.ts";
import { ROOT } from "./paths.ts";
import { CLICKHOUSE, LIGHTGBM, XGBOOST } from "./pins.ts";

interface Work {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Its own texts, complete. */
  readonly texts: readonly string[];
}

const LICENCE_FILE = /^(licen[cs]es?|copying|notice|unlicense)/i;
const own = (name: string) => Deno.readTextFileSync(`${ROOT}/tools/licences/${name}.txt`);
const mit = (copyright: string) => `MIT License\n\n${copyright}\n\n${own("MIT")}`;

/** Crates whose packages contain no text, with the text of their repositories. */
const CRATE_TEXTS: Readonly<Record<string, () => string>> = {
  five8: () => mit("Copyright (c) Kevin Heavey, https://github.com/kevinheavey/five8"),
  five8_core: () => mit("Copyright (c) Kevin Heavey, https://github.com/kevinheavey/five8"),
  "rdkafka-sys": () => mit("Copyright (c) 2016 Federico Giraud, https://github.com/fede1024/rust-rdkafka"),
};

/** C libraries inside crates: the folder below the crate, and what it contains. */
const INSIDE: Readonly<Record<string, { name: string; folder: string; licence: string }>> = {
  "rdkafka-sys": {
    name: "librdkafka",
    folder: "librdkafka",
    licence: "BSD-2-Clause and others, see the texts",
  },
  "openssl-src": { name: "OpenSSL", folder: "openssl", licence: "Apache-2.0" },
  "libz-sys": { name: "zlib", folder: "src/zlib", licence: "Zlib" },
  "zstd-sys": { name: "Zstandard", folder: "zstd", licence: "BSD-3-Clause" },
};

/** Components packed as a whole, with their licence texts. */
const WHOLES = (): Work[] => [
  {
    name: "Deno",
    version: Deno.version.deno,
    licence: "MIT",
    texts: [
      mit("Copyright 2018-2026 the Deno authors"),
      "The works inside Deno are listed in Cargo.lock of https://github.com/denoland/deno at the tag of this version.\n",
    ],
  },
  { name: "V8", version: Deno.version.v8, licence: "BSD-3-Clause", texts: [own("V8")] },
  {
    name: "ClickHouse as libchdb (left out of the slim build)",
    version: CLICKHOUSE.version,
    licence: "Apache-2.0",
    texts: ["Copyright 2016-2026 ClickHouse, Inc.; Copyright the chDB authors\n", own("Apache-2.0")],
  },
  {
    name: "XGBoost",
    version: XGBOOST.version,
    licence: "Apache-2.0",
    texts: ["Copyright (c) 2014-2026 by the XGBoost contributors\n", own("Apache-2.0")],
  },
  {
    name: "LightGBM",
    version: LIGHTGBM.version,
    licence: "MIT",
    texts: [mit("Copyright (c) Microsoft Corporation")],
  },
  {
    name: "GNU OpenMP (libgomp), once unchanged and once under another SONAME",
    version: "of gcc 8.5.0",
    licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
    texts: [own("libgomp-source"), own("GCC-exception-3.1"), own("GPL-3.0")],
  },
];

/** All licence files of a folder. */
function textsOf(folder: string): string[] {
  const names = [...Deno.readDirSync(folder)].filter((entry) =>
    !entry.isDirectory && LICENCE_FILE.test(entry.name)
  );
  return names.map(({ name }) => name).sort().map((name) => Deno.readTextFileSync(`${folder}/${name}`));
}

interface Metadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    source: string | null;
    manifest_path: string;
    targets: { kind: string[] }[];
  }[];
  resolve: { nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[] };
}

/** Linked crates: normal dependencies, without macros, which only run during the build. */
async function crates(): Promise<Work[]> {
  const metadata: Metadata = JSON.parse(
    await must(
      "cargo",
      ["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"],
      { cwd: `${ROOT}/ffi`, capture: true },
    ),
  );
  const packages = new Map(metadata.packages.map((one) => [one.id, one]));
  const nodes = new Map(metadata.resolve.nodes.map((one) => [one.id, one]));
  const linked = new Set<string>();
  const walk = (id: string) => {
    const { name, targets } = packages.get(id)!;
    if (linked.has(id) || targets.some(({ kind }) => kind.includes("proc-macro"))) return;
    linked.add(id);
    if (name === "openssl-src") return;
    for (const { pkg, dep_kinds } of nodes.get(id)!.deps) {
      // OpenSSL's source is a dependency of the build that makes the library.
      if (
        dep_kinds.some(({ kind }) => kind === null) || name === "openssl-sys" && pkg.includes("openssl-src")
      ) {
        walk(pkg);
      }
    }
  };
  for (const { id, name, source } of metadata.packages) {
    if (source === null && (name === "abi" || name === "launcher")) walk(id);
  }
  return [...linked].map((id) => packages.get(id)!).filter(({ source }) => source !== null).flatMap((one) => {
    const folder = one.manifest_path.slice(0, one.manifest_path.lastIndexOf("/"));
    const inside = INSIDE[one.name];
    const texts = textsOf(folder);
    const fallback = CRATE_TEXTS[one.name];
    const crate: Work = {
      name: `${one.name} (crate)`,
      version: one.version,
      licence: one.license ?? "see the text",
      texts: texts.length > 0 ? texts : fallback ? [fallback()] : [],
    };
    if (!inside) return [crate];
    const { name, licence } = inside;
    return [crate, {
      name,
      version: `in ${one.name} ${one.version}`,
      licence,
      texts: textsOf(`${folder}/${inside.folder}`),
    }];
  });
}

/** npm packages with at least one byte in a bundle. */
async function npmPackages(): Promise<Work[]> {
  const folders = new Map<string, string>();
  for (const options of [appBundle("/tmp"), pageBundle("/tmp")]) {
    const { metafile } = await build({ ...options, write: false, metafile: true, logLevel: "error" });
    for (const output of Object.values(metafile!.outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
        const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/@]+))\//.exec(path) ?? [];
        if (folder && bytesInOutput > 0) folders.set(name!, `${ROOT}/${folder}`);
      }
    }
  }
  await stop();
  // Its style sheet is in the page.
  folders.set("uplot", `${ROOT}/node_modules/uplot`);
  return [...folders].map(([name, folder]) => {
    const { version, license } = JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));
    return { name: `${name} (npm)`, version, licence: license ?? "see the text", texts: textsOf(folder) };
  });
}

/** Throws for a component without a text. */
export function checked(works: readonly Work[]): Work[] {
  const without = works.filter(({ texts }) => texts.join("").trim().length < 40);
  if (without.length > 0) {
    const names = without.map(({ name, version }) => `${name} ${version}`).join(", ");
    throw new Error(`Cannot write NOTICE: no licence text of ${names}, add it to tools/notice.ts`);
  }
  return works.toSorted((a, b) => a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1);
}

/** Everything that is packed. */
export async function works(): Promise<Work[]> {
  return [...checked(WHOLES()), ...checked([...await crates(), ...await npmPackages()])];
}

/** The list, which is committed. */
export function notice(works: readonly Work[]): string {
  const row = ({ name, version, licence }: Work) => `${name} ${version}`.padEnd(60) + ` ${licence}`;
  return `legend is MIT licensed (LICENSE). The executable packs the works of others below: unchanged, but for the copy of
libgomp that goes by another SONAME. \`legend version --licences\` prints the texts of their licences; they lie beside
this file in what the executable unpacks. Written by \`deno task notice\`.

${works.map(row).join("\n")}

Transactions in examples/ and tests/fixtures/ are public records of the Solana chain; each file names its source.
`;
}

/** The texts: each one once, under all components that it belongs to. */
export function licences(works: readonly Work[]): string {
  const byText = new Map<string, string[]>();
  for (const { name, version, texts } of works) {
    const text = texts.map((text) => text.replaceAll("\r\n", "\n").trim()).join("\n\n");
    byText.set(text, [...byText.get(text) ?? [], `${name} ${version}`]);
  }
  const line = "=".repeat(100);
  return [...byText].map(([text, names]) => `${line}\n${names.join("\n")}\n${line}\n\n${text}\n`).join("\n");
}

if (import.meta.main) {
  await task(async () => {
    const all = await works();
    const text = notice(all);
    if (Deno.args.includes("--check")) {
      if (await Deno.readTextFile(`${ROOT}/NOTICE`) !== text) {
        throw new Error("Cannot accept NOTICE: it is not what is packed, run `deno task notice`");
      }
      say(`NOTICE names ${all.length} works, each with its licence's text`);
      return;
    }
    await Deno.writeTextFile(`${ROOT}/NOTICE`, text);
    say(`wrote NOTICE: ${all.length} works, ${licences(all).length} bytes of texts`);
  });
}
