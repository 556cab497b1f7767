/** Heads in a file on another disk: one a line, its seq and its bytes in base64. */
import { Buffer } from "node:buffer";
import type { PendingHead } from "./chain.ts";

/** A line is shorter. */
const LINE_MAX = 2_048;

export class AnchorFile {
  constructor(readonly path: string) {}

  /** The newest head that stands here; 0 when there is none. What broke off behind it is removed. */
  #prepare(file: Deno.FsFile): number {
    const size = file.seekSync(0, Deno.SeekMode.End);
    const from = Math.max(0, size - LINE_MAX);
    file.seekSync(from, Deno.SeekMode.Start);
    const tail = new Uint8Array(size - from);
    for (let at = 0; at < tail.length;) at += file.readSync(tail.subarray(at)) ?? tail.length;
    const text = new TextDecoder("latin1").decode(tail);
    const end = text.lastIndexOf("\n") + 1;
    if (end < text.length) file.truncateSync(from + end);
    file.seekSync(0, Deno.SeekMode.End);
    const line = text.slice(0, end).trimEnd().split("\n").at(-1) ?? "";
    return Number(/^(\d{1,15}) /.exec(line)?.[1] ?? 0);
  }

  /** Adds what is newer than the newest head here; `headsAfter` gives it. Throws what the file system says. */
  append(headsAfter: (seq: number) => readonly PendingHead[]): void {
    using file = Deno.openSync(this.path, { read: true, write: true, create: true, mode: 0o600 });
    file.lockSync(true);
    let last = this.#prepare(file);
    for (let heads = headsAfter(last); heads.length > 0; heads = headsAfter(last)) {
      const text = heads.map(({ seq, bytes }) => `${seq} ${Buffer.from(bytes).toString("base64")}\n`).join(
        "",
      );
      let rest = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
      last = heads.at(-1)!.seq;
    }
    file.syncDataSync();
  }
}

/** A line's head; null when it is none. */
export function headOfLine(line: string): Uint8Array | null {
  const [, seq, text] = /^(\d{1,15}) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  if (!seq || !text) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : null;
}
