/** The browser's way to the API: limits on time, the header against forgery, problems as errors, one renewal of an expired token. */
import type { Api } from "./client.gen.ts";
import { hostFlags } from "./host.ts";
import { answered, asking, loginHolds, unanswered } from "./contact.ts";

/** What a `problem+json` says; status 0: no answer came. */
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

/** An error in words. */
export const wordsOf = (error: unknown): string =>
  error instanceof Problem ? error.detail : error instanceof Error ? error.message : String(error);

export const prefix = (): string =>
  typeof document === "undefined"
    ? ""
    : document.querySelector<HTMLMetaElement>("meta[name=prefix]")?.content ?? "";

/** The next access token is there; the login has ended; nobody answered. */
export type Refreshed = "ok" | "ended" | "offline";

/** Told to the page when the login has ended, and when somebody has logged in again over the kept page. */
export const LOGIN_ENDED = "legend:login-ended";
export const LOGIN_BACK = "legend:login-back";

/** How long an answer may take: to a question, and to what changes something. */
const LIMIT_MS = { GET: 10_000, other: 30_000 };
const RENEW_LIMIT_MS = 5_000;
/** How long the renewal of another tab is waited for. */
const TURN_LIMIT_MS = 15_000;

/** The last answer to a question that is asked again, and the mark by which the server knows it. */
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
  asking();
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
    // A proxy that says so has not reached the server.
    if (answer.status === 502 || answer.status === 504) unanswered(false);
    else answered();
    return answer;
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    unanswered(isTimeout);
    throw noAnswer(isTimeout, limitMs);
  }
}

const noAnswer = (isTimeout: boolean, limitMs: number) =>
  new Problem(
    0,
    `${
      isTimeout ? `The server has not answered in ${limitMs / 1000} s.` : "The server cannot be reached."
    } ` +
      `Agents go on; a kill works with legend kill${hostFlags()} on the host.`,
  );

let refreshing: Promise<Refreshed> | undefined;
let logins = 0;

/** Somebody has logged in over the kept page: what waited for it goes on. */
export function loggedIn(): void {
  logins += 1;
  loginHolds(true);
  document.dispatchEvent(new Event(LOGIN_BACK));
}

/** Changed by each renewal: tells a tab that waited for its turn that another one has renewed. */
const RENEWED_KEY = "legend-renewed";

function renewals(): string | null {
  try {
    return localStorage.getItem(RENEWED_KEY);
  } catch {
    // Storage can be switched off: then every tab asks the server.
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

/** All tabs share the cookies: what another one has renewed holds for this one too. */
async function renew(before: string | null): Promise<Refreshed> {
  try {
    const now = renewals();
    if ((now !== null && now !== before) || await holds()) return "ok";
    const { status } = await fetched("POST", "/api/auth/refresh", undefined, RENEW_LIMIT_MS);
    if (status === 200) {
      renewed();
      return "ok";
    }
    // Refused because another tab came first: then its new cookies hold.
    if ((status === 401 || status === 409) && await holds()) return "ok";
    return status === 401 ? "ended" : "offline";
  } catch {
    // No answer; what asked for the token says so.
    return "offline";
  }
}

/** One tab renews at a time. Browsers have locks on HTTPS and on the host itself; elsewhere the server's grace must do. */
function inTurn(task: () => Promise<Refreshed>): Promise<Refreshed> {
  if (!navigator.locks) return task();
  return navigator.locks.request("legend-renewal", { signal: AbortSignal.timeout(TURN_LIMIT_MS) }, task)
    .catch((): Refreshed => "offline");
}

/** Gets the next access token. */
export function refresh(): Promise<Refreshed> {
  // A renewal that was on its way when somebody logged in says nothing of the new login.
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
  /** How long the answer may take. */
  limit_ms?: number;
  /** Where the same question's last answer is, and the next one goes. */
  kept?: Kept<T>;
}

/** A route of the API, as its row says: `GET /api/jobs/:id`. */
export type ApiRoute = keyof Api;
/** What it answers. */
export type Answer<R extends ApiRoute> = Api[R]["answer"];
/** What it is asked with: names of its path, query and body, as far as it has them. */
export type Ask<R extends ApiRoute> = Omit<Api[R], "answer">;

interface AnyAsk {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** The address of a question, without the prefix; what is undefined is left out. */
export function addressOf<R extends ApiRoute>(route: R, ask: Ask<R>): string {
  const { params = {}, query = {} } = ask as AnyAsk;
  const path = route.slice(route.indexOf(" ") + 1)
    .replaceAll(/:([a-z_]+)/g, (_, name) => encodeURIComponent(params[name]!).replaceAll("%3A", ":"));
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  );
  return given.length > 0 ? `${path}?${given.join("&")}` : path;
}

/** Asks the server; throws {@link Problem}. */
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
      // The answer broke off, or took too long.
      throw error instanceof SyntaxError
        ? new Problem(answer.status, "The server's answer cannot be read: it is not JSON")
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
