/** The data folder: made private, checked for its version, named once. */
import { AppError } from "./errors.ts";
import { diskTrouble, readOrMake } from "./files.ts";

/** Raised when a change in the folder's layout makes it unreadable for older versions. */
export const DATA_VERSION = 1;
const VERSION_FILE = "VERSION";
const INSTANCE_FILE = "instance";

export interface DataDir {
  readonly path: string;
  /** 8 hex digits made at the first start: part of every producer id of this folder. */
  readonly instance: string;
  /** Folder of the embedded log. */
  readonly logPath: string;
}

/** Opens the folder, made with mode 0700 if missing. Throws `AppError` with one line when it cannot be used. */
export function openDataDir(path: string): DataDir {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    const version = readOrMake(`${path}/${VERSION_FILE}`, () => `legend-data ${DATA_VERSION}\n`).trim();
    const number = Number(/^legend-data (\d+)$/.exec(version)?.[1]);
    if (!(number <= DATA_VERSION)) {
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: its version is \`${
          version.slice(0, 40)
        }\`, need \`legend-data ${DATA_VERSION}\`; use the legend version that wrote it`,
      );
    }
    const instance = readOrMake(`${path}/${INSTANCE_FILE}`, () => `${freshInstance()}\n`).trim();
    if (!/^[0-9a-f]{8}$/.test(instance)) {
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: its file ${INSTANCE_FILE} is damaged, need 8 hex digits`,
      );
    }
    return { path, instance, logPath: `${path}/log` };
  } catch (error) {
    if (error instanceof AppError && error.cause === undefined) throw error;
    const cause = error instanceof AppError ? error.cause : error;
    throw new AppError("unavailable", `Cannot use the data folder ${path}: ${why(cause)}`, { cause });
  }
}

/** Holds a lock file until disposed or ended; throws `AppError` with `refusal` when another process has it. */
export function lockFile(file: string, refusal: () => AppError): Disposable {
  const handle = Deno.openSync(file, { create: true, write: true, mode: 0o600 });
  if (handle.tryLockSync(true)) return handle;
  handle.close();
  throw refusal();
}

function freshInstance(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function why(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied, choose another with --data-dir";
  }
  if (error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.AlreadyExists) {
    return "it is not a folder";
  }
  const trouble = diskTrouble(error);
  return /read-only/.test(trouble) ? `${trouble}, choose another with --data-dir` : trouble;
}
