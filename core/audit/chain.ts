/**
 * The audit: entries that each carry the hash of the one before, so that a change, a deletion, an insertion or another order
 * breaks the chain. Heads go to `audit-proto`, outside the file: a chain that was cut or computed anew does not fit them.
 */
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
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

/** Before the first entry there is none. */
const FIRST = "0".repeat(64);

/** What is hashed of an entry: each field with its length in bytes before it, as {@link FIELDS_SQL} makes it too. */
function fieldsOf(entry: AuditEntry): string {
  const fields = [
    entry.seq,
    entry.at_ms,
    entry.who,
    entry.action,
    entry.module,
    entry.detail,
    entry.request_id,
  ];
  return fields.map((field) => `${Buffer.byteLength(String(field))}:${field}`).join("");
}

/** The same text made by the database: a million rows are too many to take apart one by one. */
const FIELDS_SQL = ["seq", "at_ms", "who", "action", "module", "detail", "request_id"]
  .map((name) => `length(cast(${name} as blob)) || ':' || ${name}`).join(" || ");

/** Rows looked at together: a call of the database for each would take longer than its hash. */
const CHUNK_ROWS = 5_000;

/** SHA-256, hex, over the previous hash in hex and the fields. */
const hashOf = (previous: string, fields: string): string => hash("sha256", previous + fields, "hex");

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
      const previous = last ? String(last.hash) : FIRST;
      const hash = hashOf(previous, fieldsOf(whole));
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
      return { seq: whole.seq, hash };
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
    let [entries, previous, expected] = [0, FIRST, 1];
    const chunk = this.#database.prepare(
      `select seq, ${FIELDS_SQL}, previous, hash from audit where seq > ? order by seq limit ${CHUNK_ROWS}`,
    );
    // Not in the types yet: rows as arrays, without an object each.
    (chunk as unknown as { setReturnArrays(on: boolean): void }).setReturnArrays(true);
    for (let after = -1; !broken;) {
      const rows = chunk.all(after) as unknown as [
        seq: number,
        fields: string,
        previous: string,
        hash: string,
      ][];
      if (rows.length === 0) break;
      for (const [seq, fields, before, hash] of rows) {
        entries += 1;
        if (seq !== expected) broken = `entries ${expected}..${seq - 1} are missing`;
        else if (before !== previous) broken = `entry ${seq} does not follow the one before it`;
        else if (hashOf(previous, fields) !== hash) {
          broken = `entry ${seq} was changed: its hash is another one`;
        } else if (told.size > 0 && (told.get(seq) ?? hash) !== hash) {
          broken = `entry ${seq} is not the one that was told outside: the chain was computed anew`;
        }
        if (broken) break;
        [previous, expected, after] = [hash, seq + 1, seq];
      }
    }
    let last = 0;
    for (const seq of told.keys()) last = Math.max(last, seq);
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
    hash: String(row.hash),
  };
}
