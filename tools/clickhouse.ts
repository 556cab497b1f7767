/** ClickHouse's library: downloaded once, by its pinned hash. */
import { must } from "./command.ts";
import { checkHash, holds } from "./hash.ts";
import { CACHE } from "./paths.ts";
import { CLICKHOUSE } from "./pins.ts";

/** Downloads ClickHouse's library once and checks it against the pinned hash. */
export async function clickhouseFolder(): Promise<string> {
  const { name, version, integrity, sha256 } = CLICKHOUSE;
  const folder = `${CACHE}/clickhouse-${version}`;
  if (await holds(folder, { "libchdb.so": sha256 })) return folder;
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
    await checkHash(`${temporary}/${library}`, sha256);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(`${temporary}/${library}`, `${folder}/libchdb.so.new`);
    await Deno.rename(`${folder}/libchdb.so.new`, `${folder}/libchdb.so`);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}
