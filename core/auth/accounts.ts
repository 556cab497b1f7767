/** Users, their logins, and API keys. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Database, transaction } from "../database.ts";
import { AppError } from "../errors.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import type { Principal, Role, Scope } from "./rights.ts";

export interface User {
  readonly name: string;
  readonly role: Role;
  /** The password was given by somebody else and must be changed first. */
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
/** Wrong passwords in a row before a name is locked. */
const FAILURES_MAX = 5;
const LOCK_MS = 60_000;
/** Passwords looked at in one moment: each costs a tenth of a second of a core. */
const CHECKS_MAX = 4;
/** A replaced refresh token is taken once more for so long: two tabs may refresh at once. */
const REUSE_GRACE_MS = 5_000;
const KEY_PREFIX = "lgk";
/** What a name that does not exist is compared with, so that it takes as long as one that does. */
const NOBODY = await hashPassword("a password of nobody");

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();
const same = (a: Uint8Array, b: Uint8Array | null) =>
  b !== null && a.length === b.length && timingSafeEqual(a, b);

export class Accounts {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** Makes the first admin when there is no user at all; the password to give to the operator, or null. */
  async first(name: string, password: string): Promise<boolean> {
    const hash = await hashPassword(password);
    return transaction(this.#database, () => {
      if (Number(this.#database.prepare("select count(*) as n from users").get()!.n) > 0) return false;
      this.#insert(name, "admin", hash, true);
      return true;
    });
  }

  async add(name: string, role: Role, password: string, mustChange = true): Promise<void> {
    const hash = await hashPassword(password);
    try {
      this.#insert(name, role, hash, mustChange);
    } catch (cause) {
      if (String(cause).includes("UNIQUE")) {
        throw new AppError("conflict", `Cannot add ${name}: there is such a user`);
      }
      throw cause;
    }
  }

  #insert(name: string, role: Role, hash: string, mustChange: boolean): void {
    this.#database.prepare(
      "insert into users (name, role, password, must_change, created_ms) values (?, ?, ?, ?, ?)",
    )
      .run(name, role, hash, Number(mustChange), this.#now());
  }

  users(): User[] {
    return this.#database.prepare("select * from users order by name").all().map(userOf);
  }

  user(name: string): User | undefined {
    const row = this.#database.prepare("select * from users where name = ?").get(name);
    return row && userOf(row);
  }

  /** Changes role or whether the user may log in; their logins end. */
  change(name: string, { role, disabled }: { role?: Role; disabled?: boolean }): void {
    const user = this.user(name);
    if (!user) throw new AppError("not_found", `Cannot change ${name}: no such user`);
    transaction(this.#database, () => {
      const admins = this.users().filter((one) => one.role === "admin" && !one.disabled && one.name !== name);
      if (admins.length === 0 && (disabled || (role && role !== "admin"))) {
        throw new AppError("conflict", `Cannot change ${name}: nobody else is admin`);
      }
      this.#database.prepare("update users set role = ?, disabled = ? where name = ?")
        .run(role ?? user.role, Number(disabled ?? user.disabled), name);
      this.#database.prepare("update sessions set revoked = 1 where user = ?").run(name);
    });
  }

  /** The user whose name and password these are. Throws `unauthorized`, or `rate_limited` while locked. */
  async check(name: string, password: string): Promise<User> {
    if (this.#checking >= CHECKS_MAX) {
      throw new AppError("rate_limited", "Cannot log in: too many others do at this moment, try again");
    }
    this.#checking += 1;
    try {
      return await this.#check(name, password);
    } finally {
      this.#checking -= 1;
    }
  }

  #checking = 0;

  async #check(name: string, password: string): Promise<User> {
    const row = this.#database.prepare("select * from users where name = ?").get(name);
    const now = this.#now();
    if (row && Number(row.locked_until_ms) > now) {
      throw new AppError(
        "rate_limited",
        `Cannot log in: too many wrong passwords, try again in ${
          Math.ceil((Number(row.locked_until_ms) - now) / 1000)
        } s`,
      );
    }
    const fits = await isPassword(password, row ? String(row.password) : NOBODY);
    if (!row || !fits || row.disabled) {
      if (row) this.#failed(name, Number(row.failures) + 1);
      throw new AppError("unauthorized", "Cannot log in: the name or the password is wrong");
    }
    this.#database.prepare("update users set failures = 0 where name = ?").run(name);
    return userOf(row);
  }

  #failed(name: string, failures: number): void {
    const locked = failures % FAILURES_MAX === 0 ? this.#now() + LOCK_MS : 0;
    this.#database.prepare("update users set failures = ?, locked_until_ms = ? where name = ?").run(
      failures,
      locked,
      name,
    );
  }

  /** Sets a new password; all other logins of the user end. */
  async setPassword(name: string, password: string, mustChange = false, keepSession?: string): Promise<void> {
    const hash = await hashPassword(password);
    const { changes } = this.#database.prepare(
      "update users set password = ?, must_change = ?, failures = 0 where name = ?",
    )
      .run(hash, Number(mustChange), name);
    if (Number(changes) === 0) {
      throw new AppError("not_found", `Cannot set the password of ${name}: no such user`);
    }
    this.#database.prepare("update sessions set revoked = 1 where user = ? and id <> ?").run(
      name,
      keepSession ?? "",
    );
  }

  /** Begins a login; the refresh token is shown this once. */
  begin(user: string, agent: string): { session: string; refresh: string } {
    const [session, secret] = [randomBytes(12).toString("hex"), randomBytes(32).toString("base64url")];
    const now = this.#now();
    this.#database.prepare(
      "insert into sessions (id, user, refresh_hash, created_ms, used_ms, expires_ms, agent) values (?, ?, ?, ?, ?, ?, ?)",
    ).run(session, user, hashOf(secret), now, now, now + SESSION_MS, agent.slice(0, 200));
    return { session, refresh: `${session}.${secret}` };
  }

  /**
   * Exchanges a refresh token for the next one. A token that was replaced before is a theft: the whole login ends.
   * Throws `unauthorized`.
   */
  refresh(token: string): { user: User; session: string; refresh: string } {
    const [session = "", secret = ""] = token.split(".");
    const refused = () => new AppError("unauthorized", "Cannot go on: the login has ended, log in again");
    return transaction(this.#database, () => {
      const row = this.#database.prepare("select * from sessions where id = ?").get(session);
      const now = this.#now();
      if (!row || row.revoked || Number(row.expires_ms) < now) throw refused();
      const user = this.user(String(row.user));
      if (!user || user.disabled) throw refused();
      const hash = hashOf(secret);
      if (!same(hash, row.refresh_hash as Uint8Array)) {
        const late = same(hash, row.previous_hash as Uint8Array | null);
        if (late && now - Number(row.used_ms) < REUSE_GRACE_MS) throw refused();
        if (late) {
          this.#database.prepare("update sessions set revoked = 1 where id = ?").run(session);
          this.#reuse = session;
        }
        return null;
      }
      const next = randomBytes(32).toString("base64url");
      this.#database.prepare(
        "update sessions set refresh_hash = ?, previous_hash = ?, used_ms = ? where id = ?",
      )
        .run(hashOf(next), hash, now, session);
      return { user, session, refresh: `${session}.${next}` };
    }) ?? (() => {
      throw refused();
    })();
  }

  #reuse: string | undefined;
  /** The login that a re-used refresh token has just ended, for the audit; told once. */
  takeReuse(): string | undefined {
    const session = this.#reuse;
    this.#reuse = undefined;
    return session;
  }

  /** Whether a login still holds. */
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

  /** Makes an API key; it is shown this once. */
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

  /** Who a key belongs to; undefined when it is unknown, expired or revoked. */
  keyHolder(key: string): Principal | undefined {
    const match = /^lgk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(key);
    if (!match) return undefined;
    const row = this.#database.prepare("select * from api_keys where id = ?").get(match[1]!);
    // The same work for a key that does not exist.
    const stored = row ? row.hash as Uint8Array : Buffer.alloc(32);
    const fits = same(hashOf(match[2]!), stored);
    if (!row || !fits || row.revoked || Number(row.expires_ms) < this.#now()) return undefined;
    return {
      name: `key:${match[1]}`,
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
