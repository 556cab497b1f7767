/**
 * Fails when a version that is stated in several places differs: deno.json and tools/pins.ts are authoritative; each
 * other place is named.
 */
import { say, task } from "./command.ts";
import { ROOT } from "./paths.ts";
import { CLICKHOUSE, DENO, KAFKA, LIGHTGBM, PRODUCT, XGBOOST } from "./pins.ts";

const NUMBER = String.raw`v?(\d+\.\d+\.\d+(?:-[\w.]+\w)?)`;

/** How a pinned version is repeated in scripts and texts: after its name. */
const REPEATED: readonly (readonly [name: RegExp, version: string])[] = [
  [/deno@|\bDeno /, DENO.version],
  [/xgboost-cpu[ @=]+|\bXGBoost /, XGBOOST.version],
  [/lightgbm[@=]+|\bLightGBM /, LIGHTGBM.version],
  [/\bKafka |\bkafka-/, KAFKA],
  [/\bClickHouse |libchdb[^\n]* /, CLICKHOUSE.version],
];

/** Files about the past, written by other programs, or about other versions. */
const HISTORY = /^(?:CHANGELOG\.md|docs\/adr\/.*|.*\.lock|tools\/check_versions(?:_test)?\.ts)$/;
const LEFT_OUT = new Set([
  "node_modules",
  "target",
  "dist",
  "shared",
  "fixtures",
  ".git",
  ".cache",
  ".legend",
]);
const TEXT = /(?:\.(?:tsx?|rs|json|md|toml|lock|sh|txt|service|yml)|^NOTICE|^\.ci\/run)$/;

/** Text files of the tree by their path from the root. */
async function* files(folder = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
    if (isDirectory && !LEFT_OUT.has(name)) yield* files(`${folder}${name}/`);
    else if (isFile && TEXT.test(folder + name)) yield folder + name;
  }
}

/** The line, from 1 on, of a place in a text. */
const lineOf = (text: string, at: number) => text.slice(0, at).split("\n").length;

/** The places in a file that state another version than they should, as lines for people. */
export function differing(file: string, text: string): string[] {
  const found: string[] = [];
  const compare = (at: number, what: string, has: string, need: string) => {
    if (has !== need) found.push(`${file}:${lineOf(text, at)} has ${what} ${has}, need ${need}`);
  };
  if (file.endsWith("Cargo.toml")) {
    const [own] = text.matchAll(/^version = "(.*)"$/gm);
    if (own && file === "ffi/Cargo.toml") compare(own.index, "the product's version", own[1]!, PRODUCT);
    else if (own) {
      found.push(
        `${file}:${lineOf(text, own.index)} has a version of its own, need version.workspace = true`,
      );
    }
  }
  if (file.endsWith("Cargo.lock")) {
    // A package with a source is not ours; a crate without its own version has 0.0.0.
    for (
      const { 0: crate, 1: name, 2: version, index } of text.matchAll(/name = "(.*)"\nversion = "(.*)"\n.*/g)
    ) {
      if (crate.includes("\nsource = ") || version === "0.0.0") continue;
      compare(index, `the crate ${name}`, version!, PRODUCT);
    }
  }
  if (file === "deno.json") found.push(...twice(file, text));
  if (HISTORY.test(file)) return found;
  for (const [name, version] of REPEATED) {
    for (const match of text.matchAll(new RegExp(`(${name.source})${NUMBER}`, "g"))) {
      compare(match.index, match[1]!.replace(/[ @=-]+$/, ""), match[2]!, version);
    }
  }
  return found;
}

/** Packages that deno.json imports in more than one version. */
function twice(file: string, text: string): string[] {
  const versions = new Map<string, string>();
  return [...text.matchAll(/"npm:\/?(@?[^@"]+)@([^"/]+)/g)].flatMap(({ 1: name, 2: version, index }) => {
    const first = versions.get(name!) ?? version!;
    versions.set(name!, first);
    return first === version ? [] : [`${file}:${lineOf(text, index)} has ${name} ${version}, need ${first}`];
  });
}

if (import.meta.main) {
  await task(async () => {
    let found = 0;
    for await (const file of files()) {
      for (const line of differing(file, await Deno.readTextFile(`${ROOT}/${file}`))) {
        say(line);
        found += 1;
      }
    }
    if (found > 0) throw new Error(`${found} places differ from deno.json and tools/pins.ts`);
    say(`versions agree: legend ${PRODUCT}, Deno ${DENO.version}`);
  });
}
