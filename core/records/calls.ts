/** All writes to legend.db, by name: the same calls in a verb's thread and in the API's own thread. */
import type { AuditChain } from "../audit/chain.ts";
import type { Act } from "../audit/entry.ts";
import { HeadSigner } from "../audit/head.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { Role, Scope } from "../auth/rights.ts";
import { AppError } from "../platform/errors.ts";
import { freeBytes, FULL_DISK } from "../platform/atomic_file.ts";

/**
 * With less free space, entries caused by strangers are not written: the room kept inside the file is for people who
 * may log in.
 */
const STRANGERS_FREE_BYTES = 8 << 20;

export function recordCalls(chain: AuditChain, accounts: Accounts, folder: string) {
  /** With its audit entry, if it has one: both or neither. */
  const audited = <T>(act: Act | undefined, change: () => T): T =>
    act ? chain.appendWith(act, change) : change();
  return {
    /** Entries of the audit; all or none. */
    audit(acts: readonly Act[]): void {
      for (const act of acts) chain.append(act);
    },
    /** Entries caused by strangers. Throws `no_space` before using room kept for others. */
    refusals(acts: readonly Act[]): void {
      if (freeBytes(folder) < STRANGERS_FREE_BYTES) {
        throw new AppError("no_space", `Cannot write refusals to the audit: ${FULL_DISK}`);
      }
      for (const act of acts) chain.append(act);
    },
    /** The control key is available again; `node`: the instance whose audit it signs. */
    signWith(node: string, seed: string): void {
      chain.signWith(new HeadSigner(node, seed));
      chain.seal();
    },
    markPublished: (seq: number) => chain.markPublished(seq),
    insertUser: (name: string, role: Role, hash: string, mustChange: boolean, act?: Act) =>
      audited(act, () => accounts.insert(name, role, hash, mustChange)),
    changeUser: (name: string, change: { role?: Role; disabled?: boolean }, act?: Act) =>
      audited(act, () => accounts.change(name, change)),
    replacePassword: (name: string, hash: string, mustChange: boolean, keepSession: string) =>
      accounts.replacePassword(name, hash, mustChange, keepSession),
    begin: (user: string, agent: string, address: string) => accounts.begin(user, agent, address),
    refresh: (token: string) => accounts.refresh(token),
    end: (session: string) => accounts.end(session),
    addKey: (label: string, scopes: readonly Scope[], createdBy: string, expiresMs: number, act?: Act) =>
      audited(act, () => accounts.addKey(label, scopes, createdBy, expiresMs)),
    revokeKey: (id: string, act?: Act) => audited(act, () => accounts.revokeKey(id)),
  };
}

export type RecordCalls = ReturnType<typeof recordCalls>;
export type CallName = keyof RecordCalls;

/** Passes calls to the one thread that writes. */
export interface RecordWriter {
  /**
   * Resolves when the write is on disk. Rejects with the error of the call, or `unavailable` when another process has
   * held the file for `waitMs` (3 s by default; `Infinity` waits as long as it takes).
   */
  call<N extends CallName>(
    name: N,
    args: Parameters<RecordCalls[N]>,
    waitMs?: number,
  ): Promise<ReturnType<RecordCalls[N]>>;
}

/** Makes each call at once in this thread: for tests. */
export function inThisThread(calls: RecordCalls): RecordWriter {
  return {
    // deno-lint-ignore no-explicit-any -- the name decides about the arguments
    call: (name, args) => new Promise((resolve) => resolve((calls[name] as any)(...args))),
  };
}
