/** Logging in and out, passwords, logins, users, keys. */
import { getCookie, setCookie } from "hono/cookie";
import { ACCESS_SECONDS } from "../core/auth/tokens.ts";
import type { User } from "../core/auth/accounts.ts";
import { AppError } from "../core/errors.ts";
import { keyBody, loginBody, passwordBody, refreshBody, userBody, userChangeBody } from "../proto/api.ts";
import type { ApiDeps } from "./deps.ts";
import { type Door, isFromPage } from "./middleware/door.ts";
import { ACCESS_COOKIE, type Guard, REFRESH_COOKIE } from "./middleware/guard.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const DAY_MS = 86_400_000;

export function authRoutes(deps: ApiDeps, guard: Guard, door: Door): Route[] {
  const { accounts, tokens, audit } = deps;
  const cookie = { httpOnly: true, sameSite: "Strict" as const, secure: deps.secureCookies };
  const home = deps.prefix || "/";

  /** The page gets cookies, which no script can read; a program gets the tokens, and no cookie. */
  const give = async (c: RouteContext, user: User, session: string, refresh: string, toPage: boolean) => {
    const access = await tokens.sign(user.name, user.role, session);
    const { name, role, must_change } = user;
    const about = { user: name, role, must_change, expires_in: ACCESS_SECONDS };
    if (!toPage) return c.json({ ...about, access_token: access, refresh_token: refresh });
    const kept = { ...cookie, secure: deps.secureCookies || door.isSecure(c) };
    setCookie(c, ACCESS_COOKIE, access, { ...kept, path: home, maxAge: ACCESS_SECONDS });
    setCookie(c, REFRESH_COOKIE, refresh, { ...kept, path: `${deps.prefix}/api/auth` });
    return c.json(about);
  };
  const drop = (c: RouteContext) => {
    setCookie(c, ACCESS_COOKIE, "", { ...cookie, path: home, maxAge: 0 });
    setCookie(c, REFRESH_COOKIE, "", { ...cookie, path: `${deps.prefix}/api/auth`, maxAge: 0 });
  };

  return [
    route({
      method: "POST",
      path: "/api/auth/login",
      right: "open",
      summary:
        "Log in with name and password; answers with tokens, or with `X-Requested-With: dashboard` sets them as cookies that no script can read",
      body: loginBody,
      handle: async (c, { user, password }) => {
        try {
          const found = await accounts.check(user, password);
          audit({ who: found.name, action: "login", detail: door.address(c) });
          const { session, refresh } = accounts.begin(found.name, c.req.header("user-agent") ?? "");
          return await give(c, found, session, refresh, isFromPage(c));
        } catch (error) {
          if (error instanceof AppError && error.code !== "unavailable") {
            audit({
              who: user.slice(0, 64),
              action: "login refused",
              detail: `${error.code}, ${door.address(c)}`,
            });
          }
          throw error;
        }
      },
    }),
    route({
      method: "POST",
      path: "/api/auth/refresh",
      right: "open",
      summary:
        "Exchange the refresh token for the next one: that of the body for tokens, that of the cookie (with `X-Requested-With: dashboard`) for cookies",
      body: refreshBody,
      handle: async (c, { refresh_token }) => {
        const isCookie = refresh_token === undefined;
        if (isCookie) door.checkPage(c);
        const token = refresh_token ?? getCookie(c, REFRESH_COOKIE) ?? "";
        try {
          const { user, session, refresh } = accounts.refresh(token);
          return await give(c, user, session, refresh, isCookie);
        } catch (error) {
          const stolen = accounts.takeReuse();
          if (stolen) {
            guard.forget(stolen);
            audit({ who: "nobody", action: "refresh token used again", detail: `login ${stolen} ended` });
          }
          drop(c);
          throw error;
        }
      },
    }),
    route({
      method: "POST",
      path: "/api/auth/logout",
      right: "self",
      early: true,
      summary: "End this login",
      handle: (c) => {
        const { session, name } = principalOf(c);
        if (session) accounts.end(session);
        guard.forget(session);
        audit({ who: name, action: "logout" });
        drop(c);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "POST",
      path: "/api/auth/password",
      right: "self",
      early: true,
      summary: "Change the own password; other logins end",
      body: passwordBody,
      handle: async (c, { current, next }) => {
        const { name, session } = principalOf(c);
        await accounts.check(name, current);
        if (current === next) throw new AppError("invalid", "next: the new password is the old one");
        audit({ who: name, action: "password changed" });
        const first = accounts.user(name)?.must_change === true;
        await accounts.setPassword(name, next, false, session);
        if (first) deps.firstLoginDone();
        guard.forget(session);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/auth/me",
      right: "self",
      early: true,
      summary: "Who is logged in, until when",
      handle: (c) => {
        const { name, role, expires } = principalOf(c);
        return c.json({ user: name, role, expires, must_change: accounts.user(name)?.must_change ?? false });
      },
    }),
    route({
      method: "GET",
      path: "/api/auth/sessions",
      right: "self",
      summary: "The own logins; all for an admin",
      handle: (c) => {
        const { name, role } = principalOf(c);
        return c.json({ sessions: accounts.sessions(role === "admin" ? undefined : name) });
      },
    }),
    route({
      method: "DELETE",
      path: "/api/auth/sessions/:id",
      right: "self",
      summary: "End a login: an own one, or any as admin",
      handle: (c) => {
        const { name, role } = principalOf(c);
        const id = c.req.param("id")!;
        const found = accounts.sessions(role === "admin" ? undefined : name).find((session) =>
          session.id === id
        );
        if (!found) throw new AppError("not_found", `Cannot end ${id}: no such login`);
        audit({ who: name, action: "login ended", detail: found.user });
        accounts.end(id);
        guard.forget(id);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/users",
      right: "audit",
      summary: "All users",
      handle: (c) => c.json({ users: accounts.users() }),
    }),
    route({
      method: "POST",
      path: "/api/users",
      right: "admin",
      summary: "Add a user; the password must be changed at the first login",
      body: userBody,
      handle: async (c, { name, role, password }) => {
        if (accounts.user(name)) throw new AppError("conflict", `Cannot add ${name}: there is such a user`);
        audit({ who: principalOf(c).name, action: "user added", detail: `${name}, ${role}` });
        await accounts.add(name, role, password);
        return c.json({ ok: true }, 201);
      },
    }),
    route({
      method: "PATCH",
      path: "/api/users/:name",
      right: "admin",
      summary: "Change a user's role, or disable them; their logins end",
      body: userChangeBody,
      handle: (c, change) => {
        const name = c.req.param("name")!;
        audit({
          who: principalOf(c).name,
          action: "user changed",
          detail: `${name} ${JSON.stringify(change)}`,
        });
        const sessions = accounts.sessions(name);
        accounts.change(name, {
          ...(change.role ? { role: change.role } : {}),
          ...(change.disabled === undefined ? {} : { disabled: change.disabled }),
        });
        for (const { id } of sessions) guard.forget(id);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/keys",
      right: "audit",
      summary: "All API keys, without their secrets",
      handle: (c) => c.json({ keys: accounts.keys() }),
    }),
    route({
      method: "POST",
      path: "/api/keys",
      right: "admin",
      summary: "Make an API key; it is shown this once",
      body: keyBody,
      handle: (c, { label, scopes, days }) => {
        const { name } = principalOf(c);
        audit({ who: name, action: "key made", detail: `${label}: ${scopes.join(", ")}, ${days} days` });
        return c.json(accounts.addKey(label, scopes, name, (deps.now ?? Date.now)() + days * DAY_MS), 201);
      },
    }),
    route({
      method: "DELETE",
      path: "/api/keys/:id",
      right: "admin",
      summary: "Revoke an API key",
      handle: (c) => {
        const id = c.req.param("id")!;
        audit({ who: principalOf(c).name, action: "key revoked", detail: id });
        accounts.revokeKey(id);
        return c.json({ ok: true });
      },
    }),
  ];
}
