/** The only module that calls `Deno.dlopen`. */
import { AppError, type ErrorCode, firstLineOf } from "../core/platform/errors.ts";
import { ABI_VERSION, SYMBOLS } from "./symbols.gen.ts";

/** Maps `Status` of ffi/abi to the code that a caller branches on. */
const CODES: Record<number, ErrorCode> = {
  [-3]: "invalid",
  [-4]: "failed",
  [-5]: "no_space",
  [-6]: "not_found",
  [-7]: "unavailable",
  [-8]: "failed",
  [-11]: "unavailable",
};
const TOO_SMALL = -10;
const LINE_BYTES = 2048;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The opened Rust library. */
export class Library {
  readonly symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

  /** Throws `AppError("unavailable")` for a missing file or another ABI version. */
  constructor(readonly path: string) {
    let library;
    try {
      library = Deno.dlopen(path, SYMBOLS);
    } catch (cause) {
      const why = firstLineOf(cause);
      throw new AppError("unavailable", `Cannot open ${path}: ${why}`, { cause });
    }
    this.symbols = library.symbols;
    const abi = this.symbols.legend_abi_version();
    if (abi !== ABI_VERSION) {
      library.close();
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: it belongs to another version of legend (ABI ${abi.toString(16)}, need ${
          ABI_VERSION.toString(16)
        }); build it again`,
      );
    }
  }

  /** Calls with a buffer of its own for the answer; throws `AppError` with the library's line. */
  call(
    run: (out: Uint8Array<ArrayBuffer>, size: number) => number,
    out = new Uint8Array(LINE_BYTES),
  ): { value: number; out: Uint8Array } {
    return { value: check(run(out, out.length), out), out };
  }

  /** Like {@link call}, but the call runs on a separate thread. */
  async callAsync(
    run: (out: Uint8Array<ArrayBuffer>, size: number) => Promise<number>,
    out = new Uint8Array(LINE_BYTES),
  ): Promise<{ value: number; out: Uint8Array }> {
    return { value: check(await run(out, out.length), out), out };
  }

  /** Calls for a text of any length: a buffer that is too small is replaced by a larger one. */
  text(run: (out: Uint8Array<ArrayBuffer>, size: number) => number): string {
    let out = new Uint8Array(LINE_BYTES);
    let value = run(out, out.length);
    // Counters keep counting between the calls, so the answer may have grown again.
    while (value === TOO_SMALL) {
      out = new Uint8Array(2 * sizeNeeded(out));
      value = run(out, out.length);
    }
    return decoder.decode(out.subarray(0, check(value, out)));
  }

  /** Like {@link text}, but the call runs on a separate thread. */
  async textAsync(run: (out: Uint8Array<ArrayBuffer>, size: number) => Promise<number>): Promise<string> {
    let out = new Uint8Array(LINE_BYTES);
    let value = await run(out, out.length);
    while (value === TOO_SMALL) {
      out = new Uint8Array(2 * sizeNeeded(out));
      value = await run(out, out.length);
    }
    return decoder.decode(out.subarray(0, check(value, out)));
  }
}

/** Bytes the library said it needs in a `TooSmall` answer. */
export function sizeNeeded(out: Uint8Array): number {
  return new DataView(out.buffer, out.byteOffset).getUint32(0, true);
}

/** Whether the answer was "the buffer is too small". */
export function isTooSmall(value: number): boolean {
  return value === TOO_SMALL;
}

/** A negative status becomes an `AppError` with the library's own line. */
export function check(value: number, out: Uint8Array): number {
  if (value >= 0) return value;
  const len = Math.min(new DataView(out.buffer, out.byteOffset).getUint32(0, true), out.length - 4);
  const line = decoder.decode(out.subarray(4, 4 + len)) || `Cannot continue: the library answered ${value}`;
  throw new AppError(CODES[value] ?? "failed", line);
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
