/** Goes through the whole chain, entry by entry, and compares it with its heads here and outside. Lists every fault. */
import { Buffer } from "node:buffer";
import type { Database } from "../platform/database.ts";
import { entryHash, isAct, LATE, NO_HASH, oldEntryHash, SEAL, SHOWN_SQL } from "./entry.ts";
import {
  type Head,
  headHash,
  isHeadOf,
  isSignedHead,
  NO_HEAD,
  readHead,
  type SignedHead,
  unsignedHead,
} from "./head.ts";
import type { PublishedHeads, Trust } from "./published_heads.ts";
import { messageOf } from "../platform/errors.ts";

export interface Verdict {
  readonly entries: number;
  /** Heads of each place outside. */
  readonly heads: readonly { readonly place: string; readonly count: number }[];
  /** Everything that does not match, as text. The audit is whole when this is empty. */
  readonly faults: readonly string[];
  /** What is not a fault but limits what is proved. */
  readonly notes: readonly string[];
}

/** Rows read in one batch: one database call per row would take longer than hashing it. */
const CHUNK_ROWS = 5_000;
const LEAST_SEQ = -(2n ** 63n);
const CHUNK_SQL =
  `select seq, cast(at_ms as text), ${SHOWN_SQL}, entry, cast(previous as blob), cast(hash as blob), head
  from audit where seq >= ? order by seq limit ${CHUNK_ROWS}`;

type Row = [
  seq: bigint,
  atMs: string,
  shown: Uint8Array,
  entry: Uint8Array | null,
  previous: Uint8Array,
  hash: Uint8Array,
  head: Uint8Array | null,
];

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const range = (from: bigint | number, to: bigint | number) =>
  from === to ? `entry ${from} is missing` : `entries ${from}..${to} are missing`;

/** The newest entry or published head that the database knows now. */
export function newestOf(database: Database): number {
  const found = database.prepare(
    "select max(coalesce((select max(seq) from audit), 0), coalesce((select max(seq) from audit_told), 0)) as seq",
  ).get()!;
  return Number(found.seq);
}

/**
 * `database`: the database, or the reason why there is none to read. `told`: places that have taken all their heads;
 * they are finished here. `upTo`: the newest entry before the heads were read; a missing head of a later entry is not a
 * fault.
 */
export function verifyAudit(
  database: Database | string,
  published: readonly PublishedHeads[],
  trust: Trust,
  upTo = Infinity,
): Verdict {
  const walk = new Walk(trust);
  if (typeof database === "string") walk.faults.push(database);
  else walk.all(database);
  for (const place of published) {
    place.finish(walk.firstSigned, Math.min(upTo, Math.max(walk.publishedTo, walk.lastSigned)), walk.entries);
    walk.compare(place);
  }
  const faults = [...walk.faults, ...published.flatMap((place) => place.faults)];
  return {
    entries: walk.entries,
    heads: published.map((place) => ({ place: place.place.name, count: place.count })),
    faults,
    notes: walk.notes(published),
  };
}

/** One pass over the table. */
class Walk {
  readonly faults: string[] = [];
  entries = 0;
  /** The newest head that the database counts as published. */
  publishedTo = 0;
  firstSigned: number | null = null;
  lastSigned = 0;
  /** Number of entries of the first version, the last one, and when a signed entry sealed them all. */
  #old = 0;
  #lastOld = 0;
  #sealedMs: number | null = null;
  /** By seq: the hash of the head, or of an entry of the first version. */
  readonly #heads = new Map<number, string>();
  readonly #oldHashes = new Map<number, string>();
  #expected = 1n;
  #hash = NO_HASH;
  #head: Uint8Array | null = null;
  #headHash = NO_HEAD;
  #key = "";
  #node: string;
  /** Consecutive entries without a head, the newest ones so far. */
  #bare: number[] = [];
  /** Entries that were signed later, and when. */
  readonly #late: string[] = [];
  readonly #strangers = new Map<string, number>();

  constructor(readonly trust: Trust) {
    this.#node = trust.node;
  }

  all(database: Database): void {
    const isOwn = !database.isTransaction;
    try {
      // Reads one state of the file, whatever a running API adds meanwhile.
      if (isOwn) database.exec("begin");
      this.#rows(database, (row) => this.#take(row));
      if (this.#head && !this.#isSigned(this.#head)) this.#judgeAll(database);
      const published = database.prepare("select seq from audit_told").get();
      this.#judgeBare(Number(published?.seq ?? 0));
      this.#readLate(database);
      this.#judgeOld(database);
      if (!published) this.faults.push("legend.db does not say how many heads were published");
      this.publishedTo = Number(published?.seq ?? 0);
    } catch (error) {
      this.faults.push(`legend.db cannot be read: ${messageOf(error)}`);
    } finally {
      if (isOwn && database.isTransaction) database.exec("rollback");
    }
    for (const [node, count] of this.#strangers) {
      this.faults.push(`${count} heads in legend.db are of the instance ${node}, not of ${this.trust.node}`);
    }
    if (BigInt(this.publishedTo) >= this.#expected) {
      this.faults.push(
        `${range(this.#expected, this.publishedTo)}, but heads up to ${this.publishedTo} were published`,
      );
    }
  }

  #rows(database: Database, take: (row: Row) => void): void {
    const chunk = database.prepare(CHUNK_SQL);
    chunk.setReadBigInts(true);
    // Not in the types yet: rows as arrays, without an object each.
    (chunk as unknown as { setReturnArrays(on: boolean): void }).setReturnArrays(true);
    for (let next = LEAST_SEQ;;) {
      const rows = chunk.all(next) as unknown as Row[];
      rows.forEach(take);
      const last = rows.at(-1)?.[0];
      if (last === undefined || last === 2n ** 63n - 1n) return;
      next = last + 1n;
    }
  }

  #take([seq, atMs, shown, entry, previousBytes, hashBytes, head]: Row): void {
    const [previous, hash] = [utf8(previousBytes), utf8(hashBytes)];
    this.entries += 1;
    const follows = seq === this.#expected;
    if (seq > this.#expected) this.faults.push(range(this.#expected, seq - 1n));
    else if (!follows) this.faults.push(`entry ${seq} is out of place: the first is 1`);
    if (follows && previous !== this.#hash) {
      this.faults.push(`entry ${seq} does not follow the one before it`);
    }
    if (entry === null) this.#takeOld(seq, shown, previous, hash, head);
    else {
      this.firstSigned ??= Number(seq);
      if (head) this.lastSigned = Number(seq);
      if (Buffer.compare(shown, entry) !== 0) {
        this.faults.push(`entry ${seq} was changed: what is shown is not what was written`);
      }
      if (entryHash(previous, entry) !== hash) {
        this.faults.push(`entry ${seq} was changed: its hash is different`);
      }
      this.#judge(Number(seq), Number(atMs), hash, head, follows);
      if (this.#old > 0 && this.#sealedMs === null && isAct(entry, SEAL.action, this.#sealOfOld())) {
        this.#sealedMs = Number(atMs);
      }
    }
    this.#hash = hash;
    if (seq >= this.#expected) this.#expected = seq + 1n;
    this.#head = head;
    this.#headHash = head ? headHash(head) : NO_HEAD;
    if (head) this.#heads.set(Number(seq), this.#headHash);
  }

  #takeOld(seq: bigint, shown: Uint8Array, previous: string, hash: string, head: Uint8Array | null): void {
    if (this.firstSigned !== null) this.faults.push(`entry ${seq} has lost its bytes and its head`);
    if (head) this.faults.push(`entry ${seq} has a head and has lost its bytes`);
    if (oldEntryHash(previous, shown) !== hash) {
      this.faults.push(`entry ${seq} was changed: its hash is different`);
    }
    this.#old += 1;
    this.#oldHashes.set(Number(seq), hash);
    this.#lastOld = Number(seq);
  }

  #sealOfOld(): string {
    return SEAL.detail(this.#lastOld, this.#oldHashes.get(this.#lastOld) ?? "");
  }

  /**
   * Without the signed entry that seals them, these entries can be what an intruder without the key made of the chain.
   */
  #judgeOld(database: Database): void {
    if (this.#old === 0 || this.#sealedMs !== null) return;
    const isWaiting = database.prepare("select 1 from audit_unsealed").get() !== undefined;
    const next = isWaiting
      ? "; if the first version of legend wrote them, the next `legend run` seals them"
      : "";
    this.faults.push(`${this.#old} entries have no signed head, and no signed entry seals them${next}`);
  }

  /** Checks an entry against its own head. */
  #judge(seq: number, at_ms: number, hash: string, bytes: Uint8Array | null, follows: boolean): void {
    if (!bytes) {
      this.#bare.push(seq);
      return;
    }
    this.#judgeBare(seq);
    const fits = { node: this.#node, seq, hash, at_ms, first: 1, count: seq, previous: this.#headHash };
    if (!follows || this.#key === "" || !isHeadOf(bytes, unsignedHead(fits, this.#key))) {
      const head = readHead(bytes);
      if (head) this.#judgeRead(head, fits, follows);
      else this.faults.push(`the head of entry ${seq} cannot be read`);
    }
    if (this.#node !== this.trust.node) {
      this.#strangers.set(this.#node, (this.#strangers.get(this.#node) ?? 0) + 1);
    }
  }

  /**
   * Entries without a head. Each one up to `toldTo` had a head: a fault of its own. Those at the end may have been
   * written without the key: one fault for all of them.
   */
  #judgeBare(publishedTo: number): void {
    const waiting = this.#bare.filter((seq) => seq > publishedTo);
    for (const seq of this.#bare) if (seq <= publishedTo) this.faults.push(`entry ${seq} has no signed head`);
    this.#bare = [];
    if (waiting.length === 0) return;
    const [first, last] = [waiting[0]!, waiting.at(-1)!];
    this.faults.push(
      `${LATE.detail(first, last)}: ${
        first === last ? "it is" : "they are"
      } signed at the next write to the audit with the key available`,
    );
  }

  #readLate(database: Database): void {
    const rows = database.prepare(
      "select at_ms, detail from audit where action = ? and entry is not null order by seq",
    );
    for (const { at_ms, detail } of rows.all(LATE.action)) {
      const at = new Date(Number(at_ms)).toISOString();
      this.#late.push(`${detail}: signed at ${at}; no signature proves that they were unchanged before`);
    }
  }

  /** Judges a head that is not simply the next one of the same key. */
  #judgeRead(head: SignedHead, fits: Head, follows: boolean): void {
    const { seq } = fits;
    if ((["seq", "hash", "at_ms", "first", "count"] as const).some((field) => head[field] !== fits[field])) {
      this.faults.push(`entry ${seq} does not match its signed head: it was changed or recomputed`);
    }
    if (follows && head.previous !== fits.previous) {
      this.faults.push(`the head of entry ${seq} does not follow the head before it`);
      if (this.#head && !this.#isSigned(this.#head)) this.#notSigned(seq - 1);
    }
    if (this.trust.keys?.has(head.key) === false) {
      this.faults.push(`the head of entry ${seq} is signed by the unknown key ${head.key.slice(0, 16)}`);
    }
    if (!isSignedHead(head)) this.#notSigned(seq);
    [this.#key, this.#node] = [head.key, head.node];
  }

  #isSigned(bytes: Uint8Array): boolean {
    const head = readHead(bytes);
    return head !== null && isSignedHead(head);
  }

  #notSigned(seq: number): void {
    const line = `the head of entry ${seq} is not signed by the key it names`;
    if (!this.faults.includes(line)) this.faults.push(line);
  }

  /** The last signature is not valid, so it proves nothing about the heads before it: they are checked one by one. */
  #judgeAll(database: Database): void {
    this.#rows(database, ([seq, , , , , , head]) => {
      if (head && !this.#isSigned(head)) this.#notSigned(Number(seq));
    });
  }

  /** Compares the entries with the heads of a place. */
  compare(published: PublishedHeads): void {
    const { name } = published.place;
    const missing: number[] = [];
    const other = (seq: number) =>
      this.faults.push(`entry ${seq} is not the one that ${name} has: the chain was recomputed`);
    for (const [seq, { hash }] of published.signed) {
      const own = this.#heads.get(seq);
      if (own === undefined) missing.push(seq);
      else if (own !== hash) other(seq);
    }
    for (const [seq, hash] of published.old) {
      const own = this.#oldHashes.get(seq);
      if (own === undefined) missing.push(seq);
      else if (own !== hash) other(seq);
    }
    for (const { first: from, last: to } of runs(missing)) {
      this.faults.push(`${range(from, to)}: ${name} has ${from === to ? "its head" : "their heads"}`);
    }
  }

  notes(published: readonly PublishedHeads[]): string[] {
    const notes = [...this.#late];
    if (this.#sealedMs !== null) {
      const at = new Date(this.#sealedMs).toISOString();
      notes.push(
        `${this.#old} entries are of the first version: they were sealed at ${at}; no signature proves that they were unchanged before`,
      );
    }
    for (const { place, signed } of published) {
      if (place.complete) continue;
      const last = Math.max(0, ...[...signed.keys()].slice(-1));
      if (last < this.publishedTo) {
        notes.push(
          `${place.name} lacks heads: it ends with head ${last}, but heads up to ${this.publishedTo} were published`,
        );
      }
    }
    return notes;
  }
}

/** Consecutive numbers, each run by its first and last. */
function runs(numbers: readonly number[]): { first: number; last: number }[] {
  const found: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && number === last.last + 1) last.last = number;
    else found.push({ first: number, last: number });
  }
  return found;
}
