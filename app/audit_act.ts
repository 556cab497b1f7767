/** What a verb does, in the audit of the data folder. */
import { AuditChain } from "../core/audit/chain.ts";
import type { Act } from "../core/audit/entry.ts";
import { HeadSigner } from "../core/audit/head.ts";
import { controlSeed } from "../core/control/control_key.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import { type Database, openDatabase, readDatabase } from "../core/platform/database.ts";
import { tellerOf } from "./audit_heads.ts";
import type { Context } from "./context.ts";

/** The key that signs heads, hex. */
export const headSeed = (context: Context): string =>
  controlSeed(context.dataDir().path, context.setting("control.sign_sk_hex"));

/** Runs with legend.db of the data folder; a write in it waits `busyMs` for another process. */
export async function withDatabase<T>(
  context: Context,
  run: (database: Database) => T | Promise<T>,
  busyMs?: number,
): Promise<T> {
  const database = openDatabase(`${context.dataDir().path}/legend.db`, busyMs);
  try {
    return await run(database);
  } finally {
    database.close();
  }
}

/** As {@link withDatabase} for who changes nothing: a copy on a read-only disk will do. */
export async function withReading<T>(
  context: Context,
  run: (database: Database) => T | Promise<T>,
): Promise<T> {
  const database = readDatabase(`${context.dataDir().path}/legend.db`);
  try {
    return await run(database);
  } finally {
    database.close();
  }
}

/** Adds an entry by this user of the host. Throws when it cannot be kept. */
export function appendAct(context: Context, database: Database, act: Omit<Act, "who">): void {
  append(context, database, { who: LOCAL_USER, ...act });
}

/** Makes a change of legend.db with its entry by this user of the host, both or neither. */
export function changeAs<T>(
  context: Context,
  database: Database,
  act: Omit<Act, "who">,
  change: () => T,
): T {
  return chainOf(context, database).appendWith({ who: LOCAL_USER, ...act }, change);
}

function append(context: Context, database: Database, act: Act): void {
  chainOf(context, database).append(act);
}

const chainOf = (context: Context, database: Database) =>
  new AuditChain(database, new HeadSigner(context.dataDir().instance, headSeed(context)));

/** One entry in whoever's name acted; its head is outside when this resolves. Throws when it cannot be kept. */
export const auditAs = (context: Context, act: Act): Promise<void> =>
  withDatabase(context, async (database) => {
    append(context, database, act);
    await tellHeads(context, database);
  });

/** The heads of what was added are outside when this resolves, or it was said why not. */
export async function tellHeads(context: Context, database: Database): Promise<void> {
  const chain = new AuditChain(database);
  await tellerOf(context, chain, (seq) => chain.told(seq)).flush();
}
