/**
 * Everything that outlives its request: live streams and logs as they grow. Each belongs to a login or a key, and ends
 * when that is not valid any more.
 */
import type { Accounts } from "../auth/accounts.ts";
import { may, type Principal } from "../auth/rights.ts";
import { AppError } from "../platform/errors.ts";
import { CLOSE } from "./realtime.ts";

/** How often all streams are checked; a change made in this process triggers a check at once. */
const CHECK_MS = 1_000;

export type StreamKind = "websocket" | "events";
/** Maximum streams of one kind: per principal, and in all. Only the second limit applies to the master key. */
const STREAMS_MAX: Record<StreamKind, { each: number; all: number }> = {
  websocket: { each: 100, all: 2_000 },
  events: { each: 16, all: 500 },
};

/** Why a stream ends: a close code and its text. */
export interface StreamEnd {
  readonly code: number;
  readonly reason: string;
}

interface Stream {
  readonly kind: StreamKind;
  readonly principal: Principal;
  end(why: StreamEnd): void;
}

/** Null while the principal is valid. */
export type Holds = (principal: Principal) => StreamEnd | null;

const EXPIRED: StreamEnd = { code: CLOSE.expired, reason: "the access token has expired" };
const ENDED: StreamEnd = { code: CLOSE.forbidden, reason: "the login has ended" };
const REVOKED: StreamEnd = { code: CLOSE.forbidden, reason: "the API key is no longer valid" };

/** Whether a principal may still read, by the current accounts. */
export const holdsBy =
  (accounts: Pick<Accounts, "isOpen" | "keyNamed" | "user">, now: () => number = Date.now): Holds =>
  (principal) => {
    if (principal.expires * 1000 <= now()) return EXPIRED;
    if (principal.master) return null;
    if (principal.session) {
      const user = accounts.user(principal.name);
      const same = user && !user.disabled && user.role === principal.role &&
        accounts.isOpen(principal.session);
      return same && may(principal, "read") ? null : ENDED;
    }
    const holder = accounts.keyNamed(principal.name);
    return holder && may(holder, "read") ? null : REVOKED;
  };

export class Streams {
  readonly #holds: Holds;
  readonly #open = new Set<Stream>();

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  /** Checks every second until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.check(), CHECK_MS);
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    clearInterval(timer);
  }

  /** Registers a stream until it is disposed of. Throws `rate_limited` when there are too many. */
  open(kind: StreamKind, principal: Principal, end: (why: StreamEnd) => void): Disposable {
    const { each, all } = STREAMS_MAX[kind];
    let [own, total] = [0, 0];
    for (const stream of this.#open) {
      if (stream.kind !== kind) continue;
      total += 1;
      if (stream.principal.name === principal.name) own += 1;
    }
    if (total >= all || (own >= each && !principal.master)) {
      throw new AppError(
        "rate_limited",
        total >= all
          ? `Cannot stream: ${total} streams are open, need fewer than ${all}`
          : `Cannot stream: ${own} of your streams are open, need fewer than ${each}`,
      );
    }
    const stream = { kind, principal, end };
    this.#open.add(stream);
    return { [Symbol.dispose]: () => void this.#open.delete(stream) };
  }

  /** Ends the streams whose principal is not valid any more. */
  check(): void {
    const known = new Map<string, StreamEnd | null>();
    for (const stream of [...this.#open]) {
      const { name, session = "", expires } = stream.principal;
      const key = `${name} ${session} ${expires}`;
      if (!known.has(key)) known.set(key, this.#ask(stream.principal));
      const why = known.get(key);
      if (!why) continue;
      this.#open.delete(stream);
      stream.end(why);
    }
  }

  #ask(principal: Principal): StreamEnd | null {
    try {
      return this.#holds(principal);
    } catch {
      // Accounts that cannot be read decide nothing now and are checked again; requests report the error.
      return null;
    }
  }

  /** Number of open streams of a kind. */
  count(kind: StreamKind): number {
    return [...this.#open].filter((stream) => stream.kind === kind).length;
  }
}
