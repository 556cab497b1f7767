/** The page's files: beside the bundle in the executable, in .cache of a checkout. */
import type { Asset } from "../routes/deps.ts";

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

function folder(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `${root}/assets` : new URL("../.cache/assets", import.meta.url).pathname;
}

/** Reads each file once. A name can only be one in the folder itself. */
export function assetReader(): (name: string) => Asset | undefined {
  const known = new Map<string, Asset | undefined>();
  return (name) => {
    if (!/^[a-z_]+\.(css|js|svg)$/.test(name)) return undefined;
    if (!known.has(name)) known.set(name, read(name));
    return known.get(name);
  };
}

/** Undefined when the file was not compressed because that saved nothing. */
function bytesOf(name: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Deno.readFileSync(`${folder()}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function read(name: string): Asset | undefined {
  try {
    const bytes = Deno.readFileSync(`${folder()}/${name}`);
    const packed = { gzip: bytesOf(`${name}.gz`), zstd: bytesOf(`${name}.zst`) };
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return {
      bytes,
      packed,
      type: TYPES[name.split(".").at(-1)!]!,
      etag: `"${hash.toString(16)}-${bytes.length}"`,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
