/** The accounts as the API uses them: read directly, written by the writing thread. */
import type { Act } from "../audit/entry.ts";
import type { RecordWriter } from "../records/calls.ts";
import type { Accounts, ApiKey, Refreshed, Session, User } from "./accounts.ts";
import { type GateTimes, LoginGate, type Source } from "./login_gate.ts";
import { hashPassword } from "./passwords.ts";
import type { Principal, Role, Scope } from "./rights.ts";

export class SharedAccounts {
  readonly #reads: Accounts;
  readonly #writer: RecordWriter;
  readonly #gate: LoginGate;

  /** `reads` has a connection of its own, so that readers never wait for a writer. */
  constructor(reads: Accounts, writer: RecordWriter, gate: GateTimes = {}) {
    this.#reads = reads;
    this.#writer = writer;
    this.#gate = new LoginGate({
      passwordOf: (name) => reads.passwordOf(name),
      hasLoggedIn: (name, address) => reads.hasLoggedIn(name, address),
      ...gate,
    });
  }

  users(): User[] {
    return this.#reads.users();
  }

  user(name: string): User | undefined {
    return this.#reads.user(name);
  }

  /** Whether a login is still valid. */
  isOpen(session: string): boolean {
    return this.#reads.isOpen(session);
  }

  sessions(user?: string): Session[] {
    return this.#reads.sessions(user);
  }

  keys(): ApiKey[] {
    return this.#reads.keys();
  }

  /** The holder of a key; undefined when it is unknown, expired or revoked. */
  keyHolder(key: string): Principal | undefined {
    return this.#reads.keyHolder(key);
  }

  /** The holder of a key by its name; undefined when it is not valid any more. */
  keyNamed(name: string): Principal | undefined {
    return this.#reads.keyNamed(name);
  }

  /** The user with this name and password. Throws `unauthorized`, or `rate_limited` after too many attempts. */
  check(name: string, password: string, source: Source): Promise<User> {
    return this.#gate.check(name, password, source);
  }

  /** `act` here and below: the change and its audit entry are written together, or not at all. */
  async add(name: string, role: Role, password: string, mustChange = true, act?: Act): Promise<void> {
    await this.#writer.call("insertUser", [name, role, await hashPassword(password), mustChange, act]);
  }

  /** Changes the role, or whether the user may log in; all logins of the user end. */
  change(name: string, change: { role?: Role; disabled?: boolean }, act?: Act): Promise<void> {
    return this.#writer.call("changeUser", [name, change, act]);
  }

  /** Sets a new password; all other logins of the user end. */
  async setPassword(name: string, password: string, mustChange: boolean, keepSession: string): Promise<void> {
    await this.#writer.call("replacePassword", [name, await hashPassword(password), mustChange, keepSession]);
  }

  /** Starts a login; the refresh token is shown only this once. */
  begin(user: string, agent: string, address = ""): Promise<{ session: string; refresh: string }> {
    return this.#writer.call("begin", [user, agent, address]);
  }

  /** Exchanges a refresh token. */
  async refresh(token: string): Promise<Refreshed> {
    // A token that names no login costs one read and no place among the writes: strangers send such tokens too.
    if (!this.#reads.isOpen(token.split(".")[0]!)) return { state: "ended" };
    return await this.#writer.call("refresh", [token]);
  }

  end(session: string): Promise<void> {
    return this.#writer.call("end", [session]);
  }

  /** Creates an API key; it is shown only this once. */
  addKey(
    label: string,
    scopes: readonly Scope[],
    createdBy: string,
    expiresMs: number,
    act?: Act,
  ): Promise<{ id: string; key: string }> {
    return this.#writer.call("addKey", [label, scopes, createdBy, expiresMs, act]);
  }

  revokeKey(id: string, act?: Act): Promise<void> {
    return this.#writer.call("revokeKey", [id, act]);
  }
}
