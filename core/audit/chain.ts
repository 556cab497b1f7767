/**
 * The audit: entries that each carry the hash of the one before, so that a change, a deletion, an insertion or another order
 * breaks the chain. Heads go to `audit-proto`, outside the file: a chain that was cut or computed anew does not fit them.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Database, transaction } from "../database.ts";

export interface AuditEntry {
  readonly seq: number;
  readonly at_ms: number;
  /** User, `key:ID`, `local:UID`, or `nobody`. */
  readonly who: string;
  /** `login`, `login refused`, `throttle`, `kill`, … */
  readonly action: string;
  /** `arbitrage`, `mev`, or "". */
  readonly module: string;
  readonly detail: string;
  readonly request_id: string;
}

export interface StoredEntry extends AuditEntry {
  readonly hash: string;
}

/** A head as it was told outside. */
export interface Anchor {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
}

export interface Verdict {
  readonly entries: number;
  readonly anchors: number;
  /** The first thing that does not fit, in words; null when the chain is whole. */
  readonly broken: string | null;
}

const FIRST = Buffer.alloc(32);

/** SHA-256 over the previous hash and each field with its length before it. */
function hashOf(previous: Uint8Array, entry: AuditEntry): Buffer {
  const fields = [
    entry.seq,
    entry.at_ms,
    entry.who,
    entry.action,
    entry.module,
    entry.detail,
    entry.request_id,
  ];
  const text = fields.map((field) => {
    const value = String(field);
    return `${Buffer.byteLength(value)}:${value}`;
  }).join("");
  return createHash("sha256").update(previous).update(text).digest();
}

export class AuditChain {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** Adds an entry; its head, to be anchored. Throws when the disk or another writer does not let it. */
  append(entry: Omit<AuditEntry, "seq" | "at_ms">): Anchor {
    return transaction(this.#database, () => {
      const last = this.#database.prepare("select seq, hash from audit order by seq desc limit 1").get();
      const whole: AuditEntry = { ...entry, seq: Number(last?.seq ?? 0) + 1, at_ms: this.#now() };
      const previous = last ? last.hash as Uint8Array : FIRST;
      const hash = hashOf(previous, whole);
      this.#database.prepare(
        "insert into audit (seq, at_ms, who, action, module, detail, request_id, previous, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ).run(
        whole.seq,
        whole.at_ms,
        whole.who,
        whole.action,
        whole.module,
        whole.detail,
        whole.request_id,
        previous,
        hash,
      );
      return { seq: whole.seq, hash: hash.toString("hex") };
    });
  }

  /** Newest first, before `before` (exclusive), at most `limit`. */
  list({ before = Number.MAX_SAFE_INTEGER, limit = 50, who = "", action = "" } = {}): StoredEntry[] {
    const rows = this.#database.prepare(
      "select * from audit where seq < ? and (? = '' or who = ?) and (? = '' or action = ?) order by seq desc limit ?",
    ).all(before, who, who, action, action, limit);
    return rows.map(entryOf);
  }

  count(): number {
    return Number(this.#database.prepare("select count(*) as n from audit").get()!.n);
  }

  /** Goes through the whole chain and holds it against the heads told outside. */
  verify(anchors: Iterable<Anchor> = []): Verdict {
    const told = new Map<number, string>();
    let told_count = 0;
    let broken: string | null = null;
    for (const { seq, hash } of anchors) {
      told_count += 1;
      const known = told.get(seq);
      if (known !== undefined && known !== hash) broken ??= `entry ${seq} was told outside with two hashes`;
      told.set(seq, hash);
    }
    let [entries, previous, expected]: [number, Uint8Array, number] = [0, FIRST, 1];
    for (const row of this.#database.prepare("select * from audit order by seq").iterate()) {
      const entry = entryOf(row);
      if (broken) break;
      entries += 1;
      if (entry.seq !== expected) broken = `entries ${expected}..${entry.seq - 1} are missing`;
      else if (Buffer.compare(row.previous as Uint8Array, previous) !== 0) {
        broken = `entry ${entry.seq} does not follow the one before it`;
      } else if (Buffer.compare(hashOf(previous, entry), row.hash as Uint8Array) !== 0) {
        broken = `entry ${entry.seq} was changed: its hash is another one`;
      } else if (told.has(entry.seq) && told.get(entry.seq) !== entry.hash) {
        broken = `entry ${entry.seq} is not the one that was told outside: the chain was computed anew`;
      }
      previous = row.hash as Uint8Array;
      expected = entry.seq + 1;
    }
    const last = Math.max(0, ...told.keys());
    if (!broken && last >= expected) {
      broken = `entries ${expected}..${last} are missing: they were told outside`;
    }
    return { entries, anchors: told_count, broken };
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
    hash: Buffer.from(row.hash as Uint8Array).toString("hex"),
  };
}
