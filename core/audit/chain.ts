/**
 * The audit. Each entry carries the hash of the one before it and a signed head, so that a change, a deletion, an
 * insertion or another order is detected. Heads wait in the database until they are published outside it: a chain that
 * was cut or replaced by an older one does not match the published heads. `verify.ts` checks this.
 */
import { Buffer } from "node:buffer";
import type { Database } from "../platform/database.ts";
import { transaction } from "../platform/database.ts";
import { type Act, type AuditEntry, entryBytes, entryHash, LATE, NO_HASH, plainAct, SEAL } from "./entry.ts";
import { headHash, type HeadSigner, NO_HEAD } from "./head.ts";

export interface StoredEntry extends AuditEntry {
  readonly hash: string;
}

/** An entry with everything that proves it. Bytes are base64, null where an older version wrote none. */
export interface ExportedEntry extends StoredEntry {
  readonly previous: string;
  readonly entry: string | null;
  readonly head: string | null;
}

/** A head that is not yet published outside the database. */
export interface PendingHead {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Heads published in one batch. */
const HEADS_AT_ONCE = 1_000;

export class AuditChain {
  readonly #database: Database;
  #signer: HeadSigner | null | undefined;
  readonly #now: () => number;

  /**
   * Without a signer the chain is only read. With null there is no key now: entries wait in the chain for their heads.
   */
  constructor(database: Database, signer?: HeadSigner | null, now: () => number = Date.now) {
    this.#database = database;
    this.#signer = signer;
    this.#now = now;
  }

  /**
   * Makes a change of the same database and adds its entry: both or neither. A change that throws is not in the audit.
   */
  appendWith<T>(act: Act, change: () => T): T {
    return transaction(this.#database, () => {
      const made = change();
      this.append(act);
      return made;
    });
  }

  /** The key is available (again): when this returns, entries that waited have their heads. */
  signWith(signer: HeadSigner): void {
    transaction(this.#database, () => this.#signLate(signer));
    this.#signer = signer;
  }

  /** Adds an entry and its head. Returns its seq. Throws when the disk or another writer prevents it. */
  append(act: Act): number {
    const signer = this.#signer;
    if (signer === undefined) throw new Error("This chain was opened read-only");
    return transaction(this.#database, () => {
      if (signer) this.#signLate(signer);
      return this.#add(act, signer);
    });
  }

  #add(act: Act, signer: HeadSigner | null): number {
    const last = this.#database.prepare("select seq, hash, head from audit order by seq desc limit 1")
      .get();
    const begin = this.#database.prepare("select seq from audit order by seq limit 1").get();
    const seq = Number(last?.seq ?? 0) + 1;
    const first = Number(begin?.seq ?? seq);
    const entry: AuditEntry = { ...plainAct(act), seq, at_ms: this.#now() };
    const previous = last ? String(last.hash) : NO_HASH;
    const bytes = entryBytes(entry);
    const hash = entryHash(previous, bytes);
    const before = last?.head instanceof Uint8Array ? headHash(last.head) : NO_HEAD;
    const { at_ms, who, action, module, detail, request_id } = entry;
    const head = signer?.sign({ seq, hash, at_ms, first, count: seq - first + 1, previous: before }) ?? null;
    this.#database.prepare(
      `insert into audit (seq, at_ms, who, action, module, detail, request_id, previous, hash, entry, head)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(seq, at_ms, who, action, module, detail, request_id, previous, hash, bytes, head);
    return seq;
  }

  /**
   * Signs the heads of trailing entries that were written without the key, and adds an entry that records this. An
   * entry whose head was published did have one: if it was removed since, it is not signed again.
   */
  #signLate(signer: HeadSigner): void {
    const waiting = this.#database.prepare(
      `select seq, at_ms, hash from audit where entry is not null and seq > (select max(
        coalesce((select max(seq) from audit where head is not null or entry is null), 0),
        coalesce((select seq from audit_told), 0))) order by seq`,
    ).all();
    if (waiting.length === 0) return;
    const before = this.#database.prepare("select head from audit where seq < ? order by seq desc limit 1");
    const keep = this.#database.prepare("update audit set head = ? where seq = ?");
    const first = Number(this.#database.prepare("select min(seq) as seq from audit").get()!.seq);
    for (const row of waiting) {
      const [seq, at_ms, hash] = [Number(row.seq), Number(row.at_ms), String(row.hash)];
      const last = before.get(seq)?.head;
      const previous = last instanceof Uint8Array ? headHash(last) : NO_HEAD;
      keep.run(signer.sign({ seq, hash, at_ms, first, count: seq - first + 1, previous }), seq);
    }
    const detail = LATE.detail(Number(waiting[0]!.seq), Number(waiting.at(-1)!.seq));
    this.#add({ who: "legend", action: LATE.action, module: "", detail, request_id: "" }, signer);
  }

  /**
   * Seals entries of the first version, once, with an entry that records it; nothing else makes them count as complete.
   * Returns whether there were any to seal.
   */
  seal(): boolean {
    const waiting = this.#database.prepare("select seq, hash from audit_unsealed");
    // The usual case: the start then waits for no other writer.
    if (!waiting.get()) return false;
    return transaction(this.#database, () => {
      const last = waiting.get();
      if (!last) return false;
      const detail = SEAL.detail(Number(last.seq), String(last.hash));
      this.append({ who: "legend", action: SEAL.action, module: "", detail, request_id: "" });
      this.#database.exec("delete from audit_unsealed");
      return true;
    });
  }

  /** Newest first, before `before` (exclusive), at most `limit`. */
  list({ before = Number.MAX_SAFE_INTEGER, limit = 50, who = "", action = "" } = {}): StoredEntry[] {
    // One condition per filter that is set: an index cannot serve an `or`.
    const filters = [["who = ?", who], ["action = ?", action]].filter(([, value]) => value !== "");
    const rows = this.#database.prepare(
      `select seq, at_ms, who, action, module, detail, request_id, hash from audit
      where ${["seq < ?", ...filters.map(([sql]) => sql)].join(" and ")} order by seq desc limit ?`,
    ).all(before, ...filters.map(([, value]) => value!), limit);
    return rows.map(entryOf);
  }

  /** Every entry from `seq` on, oldest first, with the bytes that its hash and its head cover. */
  *entriesFrom(seq: number): Generator<ExportedEntry> {
    const chunk = this.#database.prepare(
      `select seq, at_ms, who, action, module, detail, request_id, previous, hash, entry, head from audit
      where seq >= ? order by seq limit ${HEADS_AT_ONCE}`,
    );
    for (let from = seq;;) {
      const rows = chunk.all(from);
      for (const row of rows) {
        const base64 = (value: unknown) =>
          value instanceof Uint8Array ? Buffer.from(value).toString("base64") : null;
        yield {
          ...entryOf(row),
          previous: String(row.previous),
          entry: base64(row.entry),
          head: base64(row.head),
        };
      }
      if (rows.length < HEADS_AT_ONCE) return;
      from = Number(rows.at(-1)!.seq) + 1;
    }
  }

  count(): number {
    const found = this.#database.prepare(
      "select (select max(seq) from audit) - (select min(seq) from audit) + 1 as n",
    ).get()!;
    return Number(found.n ?? 0);
  }

  /** The heads after `seq`, oldest first. */
  headsAfter(seq: number, limit = HEADS_AT_ONCE): PendingHead[] {
    return this.#database.prepare(
      "select seq, head from audit where seq > ? and head is not null order by seq limit ?",
    ).all(seq, limit).map(({ seq, head }) => ({ seq: Number(seq), bytes: head as Uint8Array }));
  }

  /** Seq of the newest head that was published; later heads are still to be published. */
  publishedTo(): number {
    return Number(this.#database.prepare("select seq from audit_told").get()?.seq ?? 0);
  }

  /** Records that all heads up to `seq` are published. */
  markPublished(seq: number): void {
    this.#database.prepare("update audit_told set seq = max(seq, ?)").run(seq);
  }
}

function entryOf(row: Record<string, unknown>): StoredEntry {
  return {
    seq: Number(row.seq),
    at_ms: Number(row.at_ms),
    who: String(row.who),
    action: String(row.action),
    module: String(row.module),
    detail: String(row.detail),
    request_id: String(row.request_id),
    hash: String(row.hash),
  };
}
