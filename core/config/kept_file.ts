/** Files that a data folder has or names, read by whoever asks about the folder: root too, who must not trust them. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const BYTES_MAX = 1 << 20;

/**
 * The text of a plain file of root or of the folder's owner, which that owner may read; a pipe or a device keeps nobody
 * waiting. Throws what is wrong with it.
 */
export function readKeptFile(path: string, folder: string): string {
  const owner = Deno.statSync(folder);
  // Opening alone does something to some devices; what takes the file's place after it is seen below.
  if (!Deno.statSync(path).isFile) throw new Error("it is not a file");
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const file = fstatSync(handle);
    if (!file.isFile()) throw new Error("it is not a file");
    if (file.uid !== 0 && file.uid !== owner.uid) {
      throw new Error("it belongs to neither root nor the owner of the data folder");
    }
    const readable = file.uid === owner.uid ? 0o400 : file.gid === owner.gid ? 0o040 : 0o004;
    // Root reads for the owner, and nothing that the owner could not.
    if (owner.uid !== 0 && (file.mode & readable) === 0) {
      throw new Error("the owner of the data folder may not read it");
    }
    if (file.size > BYTES_MAX) throw new Error("it is larger than 1 MiB");
    // A file of the kernel says 0 and may never end.
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
