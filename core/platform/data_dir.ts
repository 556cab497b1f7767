/** The data folder: created by the running parts, opened by all others; private, with one owner and a version check. */
import { makeControlKey } from "../control/control_key.ts";
import { AppError } from "./errors.ts";
import { diskProblem, makeFolder, readOrMake } from "./atomic_file.ts";

/** Incremented when a change of the layout makes the folder unreadable for older versions. */
export const DATA_VERSION = 1;
const VERSION_FILE = "VERSION";
const INSTANCE_FILE = "instance";
/** Its subfolders; each is as private as the folder itself. */
const FOLDERS = ["agents", "control", "datasets", "keys", "link", "log", "mirror", "models", "store"];
const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;

export interface DataDir {
  readonly path: string;
  /** 8 hex digits, made at the first start: part of every producer id of this folder. */
  readonly instance: string;
  /** Folder of the embedded log. */
  readonly logPath: string;
}

/**
 * How a verb uses the folder. `make`: it runs there, and creates the folder when missing. `change`: the folder must
 * exist. `read`: nothing in it is changed, so a copy on a read-only disk is enough. `kill`: it must exist, but no fault
 * of it keeps a kill from the agents.
 */
export type DataUse = "make" | "change" | "read" | "kill";

/** A data folder in which a `legend run` of this host is working. */
export interface RunningInstallation {
  readonly data_dir: string;
  readonly pid: number;
}

/** What opening the folder needs of the process. */
export interface DataDirOptions {
  /** `make` by default. */
  readonly use?: DataUse;
  /** The process also runs when the control key is lost. */
  readonly goesWithoutKey?: boolean;
  say?(line: string): void;
  /** Becomes the user who owns the folder; only called as root. */
  become?(uid: number, gid: number): void;
  /** Installations that run on this host, to suggest in an error about the wrong folder. */
  running?(): readonly RunningInstallation[];
}

/**
 * Opens the folder. With `make`, creates it with mode 0700, and its control key, if missing. Throws `AppError` with one
 * line when it cannot be used, before anything is changed.
 */
export function openDataDir(path: string, options: DataDirOptions = {}): DataDir {
  const { use = "make" } = options;
  try {
    const found = inspectFolder(path);
    if (found && !found.isDirectory) throw new Deno.errors.NotADirectory();
    const signs = use === "kill" ? [VERSION_FILE, "agents"] : [VERSION_FILE];
    const isData = found && signs.some((name) => inspectFolder(`${path}/${name}`));
    if (use !== "make" && !isData) throw notThere(path, options);
    if (found && !isData) refuseOthers(path);
    if (found) {
      takeOwner(path, found, use, options);
      refuseOpen(path, use, options);
    } else {
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    if (use === "kill") {
      return { path, instance: readableInstance(path), logPath: `${path}/log` };
    }
    const keep = (name: string, make: () => string) =>
      use === "read" ? Deno.readTextFileSync(`${path}/${name}`) : readOrMake(`${path}/${name}`, make);
    const version = keep(VERSION_FILE, () => `legend-data ${DATA_VERSION}\n`).trim();
    const number = Number(/^legend-data (\d+)$/.exec(version)?.[1]);
    if (!(number <= DATA_VERSION)) {
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: its version is \`${
          version.slice(0, 40)
        }\`, need \`legend-data ${DATA_VERSION}\`; use the legend version that wrote it`,
      );
    }
    const instance = keep(INSTANCE_FILE, () => `${freshInstance()}\n`).trim();
    if (!/^[0-9a-f]{8}$/.test(instance)) {
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: its file ${INSTANCE_FILE} is damaged, need 8 hex digits`,
      );
    }
    if (use === "make") {
      makeControlKey(path, options.goesWithoutKey);
      makeAgents(path);
    }
    if (use !== "read") shut(path, options);
    return { path, instance, logPath: `${path}/log` };
  } catch (error) {
    if (error instanceof AppError && error.cause === undefined) throw error;
    const cause = error instanceof AppError ? error.cause : error;
    throw new AppError("unavailable", `Cannot use the data folder ${path}: ${why(cause)}`, { cause });
  }
}

/** Whether legend has run in the folder. Throws `AppError` when that cannot be determined. */
export function hasData(path: string): boolean {
  try {
    return inspectFolder(`${path}/${VERSION_FILE}`) !== null;
  } catch (cause) {
    throw new AppError("unavailable", `Cannot use the data folder ${path}: ${why(cause)}`, { cause });
  }
}

/** Throws unless a file can be created in the folder: on a read-only disk the modes look writable. */
export function checkWritable(path: string): void {
  const file = `${path}/.check.${Deno.pid}`;
  try {
    Deno.openSync(file, { createNew: true, write: true, mode: 0o600 }).close();
    Deno.removeSync(file);
  } catch (cause) {
    throw new AppError("unavailable", `Cannot use the data folder ${path}: ${why(cause)}`, { cause });
  }
}

/** The file that the supervisor of a data folder holds locked. */
export const SUPERVISOR_LOCK = "supervisor.lock";

/** Whether a process holds the lock file; false when there is no file. */
export function isHeld(file: string): boolean {
  try {
    using handle = Deno.openSync(file, { read: true });
    return !handle.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Holds a lock file until it is disposed or the process ends; throws `refusal` when another process holds it. */
export function lockFile(file: string, refusal: () => AppError): Disposable {
  let handle: Deno.FsFile;
  try {
    handle = Deno.openSync(file, { create: true, write: true, mode: 0o600 });
  } catch (cause) {
    throw new AppError("unavailable", `Cannot use ${file}: ${why(cause)}`, { cause });
  }
  if (handle.tryLockSync(true)) return handle;
  handle.close();
  throw refusal();
}

/** Whether the agents' folder has disappeared: their states and permissions are then unknown. */
export function agentsAreGone(path: string): boolean {
  try {
    return inspectFolder(`${path}/agents`) === null && inspectFolder(`${path}/keys/agent.key`) !== null;
  } catch {
    // The code that reads the folder reports the error.
    return false;
  }
}

function makeAgents(path: string): void {
  if (agentsAreGone(path)) {
    throw new AppError(
      "unavailable",
      `Cannot use ${path}/agents: it is gone; put it back, it holds the kills and policies of the modules, or make an empty one to begin without them`,
    );
  }
  makeFolder(`${path}/agents`);
}

/** The instance, as far as it can be read: a kill uses the agents' locks and sockets, not names. */
function readableInstance(path: string): string {
  try {
    return Deno.readTextFileSync(`${path}/${INSTANCE_FILE}`).trim();
  } catch {
    return "";
  }
}

function inspectFolder(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function notThere(path: string, { running }: DataDirOptions): AppError {
  const others = running?.() ?? [];
  const shown = others.map(({ data_dir, pid }) => `${data_dir} (process ${pid})`).join(", ");
  const hint = others.length > 0
    ? `legend runs in ${shown}: name it with --data-dir`
    : "no running legend was found on this host; name its folder with --data-dir, or make one with `legend run`";
  return new AppError(
    "unavailable",
    `Cannot use the data folder ${path}: there is no legend data in it; ${hint}`,
  );
}

/** Files that mark a folder as legend's, even without its VERSION. A file system of its own also has `lost+found`. */
const OURS = new Set([VERSION_FILE, INSTANCE_FILE, "agents", "keys", "log", "legend.db", "lost+found"]);
/** What another process makes at this moment, of the same folder. */
const IN_THE_MAKING = new RegExp(`^(${VERSION_FILE}|${INSTANCE_FILE}|\\.check)\\.\\d+$`);

/** A folder with other content is not touched: its modes would change, and its content would become legend's. */
function refuseOthers(path: string): void {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  if (names.length === 0 || names.some((name) => OURS.has(name) || IN_THE_MAKING.test(name))) return;
  throw new AppError(
    "unavailable",
    `Cannot use the data folder ${path}: it holds other things (${
      names.sort()[0]
    }), need a folder that is empty or does not exist yet`,
  );
}

/** Files keep the folder's owner: root becomes that user, any other user is refused. */
function takeOwner(path: string, info: Deno.FileInfo, use: DataUse, { become }: DataDirOptions): void {
  const me = Deno.uid();
  if (me === null || info.uid === null || info.uid === me) return;
  if (me === 0 && use !== "make" && become) return become(info.uid, info.gid ?? info.uid);
  // Permissions limit a reader anyway; a kill finds out by itself.
  if (use === "read" || use === "kill") return;
  const who = me === 0 ? "root" : `user ${me}`;
  throw new AppError(
    "unavailable",
    `Cannot use the data folder ${path} as ${who}: it belongs to user ${info.uid}, run this as that user`,
  );
}

/** The folder and its existing subfolders. */
function folders(path: string): [string, Deno.FileInfo][] {
  return [path, ...FOLDERS.map((name) => `${path}/${name}`)].flatMap((folder) => {
    const found = inspectFolder(folder);
    return found?.isDirectory ? [[folder, found] as [string, Deno.FileInfo]] : [];
  });
}

/**
 * Throws when others can write in the folder, or part of it belongs to another user. A kill reports it and continues.
 */
function refuseOpen(path: string, use: DataUse, { say }: DataDirOptions): void {
  const me = Deno.uid();
  if (me === null || use === "read") return;
  for (const [folder, { mode, uid }] of folders(path)) {
    const bits = (mode ?? 0) & 0o777;
    const problem = bits & OTHERS_WRITE
      ? `others can write it (mode ${bits.toString(8)}); check what is in it, then \`chmod 700\` it`
      : uid !== me && me !== 0
      ? `it belongs to user ${uid}, need \`chown -R ${me} ${path}\``
      : "";
    if (problem === "") continue;
    if (use !== "kill") throw new AppError("unavailable", `Cannot use ${folder}: ${problem}`);
    say?.(`${folder} is not safe: ${problem}`);
  }
}

/** Removes other users' read access. */
function shut(path: string, { say }: DataDirOptions): void {
  if (Deno.uid() === null) return;
  for (const [folder, { mode }] of folders(path)) {
    if (((mode ?? 0) & OTHERS) === 0) continue;
    const was = `others could read ${folder} (mode ${(mode! & 0o777).toString(8)})`;
    try {
      Deno.chmodSync(folder, 0o700);
      say?.(`${was}: it is 700 now`);
    } catch (error) {
      say?.(`${was}, and its mode cannot be changed: ${diskProblem(error)}`);
    }
  }
}

function freshInstance(): string {
  return crypto.getRandomValues(new Uint8Array(4)).toHex();
}

function why(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied, choose another with --data-dir";
  }
  if (error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.AlreadyExists) {
    return "it is not a folder";
  }
  // The runtime refuses access to /proc, /sys and /dev.
  if (error instanceof Deno.errors.NotCapable) {
    return "it is under /proc, /sys or /dev, choose another with --data-dir";
  }
  const problem = diskProblem(error);
  return /read-only/.test(problem) ? `${problem}, choose another with --data-dir` : problem;
}
