/**
 * The training engines: the libraries of XGBoost and LightGBM from their Python wheels, pinned by hash; no Python runs
 * them. OpenMP's library comes with XGBoost's wheel; LightGBM gets a copy under the name that it asks for.
 */
import { must } from "./command.ts";
import { checkHash, holds } from "./hash.ts";
import { CACHE } from "./paths.ts";
import { LIGHTGBM, XGBOOST } from "./pins.ts";

const WHEELS = [
  { ...XGBOOST, files: ["xgboost/lib/libxgboost.so", "xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0"] },
  { ...LIGHTGBM, files: ["lightgbm/lib/lib_lightgbm.so"] },
] as const;

const OPENMP = { from: "libgomp-e985bcbb.so.1.0.0", to: "libgomp.so.1" };

/** Files that must be in the folder, checked again each time they are taken from the cache. */
const FILES = {
  "xgboost/lib/libxgboost.so": "bad3eb7004550b6db2338486061bf628cabc2340d4913e811b0564ba4788eef5",
  "xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0":
    "a43904e4fa297301d4640dc1bb3c8a3480b406f99e498eba9b1914b68aab604a",
  "lightgbm/lib/lib_lightgbm.so": "573d57e8a2c6290c2271b99b87afa7a802e796eafc9e8d66aefa0913cbc1616a",
  "lightgbm/lib/libgomp.so.1": "17c1578baa7e0a06f2760d230bf035a58f4498c68ae375554d3bee81a87cb4c9",
};

/** Downloads the engines once and checks them. Returns their folder. */
export async function trainersFolder(): Promise<string> {
  const folder = `${CACHE}/trainers-${WHEELS.map(({ version }) => version).join("-")}`;
  if (await holds(folder, FILES)) return folder;
  const work = await Deno.makeTempDir({ prefix: "legend-trainers-" });
  try {
    for (const { name, version, sha256, files } of WHEELS) {
      await must("python3", [
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "--platform=manylinux_2_28_x86_64",
        "--python-version=3.11",
        `--dest=${work}`,
        `${name}==${version}`,
      ]);
      const prefix = name.replaceAll("-", "_");
      const wheel = [...Deno.readDirSync(work)].find((entry) => entry.name.startsWith(`${prefix}-`))?.name;
      if (!wheel) throw new Error(`Cannot use ${name} ${version}: pip brought no wheel`);
      await checkHash(`${work}/${wheel}`, sha256);
      await must("python3", ["-m", "zipfile", "-e", `${work}/${wheel}`, `${work}/${prefix}`]);
      for (const file of files) {
        const place = `${folder}/${file}`;
        await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true });
        await Deno.copyFile(`${work}/${prefix}/${file}`, place);
      }
    }
    await Deno.writeFile(
      `${folder}/lightgbm/lib/${OPENMP.to}`,
      renamed(await Deno.readFile(`${folder}/xgboost_cpu.libs/${OPENMP.from}`)),
    );
    for (const [file, sha256] of Object.entries(FILES)) await checkHash(`${folder}/${file}`, sha256);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return folder;
}

/** The library under the name that LightGBM asks for: its SONAME, padded. */
function renamed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const latin1 = new TextDecoder("latin1").decode(bytes);
  const at = latin1.indexOf(`${OPENMP.from}\0`);
  if (at < 0) throw new Error(`Cannot rename ${OPENMP.from}: its name is not in it`);
  const name = new TextEncoder().encode(OPENMP.to.padEnd(OPENMP.from.length, "\0"));
  bytes.set(name, at);
  return bytes;
}
