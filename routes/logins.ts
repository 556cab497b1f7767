/** The cookies and tokens of logins, and where a login comes from. */
import { getCookie, setCookie } from "hono/cookie";
import type { Refreshed, User } from "../core/auth/accounts.ts";
import { DEVICE_DAYS } from "../core/auth/device.ts";
import type { Source } from "../core/auth/login_gate.ts";
import { ACCESS_SECONDS } from "../core/auth/tokens.ts";
import type { ApiDeps } from "./deps.ts";
import type { Door } from "./middleware/door.ts";
import { ACCESS_COOKIE, DEVICE_COOKIE, type Guard, REFRESH_COOKIE } from "./middleware/guard.ts";
import type { RouteContext } from "./route.ts";

const DAY_SECONDS = 86_400;

/** Issues and revokes what proves a login. */
export class Logins {
  constructor(
    private readonly deps: ApiDeps,
    private readonly guard: Guard,
    private readonly door: Door,
  ) {}

  /** The page gets cookies, which no script can read; a program gets the tokens and no cookie. */
  async give(
    c: RouteContext,
    user: User,
    session: string,
    refresh: string,
    toPage: boolean,
  ): Promise<Response> {
    const access = await this.deps.tokens.sign(user.name, user.role, session);
    const { name, role, must_change } = user;
    const about = { user: name, role, must_change, expires_in: ACCESS_SECONDS };
    if (!toPage) return c.json({ ...about, access_token: access, refresh_token: refresh });
    this.setCookies(c, access, refresh);
    return c.json(about);
  }

  /** Sets the cookies of a login. */
  setCookies(c: RouteContext, access: string, refresh: string): void {
    const cookie = this.#cookie(this.deps.secureCookies || this.door.isSecure(c));
    setCookie(c, ACCESS_COOKIE, access, { ...cookie, path: this.#home, maxAge: ACCESS_SECONDS });
    setCookie(c, REFRESH_COOKIE, refresh, { ...cookie, path: this.#refreshPath });
  }

  /** Removes the cookies of a login. */
  dropCookies(c: RouteContext): void {
    const cookie = this.#cookie(this.deps.secureCookies);
    setCookie(c, ACCESS_COOKIE, "", { ...cookie, path: this.#home, maxAge: 0 });
    setCookie(c, REFRESH_COOKIE, "", { ...cookie, path: this.#refreshPath, maxAge: 0 });
  }

  /** Marks a browser as one that `name` has logged in from. */
  setDeviceCookie(c: RouteContext, name: string): void {
    setCookie(c, DEVICE_COOKIE, this.deps.devices.make(name), {
      ...this.#cookie(this.deps.secureCookies || this.door.isSecure(c)),
      path: this.#home,
      maxAge: DEVICE_DAYS * DAY_SECONDS,
    });
  }

  /** The source of a login attempt for `name`. */
  sourceOf(c: RouteContext, name: string): Source {
    const device = this.deps.devices.idOf(getCookie(c, DEVICE_COOKIE), name);
    return { address: this.door.address(c), ...(device === undefined ? {} : { device }) };
  }

  /** Exchanges a refresh token; a theft is recorded in the audit as soon as that can be written. */
  async exchange(c: RouteContext, token: string): Promise<Refreshed> {
    const found = await this.deps.accounts.refresh(token);
    if (found.state !== "stolen") return found;
    this.guard.forget(found.session);
    const detail = `login ${found.session} ended; the token was used from ${this.door.address(c)}`;
    this.deps.audit({ who: found.user, action: "refresh token used again", detail }, true)
      .catch((error) =>
        this.deps.say(`Cannot record in the audit that login ${found.session} was stolen: ${error}`, "error")
      );
    return found;
  }

  #cookie(secure: boolean) {
    return { httpOnly: true, sameSite: "Strict" as const, secure };
  }

  get #home(): string {
    return this.deps.prefix || "/";
  }

  get #refreshPath(): string {
    return `${this.deps.prefix}/api/auth`;
  }
}
