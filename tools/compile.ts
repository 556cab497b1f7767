/** `./compile.sh`: from the sources to dist/legend. */
import { build as bundle, stop } from "esbuild";
import { exec, must, say, task, timed } from "./command.ts";
import { buildAssets } from "./assets.ts";
import { CACHE, EXECUTABLE, LIBRARY, ROOT } from "./paths.ts";
import { PACKED_FLAGS, RUNTIME_FLAGS } from "./runtime_flags.ts";

const KNOWN = ["--slim", "--fast", "--deno-compile"];
const LEVEL = { fast: "3", release: "19" };
/** ClickHouse as a library (Apache-2.0), pinned by content. */
const CLICKHOUSE = {
  name: "@chdb/lib-linux-x64-gnu",
  version: "26.7.3-stable.1",
  integrity:
    "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
};

/** Bundles the TypeScript into one module. */
export async function bundleApp(out: string): Promise<void> {
  await bundle({
    entryPoints: [`${ROOT}/main.ts`],
    outfile: out,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["deno", "import", "default"],
    external: ["node:*"],
    target: "esnext",
    jsx: "automatic",
    jsxImportSource: "preact",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: ROOT,
  });
  await stop();
}

/** Downloads ClickHouse's library once and checks it against the pinned hash. */
export async function clickhouseFolder(): Promise<string> {
  const { name, version, integrity } = CLICKHOUSE;
  const folder = `${CACHE}/clickhouse-${version}`;
  const done = await Deno.stat(`${folder}/libchdb.so`).then(() => true, () => false);
  if (done) return folder;
  const temporary = await Deno.makeTempDir({ prefix: "legend-clickhouse-" });
  try {
    const listed = JSON.parse(
      await must("npm", ["pack", "--json", "--silent", `${name}@${version}`], {
        cwd: temporary,
        capture: true,
      }),
    );
    const entry = Array.isArray(listed) ? listed[0] : Object.values(listed)[0];
    const bytes = await Deno.readFile(`${temporary}/${entry.filename}`);
    const hash = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-512", bytes))));
    if (`sha512-${hash}` !== integrity) {
      throw new Error(`Cannot use ${name} ${version}: its hash is not the pinned one`);
    }
    await must("tar", ["-xzf", entry.filename], { cwd: temporary });
    const library = (await must("find", [".", "-name", "libchdb.so"], { cwd: temporary, capture: true }))
      .trim();
    if (!library) throw new Error(`Cannot use ${name} ${version}: no libchdb.so in it`);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(`${temporary}/${library}`, `${folder}/libchdb.so.new`);
    await Deno.rename(`${folder}/libchdb.so.new`, `${folder}/libchdb.so`);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}

async function stage(fast: boolean): Promise<string> {
  const folder = `${ROOT}/dist/stage`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${folder}/app`, { recursive: true });
  await timed("bundle", () => bundleApp(`${folder}/app/main.js`));
  await timed("page", () => buildAssets(`${folder}/assets`));
  const profile = fast ? "release" : "dist";
  await timed(`Rust library (${profile})`, () => cargo(["--profile", profile, "-p", "abi"]));
  await Deno.copyFile(`${ROOT}/ffi/target/${profile}/liblegend.so`, `${folder}/liblegend.so`);
  // A debugger's symbols are of no use to who runs it, and twice the size.
  if (fast) await exec("strip", ["--strip-unneeded", `${folder}/liblegend.so`]);
  await Deno.copyFile(Deno.execPath(), `${folder}/legend`);
  for (const file of ["LICENSE", "NOTICE"]) await Deno.copyFile(`${ROOT}/${file}`, `${folder}/${file}`);
  const flags = ["run", ...PACKED_FLAGS, ...RUNTIME_FLAGS].map((flag) =>
    flag.replace("{LIBRARY}", "{ROOT}/liblegend.so")
  );
  await Deno.writeTextFile(`${folder}/flags`, `${flags.join("\n")}\n`);
  return folder;
}

function cargo(args: string[]): Promise<string> {
  return must("cargo", ["build", "--locked", "-q", ...args], { cwd: `${ROOT}/ffi` });
}

async function pack(fast: boolean, slim: boolean): Promise<void> {
  const runtime = await stage(fast);
  await timed("launcher", () => cargo(["--profile", "launcher", "-p", "launcher"]));
  const clickhouse = slim ? [] : [await timed("ClickHouse library", clickhouseFolder)];
  const level = fast ? LEVEL.fast : LEVEL.release;
  const tools = `${ROOT}/ffi/target/launcher`;
  await timed(
    `pack (zstd -${level})`,
    () => must(`${tools}/pack`, [`${tools}/launcher`, EXECUTABLE, level, runtime, ...clickhouse]),
  );
  await Deno.remove(runtime, { recursive: true });
}

/** `deno compile` of the same entry to `out`; the Rust library travels inside. */
export async function denoCompile(out = EXECUTABLE): Promise<void> {
  await timed("Rust library (release)", () => cargo(["--release", "-p", "abi"]));
  const rights = RUNTIME_FLAGS.filter((flag) => flag.startsWith("--allow") && !flag.includes("{"));
  await timed(
    "deno compile",
    () =>
      must(Deno.execPath(), [
        "compile",
        "-q",
        "--no-prompt",
        "--allow-ffi",
        "--allow-run",
        ...rights,
        "--include",
        LIBRARY,
        "-o",
        out,
        "main.ts",
      ]),
  );
}

if (import.meta.main) {
  await task(async () => {
    const unknown = Deno.args.find((arg) => !KNOWN.includes(arg));
    if (unknown) throw new Error(`Cannot compile: unknown ${unknown}, need any of ${KNOWN.join(", ")}`);
    const has = (flag: string) => Deno.args.includes(flag);
    await Deno.mkdir(`${ROOT}/dist`, { recursive: true });
    await timed("npm packages", () => must(Deno.execPath(), ["install", "--quiet", "--frozen"]));
    if (has("--deno-compile") || Deno.env.get("DENORT_BIN")) return await denoCompile();
    await pack(has("--fast"), has("--slim"));
    await timed("smoke test", () => must(EXECUTABLE, ["version"], { capture: true }));
    const { size } = await Deno.stat(EXECUTABLE);
    say(`dist/legend: ${(size / 1e6).toFixed(1)} MB`);
  });
}
