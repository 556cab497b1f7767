/** Records the actions of verbs in the audit of the data folder. */
import { AuditChain } from "../core/audit/chain.ts";
import type { Act } from "../core/audit/entry.ts";
import { HeadSigner } from "../core/audit/head.ts";
import { controlSeed } from "../core/control/control_key.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import { type Database, openDatabase, readDatabase } from "../core/platform/database.ts";
import { headPublisherOf } from "./head_publisher.ts";
import type { Context } from "./context.ts";

/** The key that signs heads, hex. */
export const headSeed = (context: Context): string =>
  controlSeed(context.dataDir().path, context.setting("control.sign_sk_hex"));

/** Runs with legend.db of the data folder; a write waits up to `busyMs` for another process. */
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

/** Like {@link withDatabase}, for readers: a copy on a read-only disk is enough. */
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

/** Adds an entry in the name of this host's user. Throws when it cannot be stored. */
export function appendAct(context: Context, database: Database, act: Omit<Act, "who">): void {
  append(context, database, { who: LOCAL_USER, ...act });
}

/** Makes a change in legend.db together with its entry in the name of this host's user: both or neither. */
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

/**
 * Writes one entry in the name of `act.who`; its head is published when this resolves. Throws when it cannot be stored.
 */
export const auditAs = (context: Context, act: Act): Promise<void> =>
  withDatabase(context, async (database) => {
    append(context, database, act);
    await publishHeads(context, database);
  });

/** When this resolves, the heads of new entries are published, or the reason against it was reported. */
export async function publishHeads(context: Context, database: Database): Promise<void> {
  const chain = new AuditChain(database);
  await headPublisherOf(context, chain, (seq) => chain.markPublished(seq)).flush();
}
