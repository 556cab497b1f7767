/** The accounts as the API has them: read here and now, written by the thread that writes. */
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

  /** `reads` has a connection of its own: readers wait for no writer. */
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

  /** Whether a login still holds. */
  isOpen(session: string): boolean {
    return this.#reads.isOpen(session);
  }

  sessions(user?: string): Session[] {
    return this.#reads.sessions(user);
  }

  keys(): ApiKey[] {
    return this.#reads.keys();
  }

  /** Who a key belongs to; undefined when it is unknown, expired or revoked. */
  keyHolder(key: string): Principal | undefined {
    return this.#reads.keyHolder(key);
  }

  /** The holder of a key by its name; undefined when it does not hold any more. */
  keyNamed(name: string): Principal | undefined {
    return this.#reads.keyNamed(name);
  }

  /** The user whose name and password these are. Throws `unauthorized`, or `rate_limited` after too many. */
  check(name: string, password: string, source: Source): Promise<User> {
    return this.#gate.check(name, password, source);
  }

  /** `act` here and below: its entry is in the audit with the change, or neither is. */
  async add(name: string, role: Role, password: string, mustChange = true, act?: Act): Promise<void> {
    await this.#writer.call("insertUser", [name, role, await hashPassword(password), mustChange, act]);
  }

  /** Changes role or whether the user may log in; their logins end. */
  change(name: string, change: { role?: Role; disabled?: boolean }, act?: Act): Promise<void> {
    return this.#writer.call("changeUser", [name, change, act]);
  }

  /** Sets a new password; all other logins of the user end. */
  async setPassword(name: string, password: string, mustChange: boolean, keepSession: string): Promise<void> {
    await this.#writer.call("replacePassword", [name, await hashPassword(password), mustChange, keepSession]);
  }

  /** Begins a login; the refresh token is shown this once. */
  begin(user: string, agent: string, address = ""): Promise<{ session: string; refresh: string }> {
    return this.#writer.call("begin", [user, agent, address]);
  }

  /** Exchanges a refresh token. */
  async refresh(token: string): Promise<Refreshed> {
    // Whatever names no login costs a read and no place among the writes: strangers send it too.
    if (!this.#reads.isOpen(token.split(".")[0]!)) return { state: "ended" };
    return await this.#writer.call("refresh", [token]);
  }

  end(session: string): Promise<void> {
    return this.#writer.call("end", [session]);
  }

  /** Makes an API key; it is shown this once. */
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
