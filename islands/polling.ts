/** Polling: never two requests at once, with a time limit, none while the page is hidden. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  addressOf,
  type Answer,
  api,
  type ApiRoute,
  type Ask,
  type Kept,
  LOGIN_BACK,
  Problem,
  wordsOf,
} from "./api.ts";

/** Time limit of an answer; doubled after each timeout. */
const LIMIT_MS = { first: 3_000, last: 12_000 };

/** What is known of something that is fetched: nothing yet, the last answer, why there was no newer one. */
export interface Fetched<T> {
  /** The last answer; undefined: none yet, which does not mean "none exist". */
  readonly value: T | undefined;
  /** `performance.now()` of the last answer; null: none yet. */
  readonly at: number | null;
  /** Why the last request got no answer, as text; "": it was answered. */
  readonly problem: string;
}

export const NOT_FETCHED: Fetched<never> = { value: undefined, at: null, problem: "" };

export interface Poll {
  /** Fetches now, and once more if a request was already under way. */
  refresh(): Promise<void>;
  end(): void;
}

/** Routes that only read. */
export type ReadRoute = Extract<ApiRoute, `GET ${string}`>;

/**
 * Fetches `route` every `everyMs`; 0: once, and again when the page becomes visible after a failure. If `ask` is a
 * function, it gives the parameters of each request. `firstLimitMs`: time limit of an answer before any timeout.
 */
export function poll<R extends ReadRoute>(
  route: R,
  ask: Ask<R> | (() => Ask<R>),
  everyMs: number,
  take: (asked: Fetched<Answer<R>>) => void,
  firstLimitMs = LIMIT_MS.first,
): Poll {
  let asked: Fetched<Answer<R>> = NOT_FETCHED;
  let onItsWay: Promise<void> | undefined;
  let limit_ms = firstLimitMs;
  // An unchanged answer is not sent again.
  const kept: Kept<Answer<R>> = { etag: "", value: undefined };
  let ended = false;
  const refresh = () =>
    onItsWay ??= api(route, typeof ask === "function" ? ask() : ask, { limit_ms, kept }).then(
      (value) => {
        limit_ms = firstLimitMs;
        asked = { value, at: performance.now(), problem: "" };
      },
      (error) => {
        if (error instanceof Problem && error.status === 0) {
          limit_ms = Math.min(2 * limit_ms, Math.max(firstLimitMs, LIMIT_MS.last));
        }
        asked = { ...asked, problem: wordsOf(error) };
      },
    ).then(() => {
      onItsWay = undefined;
      if (!ended) take(asked);
    });
  const look = () => {
    if (!document.hidden && (everyMs > 0 || asked.value === undefined || asked.problem)) refresh();
  };
  refresh();
  const timer = everyMs > 0 ? setInterval(look, everyMs) : undefined;
  document.addEventListener("visibilitychange", look);
  document.addEventListener(LOGIN_BACK, look);
  return {
    async refresh() {
      await onItsWay;
      await refresh();
    },
    end() {
      ended = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      document.removeEventListener(LOGIN_BACK, look);
    },
  };
}

/** What is known of an answer, and a way to fetch at once. */
export type Polled<T> = Fetched<T> & { refresh(): Promise<void> };

/**
 * The answer of `route`, fetched every `everyMs` (0: once); `ask` null: nothing is fetched. With other parameters
 * nothing is known at first.
 */
export function usePolled<R extends ReadRoute>(
  route: R,
  ask: Ask<R> | null,
  everyMs: number,
  firstLimitMs?: number,
): Polled<Answer<R>> {
  const path = ask && addressOf(route, ask);
  const [asked, setAsked] = useState<{ path: string | null; asked: Fetched<Answer<R>> }>({
    path,
    asked: NOT_FETCHED,
  });
  const asking = useRef<Poll | null>(null);
  useEffect(() => {
    if (ask === null) return;
    const one = poll(route, ask, everyMs, (asked) => setAsked({ path, asked }), firstLimitMs);
    asking.current = one;
    return () => one.end();
  }, [path, everyMs]);
  const refresh = useMemo(() => async () => await asking.current?.refresh(), []);
  return { ...(asked.path === path ? asked.asked : NOT_FETCHED), refresh };
}
