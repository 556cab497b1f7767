/** Users, their logins, and API keys. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Database, transaction } from "../platform/database.ts";
import { AppError } from "../platform/errors.ts";
import { RecentMap } from "../platform/limits/recent_map.ts";
import { hashPassword } from "./passwords.ts";
import type { Principal, Role, Scope } from "./rights.ts";

export interface User {
  readonly name: string;
  readonly role: Role;
  /** The password was set by another person and must be changed first. */
  readonly must_change: boolean;
  readonly created_ms: number;
  readonly disabled: boolean;
}

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly created_ms: number;
  readonly used_ms: number;
  readonly expires_ms: number;
  readonly agent: string;
}

export interface ApiKey {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created_by: string;
  readonly created_ms: number;
  readonly expires_ms: number;
  readonly revoked: boolean;
}

const SESSION_MS = 12 * 3_600_000;
/** How long ended logins are kept. */
const SESSIONS_KEPT_MS = 30 * 86_400_000;
/** For this long, reuse of a replaced refresh token does not count as theft: several tabs may refresh at once. */
const REUSE_GRACE_MS = 5_000;
/** Maximum logins whose last token exchange is timed by the monotonic clock. */
const ROTATED_MAX = 10_000;
const KEY_PREFIX = "lgk";
const hashOf = (secret: string) => createHash("sha256").update(secret).digest();
const same = (a: Uint8Array, b: Uint8Array | null) =>
  b !== null && a.length === b.length && timingSafeEqual(a, b);

/** Result of a refresh token. */
export type Refreshed =
  | { readonly state: "renewed"; readonly user: User; readonly session: string; readonly refresh: string }
  /** Another tab replaced the token a moment ago: the login continues with the newer one. */
  | { readonly state: "late" }
  /** The token was used before: the login has ended. */
  | { readonly state: "stolen"; readonly session: string; readonly user: string }
  | { readonly state: "ended" };

/** The accounts in `legend.db`. Every call blocks its thread until the disk has answered. */
export class Accounts {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #monotonic: () => number;
  /** When a login's token was last exchanged, by the monotonic clock. */
  readonly #rotated = new RecentMap<string, number>(ROTATED_MAX);

  constructor(
    database: Database,
    now: () => number = Date.now,
    monotonic: () => number = () => performance.now(),
  ) {
    this.#database = database;
    this.#now = now;
    this.#monotonic = monotonic;
  }

  /**
   * Creates the first admin when there are no users at all. Calls `made` before the transaction commits: if it throws,
   * the user is not created. Returns whether the admin was created.
   */
  async first(name: string, password: string, made: () => void = () => {}): Promise<boolean> {
    const hash = await hashPassword(password);
    return transaction(this.#database, () => {
      if (Number(this.#database.prepare("select count(*) as n from users").get()!.n) > 0) return false;
      this.insert(name, "admin", hash, true);
      made();
      return true;
    });
  }

  async add(name: string, role: Role, password: string, mustChange = true): Promise<void> {
    this.insert(name, role, await hashPassword(password), mustChange);
  }

  /** Adds a user with an already hashed password. */
  insert(name: string, role: Role, hash: string, mustChange: boolean): void {
    try {
      this.#database.prepare(
        "insert into users (name, role, password, must_change, created_ms) values (?, ?, ?, ?, ?)",
      ).run(name, role, hash, Number(mustChange), this.#now());
    } catch (cause) {
      if (!String(cause).includes("UNIQUE")) throw cause;
      throw new AppError("conflict", `Cannot add ${name}: a user with this name exists`);
    }
  }

  users(): User[] {
    return this.#database.prepare("select * from users order by name").all().map(userOf);
  }

  user(name: string): User | undefined {
    const row = this.#database.prepare("select * from users where name = ?").get(name);
    return row && userOf(row);
  }

  /** Changes the role, or whether the user may log in; all logins of the user end. */
  change(name: string, { role, disabled }: { role?: Role; disabled?: boolean }): void {
    transaction(this.#database, () => {
      const user = this.user(name);
      if (!user) throw new AppError("not_found", `Cannot change ${name}: no such user`);
      // Nothing changes: no login ends.
      if ((role ?? user.role) === user.role && (disabled ?? user.disabled) === user.disabled) return;
      const isAdmin = (one: User) => one.role === "admin" && !one.disabled;
      const staysAdmin = isAdmin({ ...user, role: role ?? user.role, disabled: disabled ?? user.disabled });
      // Only the last admin has to remain one: anybody else may always be shut out.
      if (isAdmin(user) && !staysAdmin && !this.users().some((one) => isAdmin(one) && one.name !== name)) {
        throw new AppError("conflict", `Cannot change ${name}: no other user is an admin`);
      }
      this.#database.prepare("update users set role = ?, disabled = ? where name = ?")
        .run(role ?? user.role, Number(disabled ?? user.disabled), name);
      this.#database.prepare("update sessions set revoked = 1 where user = ?").run(name);
    });
  }

  /** Removes a user and their logins; their audit entries stay. */
  remove(name: string): void {
    transaction(this.#database, () => {
      // As with disabling: another admin must remain.
      this.change(name, { disabled: true });
      this.#database.prepare("delete from sessions where user = ?").run(name);
      this.#database.prepare("delete from users where name = ?").run(name);
    });
  }

  /** The user and hash to check a password against; undefined when there is no such user. */
  passwordOf(name: string): { user: User; hash: string } | undefined {
    const row = this.#database.prepare("select * from users where name = ?").get(name);
    return row && { user: userOf(row), hash: String(row.password) };
  }

  /** Whether this user has logged in from this address within the last month. */
  hasLoggedIn(name: string, address: string): boolean {
    return this.#database.prepare("select 1 from sessions where user = ? and address = ? limit 1")
      .get(name, address) !== undefined;
  }

  /** Sets a new password; all other logins of the user end. */
  async setPassword(name: string, password: string, mustChange = false, keepSession = ""): Promise<void> {
    this.replacePassword(name, await hashPassword(password), mustChange, keepSession);
  }

  /** Sets an already hashed password; all logins of the user except `keepSession` end. */
  replacePassword(name: string, hash: string, mustChange: boolean, keepSession: string): void {
    transaction(this.#database, () => {
      const { changes } = this.#database.prepare(
        "update users set password = ?, must_change = ? where name = ?",
      ).run(hash, Number(mustChange), name);
      if (Number(changes) === 0) {
        throw new AppError("not_found", `Cannot set the password of ${name}: no such user`);
      }
      this.#database.prepare("update sessions set revoked = 1 where user = ? and id <> ?")
        .run(name, keepSession);
    });
  }

  /** Starts a login; the refresh token is shown only this once. */
  begin(user: string, agent: string, address = ""): { session: string; refresh: string } {
    const [session, secret] = [randomBytes(12).toString("hex"), randomBytes(32).toString("base64url")];
    const now = this.#now();
    transaction(this.#database, () => {
      this.#database.prepare("delete from sessions where expires_ms < ?").run(now - SESSIONS_KEPT_MS);
      this.#database.prepare(
        `insert into sessions (id, user, refresh_hash, created_ms, used_ms, expires_ms, agent, address)
        values (?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(session, user, hashOf(secret), now, now, now + SESSION_MS, agent.slice(0, 200), address);
    });
    return { session, refresh: `${session}.${secret}` };
  }

  /**
   * Exchanges a refresh token for the next one. Any other secret for an existing login counts as theft, however often
   * the token was exchanged since: a login's id cannot be guessed.
   */
  refresh(token: string): Refreshed {
    const [session = "", secret = ""] = token.split(".");
    return transaction(this.#database, () => {
      const row = this.#database.prepare("select * from sessions where id = ?").get(session);
      if (!row || row.revoked || Number(row.expires_ms) < this.#now()) return { state: "ended" };
      const user = this.user(String(row.user));
      if (!user || user.disabled) return { state: "ended" };
      const hash = hashOf(secret);
      if (same(hash, row.refresh_hash as Uint8Array)) {
        return { state: "renewed", user, session, refresh: this.#rotate(session, hash) };
      }
      const isLate = same(hash, row.previous_hash as Uint8Array | null) &&
        this.#sinceRotation(session, Number(row.used_ms)) < REUSE_GRACE_MS;
      if (isLate) return { state: "late" };
      this.end(session);
      return { state: "stolen", session, user: user.name };
    });
  }

  #rotate(session: string, current: Uint8Array): string {
    const next = randomBytes(32).toString("base64url");
    this.#database.prepare(
      "update sessions set refresh_hash = ?, previous_hash = ?, used_ms = ? where id = ?",
    ).run(hashOf(next), current, this.#now(), session);
    this.#rotated.set(session, this.#monotonic());
    return `${session}.${next}`;
  }

  /**
   * Milliseconds since the token was exchanged. After a restart only the wall clock is left; an age below 0 cannot be
   * right and counts as infinite.
   */
  #sinceRotation(session: string, usedMs: number): number {
    const at = this.#rotated.get(session);
    if (at !== undefined) return this.#monotonic() - at;
    const age = this.#now() - usedMs;
    return age >= 0 ? age : Infinity;
  }

  /** Whether a login is still valid. */
  isOpen(session: string): boolean {
    const row = this.#database.prepare(
      "select sessions.revoked or users.disabled as gone, sessions.expires_ms from sessions join users on users.name = sessions.user where id = ?",
    ).get(session);
    return row !== undefined && !row.gone && Number(row.expires_ms) >= this.#now();
  }

  end(session: string): void {
    this.#database.prepare("update sessions set revoked = 1 where id = ?").run(session);
  }

  sessions(user?: string): Session[] {
    const rows = this.#database.prepare(
      "select * from sessions where revoked = 0 and expires_ms >= ? order by used_ms desc",
    )
      .all(this.#now());
    return rows.map((row) => ({
      id: String(row.id),
      user: String(row.user),
      created_ms: Number(row.created_ms),
      used_ms: Number(row.used_ms),
      expires_ms: Number(row.expires_ms),
      agent: String(row.agent),
    })).filter((session) => user === undefined || session.user === user);
  }

  /** Creates an API key; it is shown only this once. */
  addKey(
    label: string,
    scopes: readonly Scope[],
    createdBy: string,
    expiresMs: number,
  ): { id: string; key: string } {
    const [id, secret] = [randomBytes(6).toString("hex"), randomBytes(32).toString("base64url")];
    this.#database.prepare(
      "insert into api_keys (id, hash, label, scopes, created_by, created_ms, expires_ms) values (?, ?, ?, ?, ?, ?, ?)",
    ).run(id, hashOf(secret), label, scopes.join(","), createdBy, this.#now(), expiresMs);
    return { id, key: `${KEY_PREFIX}_${id}_${secret}` };
  }

  keys(): ApiKey[] {
    return this.#database.prepare("select * from api_keys order by created_ms").all().map((row) => ({
      id: String(row.id),
      label: String(row.label),
      scopes: String(row.scopes).split(",") as Scope[],
      created_by: String(row.created_by),
      created_ms: Number(row.created_ms),
      expires_ms: Number(row.expires_ms),
      revoked: Boolean(row.revoked),
    }));
  }

  revokeKey(id: string): void {
    const { changes } = this.#database.prepare("update api_keys set revoked = 1 where id = ?").run(id);
    if (Number(changes) === 0) throw new AppError("not_found", `Cannot revoke ${id}: no such key`);
  }

  /** Creates a key with the rights of an existing one, which is then revoked; `expiresMs`: expiry of the new one. */
  rotateKey(id: string, createdBy: string, expiresMs: number): { id: string; key: string } {
    return transaction(this.#database, () => {
      const old = this.keys().find((key) => key.id === id);
      if (!old) throw new AppError("not_found", `Cannot rotate ${id}: no such key, see \`legend key list\``);
      if (old.revoked) throw new AppError("conflict", `Cannot rotate ${id}: it is revoked, make a new key`);
      this.revokeKey(id);
      return this.addKey(old.label, old.scopes, createdBy, expiresMs);
    });
  }

  /** The holder of a key; undefined when it is unknown, expired or revoked. */
  keyHolder(key: string): Principal | undefined {
    const match = /^lgk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(key);
    if (!match) return undefined;
    const row = this.#database.prepare("select * from api_keys where id = ?").get(match[1]!);
    // The same amount of work for a key that does not exist.
    const stored = row ? row.hash as Uint8Array : Buffer.alloc(32);
    const fits = same(hashOf(match[2]!), stored);
    return row && fits ? this.#holder(row) : undefined;
  }

  /**
   * The holder of a key by its name, `key:ID`, for callers that showed the key before; undefined when it is not valid
   * any more.
   */
  keyNamed(name: string): Principal | undefined {
    const row = this.#database.prepare("select * from api_keys where id = ?").get(name.replace(/^key:/, ""));
    return row && this.#holder(row);
  }

  #holder(row: Record<string, unknown>): Principal | undefined {
    if (row.revoked || Number(row.expires_ms) < this.#now()) return undefined;
    return {
      name: `key:${row.id}`,
      scopes: String(row.scopes).split(",") as Scope[],
      by: "key",
      expires: Math.trunc(Number(row.expires_ms) / 1000),
    };
  }
}

function userOf(row: Record<string, unknown>): User {
  return {
    name: String(row.name),
    role: String(row.role) as Role,
    must_change: Boolean(row.must_change),
    created_ms: Number(row.created_ms),
    disabled: Boolean(row.disabled),
  };
}
