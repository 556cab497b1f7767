/** Small state that must not be lost: one SQLite file per data folder, shared by this host's parts. */
import { DatabaseSync } from "node:sqlite";
import { AppError, messageOf } from "./errors.ts";
import { delay } from "./delay.ts";
import { asFullDisk, cannotWrite, diskProblem, freeBytes, FULL_DISK } from "./atomic_file.ts";

/** How long a writer waits for another one. */
const BUSY_MS = 3_000;

/**
 * What each version of the tables adds to the previous one. A file is migrated to the newest version when it is opened.
 */
const VERSIONS: readonly string[] = [
  `
create table users (
  name text primary key, role text not null, password text not null, must_change integer not null,
  created_ms integer not null, disabled integer not null default 0, failures integer not null default 0,
  locked_until_ms integer not null default 0
) strict;
create table sessions (
  id text primary key, user text not null references users(name) on delete cascade, refresh_hash blob not null,
  previous_hash blob, created_ms integer not null, used_ms integer not null, expires_ms integer not null,
  agent text not null, revoked integer not null default 0
) strict;
create table api_keys (
  id text primary key, hash blob not null, label text not null, scopes text not null, created_by text not null,
  created_ms integer not null, expires_ms integer not null, revoked integer not null default 0
) strict;
create table audit (
  seq integer primary key, at_ms integer not null, who text not null, action text not null, module text not null,
  detail text not null, request_id text not null, previous text not null, hash text not null
) strict;
`,
  // `entry`: the bytes that are hashed; `head`: signed. Entries of version 1 have neither. `audit_told`: the newest
  // head that was published outside; those of version 1 were published without a signature.
  `
alter table audit add column entry blob;
alter table audit add column head blob;
create table audit_told (only_row integer primary key check (only_row = 1), seq integer not null) strict;
insert into audit_told select 1, coalesce(max(seq), 0) from audit;
alter table users drop column failures;
alter table users drop column locked_until_ms;
alter table sessions add column address text not null default '';
create index sessions_of_user on sessions (user, address);
`,
  // Each index also contains seq, because that is the row's own number.
  `
create index audit_of_who on audit (who);
create index audit_of_action on audit (action);
create index audit_of_who_and_action on audit (who, action);
`,
  // The last entry of version 1, until a signed entry has sealed all of them. They are the first entries of their
  // chain.
  `
create table audit_unsealed (seq integer primary key, hash text not null) strict;
insert into audit_unsealed select seq, hash from audit where entry is null and head is null
  and exists (select 1 from (select entry from audit order by seq limit 1) where entry is null) order by seq desc limit 1;
`,
];
const SCHEMA_VERSION = VERSIONS.length;

export type Database = DatabaseSync;

const PAGE_BYTES = 4_096;
/** Room for some thousand logins or audit entries. */
const ROOM_BYTES = 1 << 20;
/** Bytes that the files of a new database take. */
const OPEN_BYTES = 256 << 10;
const ROOM_EVERY_MS = 60_000;

/** Opens the file, created with its tables if missing; `busyMs`: how long a write waits for another process. */
export function openDatabase(path: string, busyMs = BUSY_MS): Database {
  let database: DatabaseSync;
  try {
    const fresh = !exists(path);
    if (fresh) Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
    database = new DatabaseSync(path);
    // The write-ahead log restarts before it has used up the room that `makeRoom` gave it.
    database.exec(`pragma busy_timeout = ${busyMs}; pragma journal_mode = wal; pragma synchronous = full;
      pragma foreign_keys = on; pragma wal_autocheckpoint = ${ROOM_BYTES / PAGE_BYTES / 4}`);
    migrate(database, path);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // SQLite reports the same text for a broken disk and for a disk without room for its shared pages.
    const isFull = /disk I\/O error/.test(String(cause)) &&
      freeBytes(path.replace(/[^/]*$/, "")) < OPEN_BYTES;
    const problem = isFull ? FULL_DISK : diskProblem(cause);
    throw new AppError("unavailable", `Cannot use ${path}: ${problem}`, { cause });
  }
  return database;
}

/**
 * Opens the file read-only, also on a read-only disk, or when this user may not write it. The result is then a snapshot
 * of this moment.
 */
export function readDatabase(path: string): Database {
  try {
    return openDatabase(path);
  } catch (error) {
    if (!/read-?only|unable to open|permission denied/i.test(String(error))) throw error;
    return readCopy(path, error);
  }
}

/** Copies it with its write-ahead log to a private folder, which is removed once the file is open. */
function readCopy(path: string, before: unknown): Database {
  if (!exists(path)) throw before;
  const folder = Deno.makeTempDirSync({ prefix: "legend-read-" });
  try {
    const copy = `${folder}/legend.db`;
    for (const end of ["", "-wal"]) {
      if (exists(`${path}${end}`)) Deno.copyFileSync(`${path}${end}`, `${copy}${end}`);
    }
    return openDatabase(copy);
  } catch (cause) {
    throw new AppError("unavailable", `Cannot read ${path}: ${diskProblem(cause)}`, { cause });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/**
 * Reads every page of the file, opened as {@link readDatabase} does. Returns the first fault, or null. A file that
 * cannot be opened or read now is not reported as damaged.
 */
export function checkDatabase(path: string): { problem: string; isDamaged: boolean } | null {
  if (!exists(path)) return null;
  try {
    const database = readDatabase(path);
    try {
      const [row] = database.prepare("pragma integrity_check(1)").all();
      const found = String(row?.integrity_check ?? "");
      if (found === "ok") return null;
      return { problem: `Cannot use ${path}: it is damaged (${found.split("\n")[0]})`, isDamaged: true };
    } finally {
      database.close();
    }
  } catch (error) {
    const isDamaged = /malformed|not a database/i.test(String(error));
    if (error instanceof AppError) return { problem: error.message, isDamaged };
    return { problem: `Cannot use ${path}: ${diskProblem(error)}`, isDamaged };
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function migrate(database: Database, path: string): void {
  const version = () => Number(database.prepare("pragma user_version").get()!.user_version);
  if (version() === SCHEMA_VERSION) return;
  transaction(database, () => {
    const now = version();
    if (now > SCHEMA_VERSION) {
      throw new AppError(
        "unavailable",
        `Cannot use ${path}: its version is ${now}, need ${SCHEMA_VERSION}; use the legend version that wrote it`,
      );
    }
    for (const version of VERSIONS.slice(now)) database.exec(version);
    database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
  });
}

/**
 * Keeps free room inside the file and its write-ahead log, so that people can still log in on a full disk and their
 * actions are still audited. Checks each minute until the signal ends it. A disk that is already full is reported.
 */
export async function keepRoom(
  database: Database,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  // The write-ahead log of a newly opened file has no room, however much is free in the file.
  let isLow = true;
  let logged = "";
  while (!signal.aborted) {
    try {
      if (isLow || freeInside(database) < ROOM_BYTES / 2) makeRoom(database);
      isLow = false;
      logged = "";
    } catch (error) {
      isLow = true;
      const line = `Cannot reserve free space in legend.db: ${messageOf(error)}`;
      // Another writer will have released the lock by the next time.
      if (line !== logged && !isBusy(error)) say(line);
      logged = line;
    }
    await delay(ROOM_EVERY_MS, signal);
  }
}

/** A write-ahead log that once had this length is overwritten, not cut, and pages once used stay in the file. */
export function makeRoom(database: Database): void {
  transaction(database, () => {
    database.exec(
      `drop table if exists room; create table room (bytes blob) strict; insert into room values (zeroblob(${ROOM_BYTES}))`,
    );
  });
  // Another process may have done it already.
  transaction(database, () => database.exec("drop table if exists room"));
  database.exec("pragma wal_checkpoint(restart)");
}

function freeInside(database: Database): number {
  return Number(database.prepare("pragma freelist_count").get()!.freelist_count) * PAGE_BYTES;
}

/** Whether another connection holds the lock, also when that is the cause of the error. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && (/database is locked/.test(error.message) || isBusy(error.cause));

/** A lock held by another program is an expected failure, not a fault of this one. */
export const asLocked = (cause: unknown): AppError | null =>
  cause instanceof AppError || !isBusy(cause) ? null : new AppError(
    "unavailable",
    "Cannot write legend.db: it is locked by another program, try again",
    { cause },
  );

/** Runs `work` as a whole or not at all, as the only writer; inside another transaction, as a part of it. */
export function transaction<T>(database: Database, work: () => T): T {
  const [begin, commit, rollback] = database.isTransaction
    ? ["savepoint part", "release part", "rollback to part; release part"]
    : ["begin immediate", "commit", "rollback"];
  try {
    database.exec(begin!);
  } catch (error) {
    throw asLocked(error) ?? (asFullDisk(error) ? cannotWrite("legend.db", error) : error);
  }
  try {
    const result = work();
    database.exec(commit!);
    return result;
  } catch (error) {
    try {
      database.exec(rollback!);
    } catch {
      // A full disk has already ended the transaction; the first error is the one reported.
    }
    throw asLocked(error) ?? (asFullDisk(error) ? cannotWrite("legend.db", error) : error);
  }
}
