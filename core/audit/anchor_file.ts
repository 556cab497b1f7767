/** Heads in a file on another disk: one per line, as its seq and its bytes in base64. */
import { Buffer } from "node:buffer";
import { delay } from "../platform/delay.ts";
import type { PendingHead } from "./chain.ts";

/** Every line has fewer bytes. */
const LINE_MAX = 2_048;
/** How long a writer waits for another process that holds the file's lock, and how often it retries. */
const LOCK_MS = 2_000;
const LOCK_TRY_MS = 20;
/** How long a writer waits for a disk that does not answer. */
const DISK_MS = 4_000;

export class AnchorFile {
  /** The newest head found or written here; null before the file was first read. */
  #known: number | null = null;
  #isWriting = false;

  constructor(readonly path: string) {}

  /** Returns the seq of the newest head in the file, 0 when there is none. An incomplete line after it is removed. */
  async #prepare(file: Deno.FsFile): Promise<number> {
    const size = await file.seek(0, Deno.SeekMode.End);
    const from = Math.max(0, size - LINE_MAX);
    await file.seek(from, Deno.SeekMode.Start);
    const tail = new Uint8Array(size - from);
    for (let at = 0; at < tail.length;) at += await file.read(tail.subarray(at)) ?? tail.length;
    const text = new TextDecoder("latin1").decode(tail);
    const end = text.lastIndexOf("\n") + 1;
    if (end < text.length) await file.truncate(from + end);
    await file.seek(0, Deno.SeekMode.End);
    const line = text.slice(0, end).trimEnd().split("\n").at(-1) ?? "";
    return Number(/^(\d{1,15}) /.exec(line)?.[1] ?? 0);
  }

  /**
   * Appends the heads that are newer than the newest one in the file; `headsAfter` supplies them. The caller waits at
   * most a few seconds for the disk or for another process. Throws the reason when it fails.
   */
  async append(headsAfter: (seq: number) => readonly PendingHead[]): Promise<void> {
    // The file is only read when there is something new, not on each call.
    if (this.#known !== null && headsAfter(this.#known).length === 0) return;
    if (this.#isWriting) throw new Error(`${this.path}: its disk has not answered yet`);
    this.#isWriting = true;
    const writing = this.#write(headsAfter).finally(() => (this.#isWriting = false));
    const end = new AbortController();
    try {
      await Promise.race([writing, late(this.path, end.signal)]);
    } finally {
      end.abort();
    }
  }

  async #write(headsAfter: (seq: number) => readonly PendingHead[]): Promise<void> {
    using file = await Deno.open(this.path, { read: true, write: true, create: true, mode: 0o600 });
    await locked(file, this.path);
    let last = await this.#prepare(file);
    for (let heads = headsAfter(last); heads.length > 0; heads = headsAfter(last)) {
      const text = heads.map(({ seq, bytes }) => `${seq} ${Buffer.from(bytes).toString("base64")}\n`).join(
        "",
      );
      let rest = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(await file.write(rest));
      last = heads.at(-1)!.seq;
    }
    await file.syncData();
    this.#known = last;
  }
}

async function late(path: string, signal: AbortSignal): Promise<never> {
  await delay(DISK_MS, signal);
  throw new Error(`${path}: its disk has not answered in ${DISK_MS / 1_000} s`);
}

/** Takes the file's lock. A frozen process may hold it for ever, hence the limit. */
async function locked(file: Deno.FsFile, path: string): Promise<void> {
  const end = performance.now() + LOCK_MS;
  while (!await file.tryLock(true)) {
    if (performance.now() > end) {
      throw new Error(`${path}: another process has held it for ${LOCK_MS / 1_000} s`);
    }
    await delay(LOCK_TRY_MS);
  }
}

/** The head on a line; null when the line has none. */
export function headOfLine(line: string): Uint8Array | null {
  const [, seq, text] = /^(\d{1,15}) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  if (!seq || !text) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : null;
}
