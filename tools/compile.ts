/** `./compile.sh`: from the sources to dist/legend. */
import { build as bundle, stop } from "esbuild";
import { exec, must, say, task, timed } from "./command.ts";
import { buildAssets } from "./assets.ts";
import { appBundle } from "./bundle.ts";
import { clickhouseFolder } from "./clickhouse.ts";
import { licences, works } from "./notice.ts";
import { checkRuntime } from "./runtime_hash.ts";
import { trainersFolder } from "./trainers.ts";
import { EXECUTABLE, LIBRARY, LIBRARY_CRATES, ROOT } from "./paths.ts";
import { PACKED_FLAGS, RUNTIME_FLAGS } from "./runtime_flags.ts";

const KNOWN = ["--slim", "--fast", "--deno-compile"];
const LEVEL = { fast: "3", release: "19" };
/** Bundles the TypeScript: `main.js`, `worker.js` for jobs, `records.js` for writing legend.db. */
export async function bundleApp(folder: string): Promise<void> {
  await bundle(appBundle(folder));
  await stop();
}

async function stage(fast: boolean): Promise<string> {
  const folder = `${ROOT}/dist/stage`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${folder}/app`, { recursive: true });
  await timed("bundle", () => bundleApp(`${folder}/app`));
  await timed("page", () => buildAssets(`${folder}/assets`));
  const profile = fast ? "release" : "dist";
  await timed(`Rust library (${profile})`, () => cargo(["--profile", profile, ...LIBRARY_CRATES]));
  for (const file of ["liblegend.so", "legend-probe"]) {
    await Deno.copyFile(`${ROOT}/ffi/target/${profile}/${file}`, `${folder}/${file}`);
    // Debug symbols are useless to users and double the size.
    if (fast) await exec("strip", ["--strip-unneeded", `${folder}/${file}`]);
  }
  await timed("hash of the runtime", () => checkRuntime(Deno.execPath()));
  await Deno.copyFile(Deno.execPath(), `${folder}/legend`);
  const trainers = await timed("training engines", trainersFolder);
  await must("cp", ["-r", trainers, `${folder}/trainers`]);
  for (const file of ["LICENSE", "NOTICE"]) await Deno.copyFile(`${ROOT}/${file}`, `${folder}/${file}`);
  await timed(
    "licences",
    async () => await Deno.writeTextFile(`${folder}/LICENCES`, licences(await works())),
  );
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
  await timed("Rust library (release)", () => cargo(["--release", ...LIBRARY_CRATES]));
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
        "--include",
        `${ROOT}/workers/main.ts`,
        "--include",
        `${ROOT}/core/records/thread.ts`,
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
