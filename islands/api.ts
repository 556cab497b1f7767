/**
 * The browser's access to the API: time limits, the header against forgery, problems as errors, one renewal of an
 * expired token.
 */
import type { Api } from "./client.gen.ts";
import { hostFlags } from "./host_command.ts";
import { answerReceived, loginHolds, requestFailed, requestSent } from "./contact.ts";

/** The content of a `problem+json`; status 0: no answer came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly field?: string,
    readonly requestId?: string,
  ) {
    super(detail);
  }
}

/** An error as text. */
export const wordsOf = (error: unknown): string =>
  error instanceof Problem ? error.detail : error instanceof Error ? error.message : String(error);

export const prefix = (): string =>
  typeof document === "undefined"
    ? ""
    : document.querySelector<HTMLMetaElement>("meta[name=prefix]")?.content ?? "";

/** The next access token is there; the login has ended; there was no answer. */
export type Refreshed = "ok" | "ended" | "offline";

/** Events for the page: the login has ended, and a user has logged in again over the kept page. */
export const LOGIN_ENDED = "legend:login-ended";
export const LOGIN_BACK = "legend:login-back";

/** Time limit of an answer: to a read, and to a change. */
const LIMIT_MS = { GET: 10_000, other: 30_000 };
const RENEW_LIMIT_MS = 5_000;
/** How long this tab waits for the renewal of another tab. */
const TURN_LIMIT_MS = 15_000;

/** The last answer to a repeated request, and its ETag. */
export interface Kept<T> {
  etag: string;
  value: T | undefined;
}

async function fetched(
  method: string,
  path: string,
  body: unknown,
  limitMs: number,
  etag = "",
): Promise<Response> {
  requestSent();
  try {
    const answer = await fetch(`${prefix()}${path}`, {
      method,
      signal: AbortSignal.timeout(limitMs),
      headers: {
        "x-requested-with": "dashboard",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(etag === "" ? {} : { "if-none-match": etag }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // With these, the proxy has not reached the server.
    if (answer.status === 502 || answer.status === 504) requestFailed(false);
    else answerReceived();
    return answer;
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    requestFailed(isTimeout);
    throw noAnswer(isTimeout, limitMs);
  }
}

const noAnswer = (isTimeout: boolean, limitMs: number) =>
  new Problem(
    0,
    `${
      isTimeout ? `The server has not answered in ${limitMs / 1000} s.` : "The server cannot be reached."
    } ` +
      `Agents keep running; legend kill${hostFlags()} on the host still kills them.`,
  );

let refreshing: Promise<Refreshed> | undefined;
let logins = 0;

/** A user has logged in over the kept page: what waited for it continues. */
export function loggedIn(): void {
  logins += 1;
  loginHolds(true);
  document.dispatchEvent(new Event(LOGIN_BACK));
}

/** Changed by each renewal: it shows a tab that waited for its turn that another one has renewed. */
const RENEWED_KEY = "legend-renewed";

function renewals(): string | null {
  try {
    return localStorage.getItem(RENEWED_KEY);
  } catch {
    // Storage can be disabled: then every tab asks the server.
    return null;
  }
}

function renewed(): void {
  try {
    localStorage.setItem(RENEWED_KEY, String(Number(renewals() ?? 0) + 1));
  } catch {
    // As above.
  }
}

const holds = async () => (await fetched("GET", "/api/auth/me", undefined, RENEW_LIMIT_MS)).status === 200;

/** All tabs share the cookies: a renewal by another tab counts for this one too. */
async function renew(before: string | null): Promise<Refreshed> {
  try {
    const now = renewals();
    if ((now !== null && now !== before) || await holds()) return "ok";
    const { status } = await fetched("POST", "/api/auth/refresh", undefined, RENEW_LIMIT_MS);
    if (status === 200) {
      renewed();
      return "ok";
    }
    // Refused because another tab came first: then its new cookies are valid.
    if ((status === 401 || status === 409) && await holds()) return "ok";
    return status === 401 ? "ended" : "offline";
  } catch {
    // No answer; the caller reports it.
    return "offline";
  }
}

/**
 * One tab renews at a time. Browsers have locks only on HTTPS and on localhost; otherwise the server's grace period
 * must do.
 */
function inTurn(task: () => Promise<Refreshed>): Promise<Refreshed> {
  if (!navigator.locks) return task();
  return navigator.locks.request("legend-renewal", { signal: AbortSignal.timeout(TURN_LIMIT_MS) }, task)
    .catch((): Refreshed => "offline");
}

/** Gets the next access token. */
export function refresh(): Promise<Refreshed> {
  // A renewal that was under way when a user logged in says nothing about the new login.
  const before = logins;
  const known = renewals();
  refreshing ??= inTurn(() => renew(known))
    .then((refreshed) => {
      if (refreshed === "ended" && logins === before) {
        loginHolds(false);
        document.dispatchEvent(new Event(LOGIN_ENDED));
      } else if (refreshed === "ok") loginHolds(true);
      return refreshed;
    })
    .finally(() => (refreshing = undefined));
  return refreshing;
}

interface Asking<T> {
  /** Time limit of the answer. */
  limit_ms?: number;
  /** Holds the last answer to the same request, and receives the next one. */
  kept?: Kept<T>;
}

/** A route of the API, written as in its row: `GET /api/jobs/:id`. */
export type ApiRoute = keyof Api;
/** The answer of the route. */
export type Answer<R extends ApiRoute> = Api[R]["answer"];
/** The parameters of the route: path, query and body, as far as it has them. */
export type Ask<R extends ApiRoute> = Omit<Api[R], "answer">;

interface AnyAsk {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** The URL of a request, without the prefix; undefined parameters are omitted. */
export function addressOf<R extends ApiRoute>(route: R, ask: Ask<R>): string {
  const { params = {}, query = {} } = ask as AnyAsk;
  const path = route.slice(route.indexOf(" ") + 1)
    .replaceAll(/:([a-z_]+)/g, (_, name) => encodeURIComponent(params[name]!).replaceAll("%3A", ":"));
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  );
  return given.length > 0 ? `${path}?${given.join("&")}` : path;
}

/** Sends a request; throws {@link Problem}. */
export async function api<R extends ApiRoute>(
  route: R,
  ask: Ask<R>,
  limits: Asking<Answer<R>> = {},
): Promise<Answer<R>> {
  const method = route.slice(0, route.indexOf(" "));
  const { limit_ms = method === "GET" ? LIMIT_MS.GET : LIMIT_MS.other, kept } = limits;
  const path = addressOf(route, ask);
  const { body } = ask as AnyAsk;
  const call = () => fetched(method, path, body, limit_ms, kept?.etag);
  let answer = await call();
  if (answer.status === 401 && !path.startsWith("/api/auth/") && await refresh() === "ok") {
    answer = await call();
  }
  if (answer.status === 304 && kept?.value !== undefined) return kept.value;
  if (answer.ok) {
    try {
      const value: Answer<R> = await answer.json();
      if (kept) [kept.etag, kept.value] = [answer.headers.get("etag") ?? "", value];
      return value;
    } catch (error) {
      // The answer was cut off, or took too long.
      throw error instanceof SyntaxError
        ? new Problem(answer.status, "Cannot read the server's answer: it is not JSON")
        : noAnswer(true, limit_ms);
    }
  }
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(
    answer.status,
    problem.detail ?? `The server answered ${answer.status}`,
    problem.field,
    problem.request_id,
  );
}
