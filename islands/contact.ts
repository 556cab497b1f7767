/** Whether this browser has contact with the server: what was asked and not answered, since when, and why. */

import { TICK_MS } from "./clock.ts";

/** No answer for this long: the page says so, and shows no value as current. It does so at its clock's next tick. */
export const BLIND_MS = 3_000 - TICK_MS;
/** How often a page that is seen asks: an answer that is older than this before a question is of a page that slept. */
export const ASKED_EVERY_MS = 1_000;

export interface Contact {
  /** `performance.now()` of the oldest question since the last answer; null: none waits. */
  waiting_since: number | null;
  /** `performance.now()` of the last answer; null: none yet. */
  answered_at: number | null;
  /** Its time of day, Unix milliseconds. */
  answered_ms: number | null;
  /** Whether the last question failed at once, because nothing listens there. */
  is_unreachable: boolean;
  /** `performance.now()` at which the login ended; null: it holds. */
  login_ended_at: number | null;
}

const now: Contact = {
  waiting_since: null,
  answered_at: null,
  answered_ms: null,
  is_unreachable: false,
  login_ended_at: null,
};

export const contact = (): Readonly<Contact> => now;

/** A question leaves. */
export function asking(): void {
  now.waiting_since ??= performance.now();
}

/** The server has answered, whatever it said. */
export function answered(): void {
  now.waiting_since = null;
  now.answered_at = performance.now();
  now.answered_ms = Date.now();
  now.is_unreachable = false;
}

/** No answer came: none in time, or nothing listens. */
export function unanswered(isTimeout: boolean): void {
  now.is_unreachable = !isTimeout;
}

export function loginHolds(holds: boolean): void {
  now.login_ended_at = holds ? null : now.login_ended_at ?? performance.now();
}

/** Who does not answer. */
export type Blindness = "offline" | "login" | "unreachable" | "silent";

/** Why the page cannot see, and for how many milliseconds since the last answer; null: it sees. */
export function blindness(
  at: number,
  of: Readonly<Contact> = now,
): { who: Blindness; for_ms: number } | null {
  if (of.login_ended_at !== null) return { who: "login", for_ms: Math.max(0, at - of.login_ended_at) };
  if (of.waiting_since === null) return null;
  const since = Math.max(of.answered_at ?? of.waiting_since, of.waiting_since - ASKED_EVERY_MS);
  const for_ms = Math.max(0, at - since);
  if (navigator.onLine === false && of.is_unreachable) return { who: "offline", for_ms };
  // A refused connection is known at once; a moment is left to a server that starts again.
  if (of.is_unreachable && at - of.waiting_since >= BLIND_MS / 3) return { who: "unreachable", for_ms };
  return for_ms >= BLIND_MS ? { who: "silent", for_ms } : null;
}
