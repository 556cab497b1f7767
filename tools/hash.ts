/** Checks files by their hash, so that what is packed is what was pinned, wherever it was stored in between. */
import { createHash } from "node:crypto";

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const block = new Uint8Array(1 << 20);
  for (let read = await file.read(block); read !== null; read = await file.read(block)) {
    hash.update(block.subarray(0, read));
  }
  return hash.digest("hex");
}

/** Throws unless the file has this SHA-256. */
export async function checkHash(path: string, sha256: string): Promise<void> {
  const found = await sha256Of(path);
  if (found !== sha256) {
    throw new Error(
      `Cannot use ${path}: its SHA-256 is ${found}, need ${sha256}; remove it to fetch it again`,
    );
  }
}

/**
 * Whether a folder holds these files. Throws when one of them has other contents, so that it is not replaced unnoticed.
 */
export async function holds(folder: string, files: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [file, sha256] of Object.entries(files)) {
    if (!await Deno.stat(`${folder}/${file}`).then(({ isFile }) => isFile, () => false)) return false;
    await checkHash(`${folder}/${file}`, sha256);
  }
  return true;
}
