/** Whether this browser has contact with the server: what was sent and not answered, since when, and why. */

import { TICK_MS } from "./clock.ts";

/**
 * After this time without an answer the page reports it and shows no value as current, at the next tick of its clock.
 */
export const BLIND_MS = 3_000 - TICK_MS;
/**
 * How often a visible page polls. If the last answer is older than this when a request is sent, the page was asleep.
 */
export const POLL_EVERY_MS = 1_000;

export interface Contact {
  /** `performance.now()` of the oldest request since the last answer; null: none is pending. */
  waiting_since: number | null;
  /** `performance.now()` of the last answer; null: none yet. */
  answered_at: number | null;
  /** Its time of day, in Unix milliseconds. */
  answered_ms: number | null;
  /** Whether the last request failed at once, because nothing listens there. */
  is_unreachable: boolean;
  /** `performance.now()` when the login ended; null: it is valid. */
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

/** Notes that a request was sent. */
export function requestSent(): void {
  now.waiting_since ??= performance.now();
}

/** Notes that the server has answered, with any status. */
export function answerReceived(): void {
  now.waiting_since = null;
  now.answered_at = performance.now();
  now.answered_ms = Date.now();
  now.is_unreachable = false;
}

/** Notes that no answer came: a timeout, or nothing listens. */
export function requestFailed(isTimeout: boolean): void {
  now.is_unreachable = !isTimeout;
}

export function loginHolds(holds: boolean): void {
  now.login_ended_at = holds ? null : now.login_ended_at ?? performance.now();
}

/** What does not answer. */
export type Blindness = "offline" | "login" | "unreachable" | "silent";

/** Why the page is blind, and for how many milliseconds since the last answer; null: it is not. */
export function blindness(
  at: number,
  of: Readonly<Contact> = now,
): { who: Blindness; for_ms: number } | null {
  if (of.login_ended_at !== null) return { who: "login", for_ms: Math.max(0, at - of.login_ended_at) };
  if (of.waiting_since === null) return null;
  const since = Math.max(of.answered_at ?? of.waiting_since, of.waiting_since - POLL_EVERY_MS);
  const for_ms = Math.max(0, at - since);
  if (navigator.onLine === false && of.is_unreachable) return { who: "offline", for_ms };
  // A refused connection is known at once; a server that restarts gets a moment.
  if (of.is_unreachable && at - of.waiting_since >= BLIND_MS / 3) return { who: "unreachable", for_ms };
  return for_ms >= BLIND_MS ? { who: "silent", for_ms } : null;
}
