/**
 * Heads as one place outside the chain's file has them: read one by one, checked on their own, then compared with the
 * chain.
 */
import { headHash, isSignedHead, NO_HEAD, readHead, readOldHead, type SignedHead } from "./head.ts";

/** What is known of the place. */
export interface Place {
  /** `audit-proto`, `the file X`. */
  readonly name: string;
  /**
   * Whether every head that the database counts as published must be here. If not, the place may begin later and end
   * earlier.
   */
  readonly complete: boolean;
  /** Heads of other instances may stand here too. */
  readonly shared: boolean;
}

/** How heads are judged. */
export interface Trust {
  /** The instance that is verified. */
  readonly node: string;
  /** Public keys of this installation, hex; null: they cannot be read, and the signers of the heads cannot be checked. */
  readonly keys: ReadonlySet<string> | null;
}

interface Kept {
  readonly hash: string;
  readonly previous: string;
}

export class PublishedHeads {
  readonly faults: string[] = [];
  /** By seq: signed ones, and those of the first version with the entry's hash. */
  readonly signed = new Map<number, Kept>();
  readonly old = new Map<number, string>();
  /** Heads of this instance, including those published twice. */
  count = 0;
  /** Why the place did not answer; null when it did. */
  unreachable: string | null = null;
  /** Seq of the head that was read last. */
  newest = 0;
  #last: SignedHead | undefined;
  #lastHash = "";
  readonly #strangers = new Map<string, number>();
  readonly #foreign = new Map<string, number>();
  #unreadable = 0;

  constructor(readonly place: Place, readonly trust: Trust) {}

  /** Takes the next head of the place. */
  add(bytes: Uint8Array): void {
    const head = readHead(bytes);
    if (!head) return this.#addOld(bytes);
    if (!this.#isOwn(head.node)) return;
    this.count += 1;
    this.newest = head.seq;
    if (this.trust.keys?.has(head.key) === false) {
      this.#foreign.set(head.key, (this.#foreign.get(head.key) ?? 0) + 1);
    }
    if (head.first !== 1 || head.count !== head.seq) {
      this.#fault(head.seq, `counts ${head.count} entries from ${head.first}`);
    }
    const hash = headHash(bytes);
    const known = this.signed.get(head.seq);
    if (known && known.hash !== hash) this.#fault(head.seq, "was published twice with different contents");
    this.signed.set(head.seq, { hash, previous: head.previous });
    // A head that the next one names by its hash needs no signature check: the last head's signature vouches for it.
    if (head.previous !== this.#lastHash) this.#judgeLast();
    [this.#last, this.#lastHash] = [head, hash];
  }

  /** Something in the place could not be read. */
  fault(line: string): void {
    this.faults.push(`${this.place.name}: ${line}`);
  }

  /**
   * Called after the last head: reports what does not match among the heads themselves. `toldTo`: all heads up to this
   * seq were published; `entries`: number of entries in the chain.
   */
  finish(firstSigned: number | null, publishedTo: number, entries = 0): void {
    this.#judgeLast();
    for (const [node, count] of this.#strangers) {
      this.fault(`${count} heads are of the instance ${node}, not of ${this.trust.node}`);
    }
    for (const [key, count] of this.#foreign) {
      this.fault(`${count} heads are signed by the unknown key ${key.slice(0, 16)}`);
    }
    if (this.#unreadable > 0) this.fault(`${this.#unreadable} records cannot be read as heads`);
    const seqs = [...this.signed.keys()].sort((a, b) => a - b);
    let expected = this.place.complete ? firstSigned : null;
    // When all entries have lost their heads, no head is expected; that would hide that the place lost its heads too.
    if (
      this.place.complete && expected === null && entries > 0 && this.count === 0 && this.faults.length === 0
    ) {
      this.fault(`it has no head, and legend.db has ${entries} entries`);
    }
    for (const [at, seq] of seqs.entries()) {
      const { previous } = this.signed.get(seq)!;
      const before = this.signed.get(seq - 1);
      if (before && before.hash !== previous) this.#fault(seq, "does not follow the head before it");
      if (at === 0 && expected === null && this.place.complete && previous !== NO_HEAD) {
        this.fault(`the heads before ${seq} are missing`);
      }
      if (expected !== null && seq > expected) this.#missing(expected, seq - 1);
      expected = seq + 1;
    }
    if (this.place.complete && expected !== null && publishedTo >= expected) {
      this.#missing(expected, publishedTo);
    }
  }

  #missing(from: number, to: number): void {
    this.fault(from === to ? `head ${from} is missing` : `heads ${from}..${to} are missing`);
  }

  #fault(seq: number, what: string): void {
    this.fault(`head ${seq} ${what}`);
  }

  #judgeLast(): void {
    if (this.#last && !isSignedHead(this.#last)) {
      this.#fault(this.#last.seq, "is not signed by the key it names");
    }
  }

  #isOwn(node: string): boolean {
    if (node === this.trust.node) return true;
    if (!this.place.shared) this.#strangers.set(node, (this.#strangers.get(node) ?? 0) + 1);
    return false;
  }

  #addOld(bytes: Uint8Array): void {
    const head = readOldHead(bytes);
    if (!head) {
      this.#unreadable += 1;
      return;
    }
    if (!this.#isOwn(head.node)) return;
    this.count += 1;
    const known = this.old.get(head.seq);
    if (known !== undefined && known !== head.hash) {
      this.#fault(head.seq, "was published twice with different contents");
    }
    this.old.set(head.seq, head.hash);
  }
}
