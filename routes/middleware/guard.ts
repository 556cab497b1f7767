/** Who asks, whether they may, and whether not too often; then the body, checked. */
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
import { pause } from "../../core/platform/pause.ts";

export const ACCESS_COOKIE = "legend_access";
export const REFRESH_COOKIE = "legend_refresh";
/** Says that this browser has logged in before; see `core/auth/device.ts`. */
export const DEVICE_COOKIE = "legend_device";
const BODY_BYTES_MAX = 64 << 10;
/** How long a body may take to come. */
const BODY_MS = 10_000;
/** How old a login's state may be when a request is judged. */
const STATE_MS = 1_000;
const STATES_MAX = 10_000;
const HOLDERS_MAX = 1_000;

interface LoginState {
  /** When it was read, by a clock that nobody sets. */
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
  /** Who the keys were of when the accounts could be read last. */
  readonly #holders = new RecentMap<string, Principal>(HOLDERS_MAX);

  constructor(deps: GuardDeps) {
    this.#deps = deps;
  }

  /** Who the request says it is from; undefined when it says nothing. Throws when what it says does not hold. */
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
      throw new AppError("unauthorized", "Cannot go on: the API key is unknown, expired or revoked");
    }
    this.#holders.set(id, holder);
    return holder;
  }

  /** The state of a login, a second old at most. */
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
   * What the accounts say. Where they cannot be read (a damaged file), a kill goes by what was known last, or by the
   * token's signature alone; nothing else does.
   */
  #readable<T>(read: () => T, last: T | undefined): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (last !== undefined) return last;
      const why = messageOf(error);
      throw new AppError("unavailable", `Cannot tell who asks: legend.db cannot be read: ${why}`);
    }
  }

  /** A login has changed: look again at once. */
  forget(session: string | undefined): void {
    if (session) this.#states.delete(session);
  }

  /** Counts a request that was not counted yet: one of no route, or of one that is unlimited for some bodies. */
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

  /** Judges a request; an answer when it is refused. */
  async judge(c: RouteContext, row: Route): Promise<Response | undefined> {
    // Such a row may do other things too, but none of them without its entry in the audit.
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
    // What is refused is always limited, or strangers would fill the audit. Whether it is a kill, its body says.
    const later = row.unlimited && !refusal && principal !== undefined && may(principal, row.right);
    const limited = later ? undefined : this.#limit(c, principal?.name ?? networkOf(from()));
    if (limited) return limited;
    const foreign = this.#foreign(c, row, principal);
    if (foreign) {
      // A stranger's reading is no act, and would fill the audit.
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
      return this.#refuse(c, row, from(), new AppError("unauthorized", "Cannot go on: not logged in"));
    }
    const { open: holds, mustChange } = this.#state(principal, isKill);
    if (!holds) {
      return this.#refuse(
        c,
        row,
        principal.name,
        new AppError("unauthorized", "Cannot go on: the login has ended, log in again"),
      );
    }
    if (!may(principal, row.right)) {
      return this.#refuse(
        c,
        row,
        principal.name,
        new AppError("forbidden", `Cannot go on: this needs the right \`${row.right}\``),
      );
    }
    if (mustChange && !row.early) {
      return problem(
        c,
        "forbidden",
        "Cannot go on: the first password must be changed first (`POST /api/auth/password`)",
        { field: "password" },
      );
    }
    c.set("principal", principal);
    return undefined;
  }

  /**
   * Why a foreign page may be behind the request; undefined when none can be. What comes with a key or a token of its
   * own was sent by a program: a browser adds neither by itself.
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
    // What is only read and refused is no act; it is in the request counters.
    if (row.method !== "GET" || error.code === "forbidden") {
      const what = `${row.method} ${row.path}: ${error.message}`;
      this.#deps.refused({ who, action: "refused", what, address: this.#deps.door.address(c) });
    }
    return problem(c, error.code, error.message);
  }
}

/** All bytes of a body; null when there are too many: a length that was not told must not be believed to be small. */
async function limited(
  body: ReadableStream<Uint8Array> | null,
  limitMs: number,
): Promise<Uint8Array | null | "late"> {
  const reader = body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  const over = new AbortController();
  const late = pause(limitMs, over.signal).then(() => "late" as const);
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
 * Every string as UTF-8 can hold it: half a character of UTF-16, as clients that cut texts send it, becomes U+FFFD.
 * Nothing behind this place meets one: the library, the log and the database know UTF-8 alone.
 */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  );
}

/** The body by its schema; an answer when it cannot be read or is not right. */
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
    return problem(c, "bad_request", `Cannot read the body: it did not come within ${limitMs / 1000} s`);
  }
  if (!bytes) {
    return problem(c, "too_large", `Cannot read the body: more than ${BODY_BYTES_MAX} bytes`);
  }
  // A foreign page may send any text, but not as JSON; routes that need a login ask for its header instead.
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
    `${field || "The body"}: ${first?.message ?? "not right"}`,
    field ? { field } : {},
  );
}
