/** Refusals to strangers on their way to the audit: one entry per minute for each name and address, with a count. */
import { networkOf } from "../platform/net.ts";
import { delay } from "../platform/delay.ts";
import type { Act } from "./entry.ts";
import { messageOf } from "../platform/errors.ts";

const WINDOW_MS = 60_000;
/** Maximum entries per minute, and per address within it; the rest is counted together. */
const ROWS_MAX = 128;
const ROWS_OF_ADDRESS_MAX = 16;
/** Maximum entries per minute caused by people without a login or a key; each further kind is one count. */
const ROWS_OF_STRANGERS_MAX = 16;

export interface Refusal {
  readonly who: string;
  readonly action: string;
  readonly what: string;
  readonly address: string;
}

export interface RefusalDeps {
  write(acts: readonly Act[]): Promise<void>;
  say(line: string): void;
}

export class Refusals {
  readonly #deps: RefusalDeps;
  #rows = new Map<string, { refusal: Refusal; count: number }>();
  #ofStrangers = 0;
  readonly #ofAddress = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(deps: RefusalDeps) {
    this.#deps = deps;
  }

  /** Counts a refusal; it is in the audit after the minute. */
  add(refusal: Refusal): void {
    const row = this.#rows.get(keyOf(refusal));
    if (row) row.count += 1;
    else this.#begin(refusal, 1);
  }

  #begin(refusal: Refusal, count: number): void {
    const place = networkOf(refusal.address);
    const ofPlace = this.#ofAddress.get(place) ?? 0;
    const isStranger = isStrangers(refusal);
    const isFull = this.#rows.size >= ROWS_MAX ||
      (isStranger && this.#ofStrangers >= ROWS_OF_STRANGERS_MAX);
    const fits = !isFull && ofPlace < ROWS_OF_ADDRESS_MAX;
    const isKnownPlace = !isStranger && (!isFull || ofPlace > 0);
    const row = fits ? refusal : {
      ...refusal,
      who: "others",
      what: "of other names or for other reasons",
      address: isKnownPlace ? place : "all addresses",
    };
    const known = this.#rows.get(keyOf(row));
    if (known) known.count += count;
    else {
      this.#rows.set(keyOf(row), { refusal: row, count });
      if (fits) {
        this.#ofAddress.set(place, ofPlace + 1);
        if (isStranger) this.#ofStrangers += 1;
      }
    }
  }

  /** Writes the counts; what cannot be written stays counted. */
  flush(): Promise<void> {
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    this.#ofAddress.clear();
    this.#ofStrangers = 0;
    if (rows.length > 0) this.#writing = this.#writing.then(() => this.#write(rows));
    return this.#writing;
  }

  async #write(rows: readonly { refusal: Refusal; count: number }[]): Promise<void> {
    const acts = rows.map(({ refusal: { who, action, what, address }, count }): Act => ({
      who,
      action,
      module: "",
      detail: `${what}, from ${address}, ${count === 1 ? "once" : `${count} times`}`,
      request_id: "",
    }));
    try {
      await this.#deps.write(acts);
      this.#hasFailed = false;
    } catch (error) {
      for (const { refusal, count } of rows) {
        const row = this.#rows.get(keyOf(refusal));
        if (row) row.count += count;
        else this.#begin(refusal, count);
      }
      if (!this.#hasFailed) this.#deps.say(messageOf(error));
      this.#hasFailed = true;
    }
  }

  /** Writes each minute until the signal ends it, and then once more. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(WINDOW_MS, signal);
      await this.flush();
    }
  }
}

/** Whether no known user or key did it: a failed login, or a request that only its address identifies. */
const isStrangers = ({ who, action, address }: Refusal) => action === "login refused" || who === address;

const keyOf = ({ who, action, what, address }: Refusal) => JSON.stringify([who, action, what, address]);
