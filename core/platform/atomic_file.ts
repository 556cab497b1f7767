/** Small files that are either complete or absent, and disk errors with advice. */
import { statfsSync } from "node:fs";
import { AppError, firstLineOf } from "./errors.ts";

/** How a full disk is reported, everywhere. */
export const FULL_DISK = "the disk is full, free some space";

/** The reason, for the end of a line. */
export function diskProblem(error: unknown): string {
  const text = firstLineOf(error);
  if (isFull(error)) return FULL_DISK;
  if (/read-only/i.test(text)) return "the file system is read-only";
  return text;
}

/** Bytes that are free for this user on the disk of `path`. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** Whether the disk, or this user's quota, is full, as reported by the system or by SQLite. */
function isFull(error: unknown): boolean {
  return error instanceof Error &&
    /no space|quota exceeded|os error (28|122)\b|database or disk is full/i.test(error.message);
}

/** The error for a full disk when no file is known: an expected failure. `null`: it is another error. */
export function asFullDisk(error: unknown): AppError | null {
  if (error instanceof AppError || !isFull(error)) return null;
  return new AppError("no_space", `Cannot continue: ${diskProblem(error)}`, { cause: error });
}

/**
 * Creates a folder that only its owner can access, if there is none. Its parent must exist: a data folder that
 * disappears while legend runs is not created again, empty.
 */
export function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists && Deno.statSync(path).isDirectory)) throw error;
  }
}

/**
 * Replaces the file's content by `text`. Whatever ends the process or the host, the file holds the old or the new
 * content. Throws `AppError` `no_space` or `failed` with one line.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.new`;
  try {
    writeSynced(temporary, text);
    Deno.renameSync(temporary, path);
  } catch (error) {
    discard(temporary);
    throw cannotWrite(path, error);
  }
}

/**
 * Reads the file. When it is missing, creates it with `make()`, completely or not at all, also when two processes start
 * at once. Throws `AppError` when it cannot be read or created, or is empty: none of our files is.
 */
export function readOrMake(path: string, make: () => string): string {
  const found = readIfThere(path);
  if (found !== null) return found;
  const temporary = `${path}.${Deno.pid}`;
  try {
    writeSynced(temporary, make());
    // A link fails when another process was first; a rename would replace a file that it already uses.
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotWrite(path, error);
  } finally {
    discard(temporary);
  }
  return readIfThere(path) ?? "";
}

/**
 * A status that a part publishes repeatedly. Two files take turns, so that an update needs no room on a full disk. The
 * first of several failed writes is reported, and the part continues.
 */
export class StatusFile {
  #failed = false;

  constructor(readonly path: string, private readonly say: (line: string) => void) {}

  /** A part that ends normally leaves no status. */
  remove(): void {
    [this.path, `${this.path}.new`].forEach(removeIfThere);
  }

  write(status: unknown): void {
    const [temporary, before] = [`${this.path}.new`, `${this.path}.old`];
    try {
      writeOver(temporary, JSON.stringify(status));
      keepUnder(this.path, before);
      Deno.renameSync(temporary, this.path);
      this.#failed = false;
      // The next status is written into the file before last.
      renameIfThere(before, temporary);
    } catch (error) {
      // The existing file keeps its room for the next write.
      if (!this.#failed) this.say(cannotWrite(this.path, error).message);
      this.#failed = true;
    }
  }
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Needs no new room when the file was at least as long before. */
function writeOver(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  let rest = new TextEncoder().encode(text);
  const bytes = rest.length;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
  file.truncateSync(bytes);
}

/** Keeps the file under a second name when its first name is overwritten. Without hard links its room is given up. */
function keepUnder(path: string, name: string): void {
  try {
    removeIfThere(name);
    Deno.linkSync(path, name);
  } catch {
    // The first time there is no such file.
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A leftover file would use room on a full disk. If even this fails, the earlier error is reported. */
function discard(temporary: string): void {
  try {
    Deno.removeSync(temporary);
  } catch {
    // Not there, or not removable: the next write overwrites it from the beginning.
  }
}

function readIfThere(path: string): string | null {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (text === "") {
    throw new AppError("unavailable", `Cannot use ${path}: it is empty; remove it, and it is created again`);
  }
  return text;
}

function writeSynced(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
  file.syncSync();
}

/** What could not be written, and why. */
export function cannotWrite(path: string, error: unknown): AppError {
  const code = isFull(error) ? "no_space" : "failed";
  return new AppError(code, `Cannot write ${path}: ${diskProblem(error)}`, { cause: error });
}
