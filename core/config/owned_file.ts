/**
 * Reads files that a data folder contains or names. Any user may ask about the folder, also root, who must not trust
 * them.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const BYTES_MAX = 1 << 20;

/**
 * Returns the text of a regular file that belongs to root or to the folder's owner and that this owner may read. A pipe
 * or a device does not block the caller. Throws the reason when the file cannot be used.
 */
export function readOwnedFile(path: string, folder: string): string {
  const owner = Deno.statSync(folder);
  // Merely opening some devices has an effect, so the type is checked first. A file that takes its place afterwards is
  // detected below.
  if (!Deno.statSync(path).isFile) throw new Error("it is not a file");
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const file = fstatSync(handle);
    if (!file.isFile()) throw new Error("it is not a file");
    if (file.uid !== 0 && file.uid !== owner.uid) {
      throw new Error("it belongs to neither root nor the owner of the data folder");
    }
    const readable = file.uid === owner.uid ? 0o400 : file.gid === owner.gid ? 0o040 : 0o004;
    // Root reads on behalf of the owner, and only what the owner could read.
    if (owner.uid !== 0 && (file.mode & readable) === 0) {
      throw new Error("the owner of the data folder may not read it");
    }
    if (file.size > BYTES_MAX) throw new Error("it is larger than 1 MiB");
    // A kernel file reports size 0 and may never end.
    const bytes = new Uint8Array(file.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(handle, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(handle);
  }
}
