/** Access tokens: JWT with HS256 only, valid for 15 minutes. */
import { errors, jwtVerify, SignJWT } from "jose";
import { AppError } from "../platform/errors.ts";
import { RecentMap } from "../platform/limits/recent_map.ts";
import { type Principal, type Role, ROLES } from "./rights.ts";

export const ACCESS_SECONDS = 15 * 60;
/** A ticket opens one realtime connection. */
export const TICKET_SECONDS = 30;
const TOKEN_BYTES_MAX = 4_096;
/** Maximum verified tokens remembered. */
const CHECKED_MAX = 10_000;

export interface TokenOptions {
  secret: string;
  issuer: string;
  audience: string;
  now?: () => number;
}

export class Tokens {
  readonly #key: Uint8Array;
  readonly #options: TokenOptions;
  readonly #used = new Map<string, number>();

  constructor(options: TokenOptions) {
    this.#key = new TextEncoder().encode(options.secret);
    this.#options = options;
  }

  #seconds(): number {
    return Math.trunc((this.#options.now ?? Date.now)() / 1000);
  }

  /** A token for a login; `ticket` for one connection only. */
  async sign(user: string, role: Role, session: string, ticket = false): Promise<string> {
    const now = this.#seconds();
    return await new SignJWT({ roles: [role], sid: session, ...(ticket ? { use: "ticket" } : {}) })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(user)
      .setIssuer(this.#options.issuer)
      .setAudience(this.#options.audience)
      .setIssuedAt(now)
      .setExpirationTime(now + (ticket ? TICKET_SECONDS : ACCESS_SECONDS))
      .setJti(crypto.randomUUID())
      .sign(this.#key);
  }

  /** Recently verified tokens, by their whole text; for these only the expiry is checked again. */
  readonly #checked = new RecentMap<string, Principal>(CHECKED_MAX);

  /** The owner of a token that was verified before and has not expired. */
  known(token: string, by: Principal["by"]): Principal | undefined {
    const principal = this.#checked.get(token);
    return principal && principal.by === by && principal.expires > this.#seconds() ? principal : undefined;
  }

  /** The owner of the token. Throws `unauthorized`. A ticket is accepted once. */
  async verify(token: string, by: Principal["by"]): Promise<Principal> {
    const known = this.known(token, by);
    if (known) return known;
    const refused = (why: string) => new AppError("unauthorized", `Cannot continue: ${why}, log in again`);
    if (token.length > TOKEN_BYTES_MAX) throw refused("it is not a token of this server");
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        issuer: this.#options.issuer,
        audience: this.#options.audience,
        currentDate: new Date(this.#seconds() * 1000),
        requiredClaims: ["sub", "exp", "iat", "jti", "roles", "sid"],
      });
      const [role] = payload.roles as unknown[];
      const isTicket = payload.use === "ticket";
      if (!ROLES.includes(role as Role) || isTicket !== (by === "ticket")) {
        throw refused("the token is for another purpose");
      }
      if (isTicket) this.#once(String(payload.jti), Number(payload.exp), refused);
      const principal: Principal = {
        name: String(payload.sub),
        role: role as Role,
        scopes: [],
        by,
        session: String(payload.sid),
        expires: Number(payload.exp),
      };
      if (!isTicket) this.#checked.set(token, principal);
      return principal;
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw refused(error instanceof errors.JWTExpired ? "the login has expired" : "the token is not valid");
    }
  }

  #once(id: string, expires: number, refused: (why: string) => AppError): void {
    const now = this.#seconds();
    for (const [known, until] of this.#used) if (until < now) this.#used.delete(known);
    if (this.#used.has(id)) throw refused("the ticket was used before");
    this.#used.set(id, expires);
  }
}
