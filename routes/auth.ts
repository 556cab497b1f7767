/** Logging in and out, passwords, logins, users, keys. */
import { getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { Act } from "../core/audit/entry.ts";
import { DEVICE_DAYS } from "../core/auth/device.ts";
import type { Source } from "../core/auth/login_gate.ts";
import { ACCESS_SECONDS } from "../core/auth/tokens.ts";
import type { Refreshed, User } from "../core/auth/accounts.ts";
import { AppError } from "../core/platform/errors.ts";
import { networkOf } from "../core/platform/net.ts";
import { pause } from "../core/platform/pause.ts";
import { keyBody, loginBody, passwordBody, refreshBody, userBody, userChangeBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { type Door, isFromPage } from "./middleware/door.ts";
import { ACCESS_COOKIE, DEVICE_COOKIE, type Guard, REFRESH_COOKIE } from "./middleware/guard.ts";
import { nextQuery, ownPage } from "./next.ts";
import { maybeText } from "./query.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const DAY_MS = 86_400_000;
/** A page waits so long for the tab that renews the login, and asks again. */
const LATE_MS = 300;

/** What the caller does, for the audit. */
const actOf = (c: RouteContext, action: string, detail: string): Act => ({
  who: principalOf(c).name,
  action,
  module: "",
  detail,
  request_id: "",
});

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
    keep(c, access, refresh);
    return c.json(about);
  };
  const keep = (c: RouteContext, access: string, refresh: string) => {
    const kept = { ...cookie, secure: deps.secureCookies || door.isSecure(c) };
    setCookie(c, ACCESS_COOKIE, access, { ...kept, path: home, maxAge: ACCESS_SECONDS });
    setCookie(c, REFRESH_COOKIE, refresh, { ...kept, path: `${deps.prefix}/api/auth` });
  };
  const mark = (c: RouteContext, name: string) => {
    const kept = { ...cookie, secure: deps.secureCookies || door.isSecure(c) };
    setCookie(c, DEVICE_COOKIE, deps.devices.make(name), {
      ...kept,
      path: home,
      maxAge: DEVICE_DAYS * DAY_MS / 1_000,
    });
  };
  const sourceOf = (c: RouteContext, name: string): Source => {
    const device = deps.devices.idOf(getCookie(c, DEVICE_COOKIE), name);
    return { address: door.address(c), ...(device === undefined ? {} : { device }) };
  };
  /** Exchanges a refresh token; a theft is in the audit, whenever that can be written. */
  const exchange = async (c: RouteContext, token: string): Promise<Refreshed> => {
    const found = await accounts.refresh(token);
    if (found.state !== "stolen") return found;
    guard.forget(found.session);
    const detail = `login ${found.session} ended, asked from ${door.address(c)}`;
    audit({ who: found.user, action: "refresh token used again", detail }, true)
      .catch((error) =>
        deps.say(`The theft of login ${found.session} is not in the audit: ${error}`, "error")
      );
    return found;
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
      answer: answers.login,
      body: loginBody,
      handle: async (c, { user, password }) => {
        const source = sourceOf(c, user);
        let found: User;
        try {
          found = await accounts.check(user, password, source);
        } catch (error) {
          if (error instanceof AppError && error.code !== "unavailable") {
            deps.refused({ who: user, action: "login refused", what: error.code, address: source.address });
          }
          throw error;
        }
        await audit({ who: found.name, action: "login", detail: source.address });
        const agent = c.req.header("user-agent") ?? "";
        const { session, refresh } = await accounts.begin(found.name, agent, networkOf(source.address));
        if (isFromPage(c)) mark(c, found.name);
        return await give(c, found, session, refresh, isFromPage(c));
      },
    }),
    route({
      method: "POST",
      path: "/api/auth/refresh",
      right: "open",
      summary:
        "Exchange the refresh token for the next one: that of the body for tokens, that of the cookie (with `X-Requested-With: dashboard`) for cookies",
      answer: answers.login,
      body: refreshBody,
      handle: async (c, { refresh_token }) => {
        const isCookie = refresh_token === undefined;
        if (isCookie) door.checkPage(c);
        const token = refresh_token ?? getCookie(c, REFRESH_COOKIE) ?? "";
        const found = await exchange(c, token);
        if (found.state === "renewed") {
          return await give(c, found.user, found.session, found.refresh, isCookie);
        }
        // No cookie is touched: by now the browser may have those of another tab, or of a new login.
        if (found.state === "late") {
          throw new AppError("conflict", "Cannot renew the login: it was renewed a moment ago, try again");
        }
        throw new AppError("unauthorized", "Cannot go on: the login has ended, log in again");
      },
    }),
    route({
      method: "GET",
      path: "/api/auth/renew",
      right: "open",
      summary:
        "For a page that is opened when the access cookie is over: renews the login and goes to `?next=`",
      answer: { media: "text/html" },
      status: 302,
      query: z.looseObject({ next: maybeText }),
      handle: async (c, _, query) => {
        const next = ownPage(query.next, deps.prefix) ?? `${deps.prefix}/overview`;
        const found = await exchange(c, getCookie(c, REFRESH_COOKIE) ?? "");
        if (found.state === "renewed") {
          keep(c, await tokens.sign(found.user.name, found.user.role, found.session), found.refresh);
          return c.redirect(next, 302);
        }
        if (found.state === "late") {
          // Another tab has renewed it; its cookies are on their way to this browser. Asked by a page: redirects are
          // counted.
          await pause(LATE_MS);
          const target = next.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
          return c.html(
            `<!doctype html><meta http-equiv="refresh" content="0;url=${target}"><title>legend</title>`,
          );
        }
        return c.redirect(`${deps.prefix}/login${nextQuery(`http://own.invalid${next}`, deps.prefix)}`, 302);
      },
    }),
    route({
      method: "POST",
      path: "/api/auth/logout",
      right: "self",
      early: true,
      summary: "End this login",
      answer: answers.ok,
      handle: async (c) => {
        const { session, name } = principalOf(c);
        await audit({ who: name, action: "logout" });
        if (session) await accounts.end(session);
        guard.forget(session);
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
      answer: answers.ok,
      body: passwordBody,
      handle: async (c, { current, next }) => {
        const { name, session } = principalOf(c);
        await accounts.check(name, current, { address: door.address(c), device: `login ${session}` });
        if (current === next) throw new AppError("invalid", "next: the new password is the old one");
        await audit({ who: name, action: "password changed" });
        const first = accounts.user(name)?.must_change === true;
        await accounts.setPassword(name, next, false, session!);
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
      answer: answers.me,
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
      answer: answers.sessions,
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
      answer: answers.ok,
      handle: async (c) => {
        const { name, role } = principalOf(c);
        const id = c.req.param("id")!;
        const found = accounts.sessions(role === "admin" ? undefined : name).find((session) =>
          session.id === id
        );
        if (!found) throw new AppError("not_found", `Cannot end ${id}: no such login`);
        await audit({ who: name, action: "login ended", detail: found.user });
        await accounts.end(id);
        guard.forget(id);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/users",
      right: "audit",
      summary: "All users",
      answer: answers.users,
      handle: (c) => c.json({ users: accounts.users() }),
    }),
    route({
      method: "POST",
      path: "/api/users",
      right: "admin",
      summary: "Add a user; the password must be changed at the first login",
      answer: answers.ok,
      status: 201,
      body: userBody,
      handle: async (c, { name, role, password }) => {
        if (accounts.user(name)) throw new AppError("conflict", `Cannot add ${name}: there is such a user`);
        await accounts.add(name, role, password, true, actOf(c, "user added", `${name}, ${role}`));
        return c.json({ ok: true }, 201);
      },
    }),
    route({
      method: "PATCH",
      path: "/api/users/:name",
      right: "admin",
      summary: "Change a user's role, or disable them; their logins end",
      answer: answers.ok,
      body: userChangeBody,
      handle: async (c, change) => {
        const name = c.req.param("name")!;
        const sessions = accounts.sessions(name);
        const changed = {
          ...(change.role ? { role: change.role } : {}),
          ...(change.disabled === undefined ? {} : { disabled: change.disabled }),
        };
        await accounts.change(name, changed, actOf(c, "user changed", `${name} ${JSON.stringify(change)}`));
        for (const { id } of sessions) guard.forget(id);
        return c.json({ ok: true });
      },
    }),
    route({
      method: "GET",
      path: "/api/keys",
      right: "audit",
      summary: "All API keys, without their secrets",
      answer: answers.keys,
      handle: (c) => c.json({ keys: accounts.keys() }),
    }),
    route({
      method: "POST",
      path: "/api/keys",
      right: "admin",
      summary: "Make an API key; it is shown this once",
      answer: answers.newKey,
      status: 201,
      body: keyBody,
      handle: async (c, { label, scopes, days }) => {
        const { name } = principalOf(c);
        const act = actOf(c, "key made", `${label}: ${scopes.join(", ")}, ${days} days`);
        const expires = (deps.now ?? Date.now)() + days * DAY_MS;
        return c.json(await accounts.addKey(label, scopes, name, expires, act), 201);
      },
    }),
    route({
      method: "DELETE",
      path: "/api/keys/:id",
      right: "admin",
      summary: "Revoke an API key",
      answer: answers.ok,
      handle: async (c) => {
        const id = c.req.param("id")!;
        await accounts.revokeKey(id, actOf(c, "key revoked", id));
        return c.json({ ok: true });
      },
    }),
  ];
}
