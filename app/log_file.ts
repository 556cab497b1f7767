/**
 * A log file that never exceeds its size limit. When full it becomes FILE.1, FILE.1 becomes FILE.2, and the last one is
 * deleted.
 */
import { lockFile } from "../core/platform/data_dir.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Maximum bytes of one file. A line is never cut: the first one that does not fit starts the next file. */
  readonly bytesMax: number;
  /** Older files that are kept beside the current one. */
  readonly keep: number;
  /** Receives the lines that could not be written to the file. */
  instead(text: string): void;
  /** Receives the reason, once, why the file cannot be written. */
  onProblem(line: string): void;
}

const encoder = new TextEncoder();

/**
 * One process writes the file, the holder of FILE.lock. Lines of another process go to `instead`, and no rotation loses
 * a line.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #lock: Disposable | null = null;
  #file: Deno.FsFile | null = null;
  #isBroken = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Writes whole lines. Lines that cannot be written go to `instead`; each call tries the file again. */
  write(text: string): void {
    const { path, instead, onProblem } = this.#options;
    try {
      this.#append(encoder.encode(text));
      this.#isBroken = false;
    } catch (error) {
      this.#close();
      if (!this.#isBroken) {
        onProblem(`Cannot write ${path}: ${messageOf(error)}; lines go to stderr until it can be written`);
      }
      this.#isBroken = true;
      instead(text);
    }
  }

  /** Writes whole lines if possible. Returns whether it did. */
  tryWrite(text: string): boolean {
    try {
      this.#append(encoder.encode(text));
      return true;
    } catch {
      this.#close();
      return false;
    }
  }

  /** Lets another process write the file; so does the end of this process. */
  [Symbol.dispose](): void {
    this.#close();
    this.#lock?.[Symbol.dispose]();
    this.#lock = null;
  }

  #append(bytes: Uint8Array): void {
    const { path, bytesMax } = this.#options;
    this.#lock ??= lockFile(
      `${path}.lock`,
      () => new AppError("unavailable", "another process writes it"),
    );
    let file = this.#current();
    let { size } = file.statSync();
    if (size > 0 && size + bytes.length > bytesMax) {
      this.#turn();
      file = this.#current();
      size = 0;
    }
    try {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
    } catch (error) {
      // Half a line would run into the next one.
      file.truncateSync(size);
      throw error;
    }
  }

  /** The file that has the name now: the open one may have been moved or removed. */
  #current(): Deno.FsFile {
    const { path } = this.#options;
    const there = statOf(path);
    // Opening a pipe would block.
    if (there && !there.isFile) throw new AppError("invalid", "it is not a file");
    const open = this.#file?.statSync();
    if (open && (open.ino !== there?.ino || open.dev !== there?.dev)) this.#close();
    return this.#file ??= Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }

  #turn(): void {
    this.#close();
    const { path, keep } = this.#options;
    if (keep === 0) return Deno.removeSync(path);
    for (let at = keep; at >= 1; at -= 1) {
      const from = at === 1 ? path : `${path}.${at - 1}`;
      if (statOf(from)) Deno.renameSync(from, `${path}.${at}`);
    }
  }
}

/** Null: nothing is there. */
function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
