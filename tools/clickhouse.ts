/** ClickHouse's library: downloaded once, by its pinned hash. */
import { must } from "./command.ts";
import { checkHash, holds } from "./hash.ts";
import { CACHE } from "./paths.ts";

/** ClickHouse as a library (Apache-2.0), pinned by content. */
export const CLICKHOUSE = {
  name: "@chdb/lib-linux-x64-gnu",
  version: "26.7.3-stable.1",
  integrity:
    "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
  /** Of the library itself, checked again whenever it is taken out of the cache. */
  sha256: "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
};

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
