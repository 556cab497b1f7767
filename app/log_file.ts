/** A file of lines that never grows beyond its bound: full, it becomes FILE.1, FILE.1 becomes FILE.2, the last one goes. */
import { lockFile } from "../core/platform/data_dir.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Size of one file. A line is never cut: the first that does not fit begins the next file. */
  readonly bytesMax: number;
  /** Files beside the one that is written. */
  readonly keep: number;
  /** Takes the lines that the file cannot. */
  instead(text: string): void;
  /** Takes, once, why it cannot. */
  trouble(line: string): void;
}

const encoder = new TextEncoder();

/** One process writes it, which holds FILE.lock: another one's lines go elsewhere, and no turn loses one. */
export class LogFile {
  readonly #options: LogFileOptions;
  #lock: Disposable | null = null;
  #file: Deno.FsFile | null = null;
  #isBroken = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Writes whole lines. What the file cannot take goes to `instead`; each line tries the file again. */
  write(text: string): void {
    const { path, instead, trouble } = this.#options;
    try {
      this.#append(encoder.encode(text));
      this.#isBroken = false;
    } catch (error) {
      this.#close();
      if (!this.#isBroken) {
        trouble(`Cannot write ${path}: ${messageOf(error)}; lines go to stderr until it can`);
      }
      this.#isBroken = true;
      instead(text);
    }
  }

  /** Writes whole lines if it can; whether it could. */
  tryWrite(text: string): boolean {
    try {
      this.#append(encoder.encode(text));
      return true;
    } catch {
      this.#close();
      return false;
    }
  }

  /** Lets another process write it; the end of this one does too. */
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
      // Half a line would begin the next one.
      file.truncateSync(size);
      throw error;
    }
  }

  /** The file that has the name now: it may have been moved or removed since. */
  #current(): Deno.FsFile {
    const { path } = this.#options;
    const there = statOf(path);
    // A pipe would be waited for.
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
