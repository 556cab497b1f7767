/** Checks who asks, whether they may, and whether not too often; then the body. */
import { getCookie } from "hono/cookie";
import type { Refusal } from "../../core/audit/refusals.ts";
import type { SharedAccounts } from "../../core/auth/shared_accounts.ts";
import { may, type Principal } from "../../core/auth/rights.ts";
import type { Tokens } from "../../core/auth/tokens.ts";
import { AppError, messageOf } from "../../core/platform/errors.ts";
import { RecentMap } from "../../core/platform/limits/recent_map.ts";
import type { TokenBuckets } from "../../core/platform/limits/token_bucket.ts";
import { networkOf } from "../../core/platform/net.ts";
import { createHash, timingSafeEqual } from "node:crypto";
import type { Route, RouteContext } from "../route.ts";
import { problem } from "../problem.ts";
import type { Door } from "./door.ts";
import { delay } from "../../core/platform/delay.ts";

export const ACCESS_COOKIE = "legend_access";
export const REFRESH_COOKIE = "legend_refresh";
/** Marks a browser that has logged in before; see `core/auth/device.ts`. */
export const DEVICE_COOKIE = "legend_device";
const BODY_BYTES_MAX = 64 << 10;
/** How long a body may take to arrive. */
const BODY_MS = 10_000;
/** Maximum age of a login's state when a request is checked. */
const STATE_MS = 1_000;
const STATES_MAX = 10_000;
const HOLDERS_MAX = 1_000;

interface LoginState {
  /** When it was read, by a monotonic clock. */
  readonly at: number;
  readonly open: boolean;
  readonly mustChange: boolean;
}

export interface GuardDeps {
  accounts: Pick<SharedAccounts, "isOpen" | "keyHolder" | "user">;
  tokens: Tokens;
  masterKey: string;
  buckets: TokenBuckets;
  door: Door;
  /** `/metrics` and the OpenAPI file without login. */
  openMetrics: boolean;
  /** A refusal, for the audit. */
  refused(refusal: Refusal): void;
}

const digest = (text: string) => createHash("sha256").update(text).digest();

export class Guard {
  readonly #deps: GuardDeps;
  readonly #states = new RecentMap<string, LoginState>(STATES_MAX);
  /** Holders of the keys, as of the last time that the accounts could be read. */
  readonly #holders = new RecentMap<string, Principal>(HOLDERS_MAX);

  constructor(deps: GuardDeps) {
    this.#deps = deps;
  }

  /** The caller as the request claims; undefined when it claims none. Throws when the claim is not valid. */
  async principal(c: RouteContext, isKill: boolean): Promise<Principal | undefined> {
    const key = c.req.header("x-api-key");
    if (key !== undefined) return this.#key(key, isKill);
    const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (bearer) return await this.#deps.tokens.verify(bearer, "bearer");
    const cookie = getCookie(c, ACCESS_COOKIE);
    return cookie ? await this.#deps.tokens.verify(cookie, "cookie") : undefined;
  }

  /** The caller of a token that was verified before: nothing to wait for. */
  #known(c: RouteContext): Principal | undefined {
    const { headers } = c.req.raw;
    const bearer = headers.get("authorization");
    if (!bearer?.startsWith("Bearer ") || headers.has("x-api-key")) return undefined;
    return this.#deps.tokens.known(bearer.slice("Bearer ".length), "bearer");
  }

  #key(key: string, isKill: boolean): Principal {
    const { masterKey, accounts } = this.#deps;
    const master = masterKey !== "" && timingSafeEqual(digest(key), digest(masterKey));
    if (master) {
      return { name: "master", scopes: [], master: true, by: "key", expires: Number.MAX_SAFE_INTEGER };
    }
    const id = digest(key).toString("hex");
    const holder = this.#readable(() => accounts.keyHolder(key), isKill ? this.#holders.get(id) : undefined);
    if (!holder) {
      this.#holders.delete(id);
      throw new AppError("unauthorized", "Cannot continue: the API key is unknown, expired or revoked");
    }
    this.#holders.set(id, holder);
    return holder;
  }

  /** The state of a login, at most a second old. */
  #state({ session, name, role }: Principal, isKill: boolean): LoginState {
    const now = performance.now();
    if (!session) return { at: now, open: true, mustChange: false };
    const known = this.#states.get(session);
    if (known && now - known.at < STATE_MS) return known;
    const state = this.#readable(() => {
      const { accounts } = this.#deps;
      const user = accounts.user(name);
      const open = user !== undefined && user.role === role && accounts.isOpen(session);
      return { at: now, open, mustChange: user?.must_change ?? false };
    }, isKill ? known ?? { at: now, open: true, mustChange: false } : undefined);
    this.#states.set(session, state);
    return state;
  }

  /**
   * What the accounts say. When they cannot be read (a damaged file), a kill is judged by the last known state, or by
   * the token's signature alone; nothing else is.
   */
  #readable<T>(read: () => T, last: T | undefined): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (last !== undefined) return last;
      const why = messageOf(error);
      throw new AppError(
        "unavailable",
        `Cannot check who sent the request: legend.db cannot be read: ${why}`,
      );
    }
  }

  /** A login has changed: read its state again at the next request. */
  forget(session: string | undefined): void {
    if (session) this.#states.delete(session);
  }

  /**
   * Counts a request that was not counted yet: one without a route, or on a route that is unlimited for some bodies.
   */
  limit(c: RouteContext): Response | undefined {
    return this.#limit(c, c.get("principal")?.name ?? networkOf(this.#deps.door.address(c)));
  }

  #limit(c: RouteContext, who: string): Response | undefined {
    const wait = this.#deps.buckets.take(who);
    if (wait <= 0) return undefined;
    return problem(c, "rate_limited", `Cannot answer: too many requests, try again in ${wait} s`, {
      retryAfter: wait,
    });
  }

  /** Checks a request. Returns a response when it is refused. */
  async judge(c: RouteContext, row: Route): Promise<Response | undefined> {
    // Such a route may do other things too, but none of them without an entry in the audit.
    const isKill = row.unlimited !== undefined;
    let principal: Principal | undefined;
    let refusal: AppError | undefined;
    try {
      principal = this.#known(c) ?? await this.principal(c, isKill);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusal = error;
    }
    const from = () => this.#deps.door.address(c);
    // Refused requests are always rate-limited; otherwise strangers would fill the audit. Only the body shows whether
    // the request is a kill.
    const later = row.unlimited && !refusal && principal !== undefined && may(principal, row.right);
    const limited = later ? undefined : this.#limit(c, principal?.name ?? networkOf(from()));
    if (limited) return limited;
    const foreign = this.#foreign(c, row, principal);
    if (foreign) {
      // A stranger's GET is not an action, and would fill the audit.
      if (!principal && row.method === "GET") return problem(c, foreign.code, foreign.message);
      return this.#refuse(c, row, principal?.name ?? from(), foreign);
    }
    const open = row.right === "open" ||
      (row.right === "metrics" && this.#deps.openMetrics && refusal === undefined && !principal);
    if (open) {
      if (principal && this.#state(principal, false).open) c.set("principal", principal);
      return undefined;
    }
    if (refusal) return this.#refuse(c, row, from(), refusal);
    if (!principal) {
      return this.#refuse(c, row, from(), new AppError("unauthorized", "Cannot continue: not logged in"));
    }
    const { open: holds, mustChange } = this.#state(principal, isKill);
    if (!holds) {
      return this.#refuse(
        c,
        row,
        principal.name,
        new AppError("unauthorized", "Cannot continue: the login has ended, log in again"),
      );
    }
    if (!may(principal, row.right)) {
      return this.#refuse(
        c,
        row,
        principal.name,
        new AppError("forbidden", `Cannot continue: this needs the right \`${row.right}\``),
      );
    }
    if (mustChange && !row.early) {
      return problem(
        c,
        "forbidden",
        "Cannot continue: the first password must be changed first (`POST /api/auth/password`)",
        { field: "password" },
      );
    }
    c.set("principal", principal);
    return undefined;
  }

  /**
   * Why a foreign page may have sent the request; undefined when none can have. A request with a key or a token of its
   * own came from a program: a browser adds neither by itself.
   */
  #foreign(c: RouteContext, row: Route, principal: Principal | undefined): AppError | undefined {
    if (principal && principal.by !== "cookie") return undefined;
    const { door } = this.#deps;
    try {
      door.checkHost(c);
      if (row.method === "GET") return undefined;
      if (principal && row.right !== "open") door.checkPage(c);
      else door.checkOrigin(c);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
    return undefined;
  }

  #refuse(c: RouteContext, row: Route, who: string, error: AppError): Response {
    // A refused read is not an action; it is in the request counters.
    if (row.method !== "GET" || error.code === "forbidden") {
      const what = `${row.method} ${row.path}: ${error.message}`;
      this.#deps.refused({ who, action: "refused", what, address: this.#deps.door.address(c) });
    }
    return problem(c, error.code, error.message);
  }
}

/**
 * Reads all bytes of a body; null when there are too many. A body without a stated length is not assumed to be small.
 */
async function limited(
  body: ReadableStream<Uint8Array> | null,
  limitMs: number,
): Promise<Uint8Array | null | "late"> {
  const reader = body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  const over = new AbortController();
  const late = delay(limitMs, over.signal).then(() => "late" as const);
  try {
    while (reader) {
      const read = await Promise.race([reader.read(), late]);
      if (read === "late") return "late";
      if (read.done) break;
      size += read.value.length;
      if (size > BODY_BYTES_MAX) return null;
      parts.push(read.value);
    }
  } finally {
    over.abort();
    reader?.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Makes every string valid UTF-8: an unpaired surrogate, which clients that cut texts may send, becomes U+FFFD. No
 * later code meets one: the library, the log and the database accept only UTF-8.
 */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  );
}

/** Parses the body by its schema. Returns a response when it cannot be read or is not valid. */
export async function bodyOf(
  c: RouteContext,
  row: Route,
  limitMs = BODY_MS,
): Promise<{ body: unknown } | Response> {
  if (!row.body) return { body: undefined };
  const length = Number(c.req.header("content-length") ?? 0);
  if (length > BODY_BYTES_MAX) {
    return problem(c, "too_large", `Cannot read the body: ${length} bytes, need at most ${BODY_BYTES_MAX}`);
  }
  const bytes = await limited(c.req.raw.body, limitMs);
  if (bytes === "late") {
    return problem(c, "bad_request", `Cannot read the body: it did not arrive within ${limitMs / 1000} s`);
  }
  if (!bytes) {
    return problem(c, "too_large", `Cannot read the body: more than ${BODY_BYTES_MAX} bytes`);
  }
  // A foreign page may send any text, but not as JSON. Routes that need a login require our header instead.
  const type = /^[^;]*/.exec(c.req.header("content-type") ?? "")![0].trim().toLowerCase();
  if (row.right === "open" && bytes.length > 0 && type !== "application/json") {
    return problem(
      c,
      "bad_request",
      "Cannot read the body: need the header `Content-Type: application/json`",
    );
  }
  let value: unknown = {};
  try {
    if (bytes.length > 0) value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return problem(c, "bad_request", "Cannot read the body: it is not JSON");
  }
  const parsed = row.body.safeParse(value);
  if (parsed.success) return { body: wellFormed(parsed.data) };
  const [first] = parsed.error.issues;
  const keys = first && "keys" in first ? (first.keys as string[]) : [];
  const field = [...(first?.path ?? []), ...keys.slice(0, 1)].join(".");
  return problem(
    c,
    "invalid",
    `${field || "The body"}: ${first?.message ?? "not valid"}`,
    field ? { field } : {},
  );
}
