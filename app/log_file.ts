/** A file of lines that never grows beyond its bound: full, it becomes FILE.1, FILE.1 becomes FILE.2, the last one goes. */
import { messageOf } from "../core/platform/errors.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Size of one file. A line is never cut: the first that does not fit begins the next file. */
  readonly bytesMax: number;
  /** Files beside the one that is written. */
  readonly keep: number;
  /** Takes lines that the file cannot, and once why. */
  instead(text: string): void;
}

const encoder = new TextEncoder();

export class LogFile {
  readonly #options: LogFileOptions;
  #file: Deno.FsFile | null = null;
  #bytes = 0;
  #isBroken = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Writes whole lines. What the file cannot take goes to `instead`; each line tries the file again. */
  write(text: string): void {
    const bytes = encoder.encode(text);
    try {
      let file = this.#file ??= this.#open();
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.bytesMax) {
        this.#rotate();
        file = this.#file = this.#open();
      }
      for (let rest = bytes; rest.length > 0;) {
        const written = file.writeSync(rest);
        this.#bytes += written;
        rest = rest.subarray(written);
      }
      this.#isBroken = false;
    } catch (error) {
      this.#close();
      const { path, instead } = this.#options;
      if (!this.#isBroken) {
        instead(`Cannot write ${path}: ${messageOf(error)}; lines go to stderr until it can\n`);
      }
      this.#isBroken = true;
      instead(text);
    }
  }

  #open(): Deno.FsFile {
    const { path } = this.#options;
    const file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    const { isFile, size } = file.statSync();
    if (!isFile) {
      file.close();
      throw new Error("it is not a file");
    }
    this.#bytes = size;
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
    this.#bytes = 0;
  }

  #rotate(): void {
    this.#close();
    const { path, keep } = this.#options;
    for (let at = keep; at >= 1; at -= 1) {
      const from = at === 1 ? path : `${path}.${at - 1}`;
      try {
        Deno.renameSync(from, `${path}.${at}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    if (keep === 0) Deno.removeSync(path);
  }
}
