/** Logging in and out, the user's own password, logins. */
import { getCookie } from "hono/cookie";
import { z } from "zod";
import type { User } from "../core/auth/accounts.ts";
import { AppError } from "../core/platform/errors.ts";
import { networkOf } from "../core/platform/net.ts";
import { delay } from "../core/platform/delay.ts";
import { loginBody, passwordBody, refreshBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { Logins } from "./logins.ts";
import { type Door, isFromPage } from "./middleware/door.ts";
import { type Guard, REFRESH_COOKIE } from "./middleware/guard.ts";
import { nextQuery, ownPage } from "./login_target.ts";
import { maybeText } from "./query.ts";
import { principalOf, type Route, route } from "./route.ts";

/** How long a page waits for the tab that renews the login before it asks again. */
const LATE_MS = 300;

export function authRoutes(deps: ApiDeps, guard: Guard, door: Door): Route[] {
  const logins = new Logins(deps, guard, door);
  return [
    logIn(deps, logins),
    refresh(logins, door),
    renew(deps, logins),
    logOut(deps, guard, logins),
    changePassword(deps, guard, door),
    whoAmI(deps),
    listLogins(deps),
    endLogin(deps, guard),
  ];
}

function logIn(deps: ApiDeps, logins: Logins): Route {
  const { accounts, audit } = deps;
  return route({
    method: "POST",
    path: "/api/auth/login",
    right: "open",
    summary:
      "Log in with name and password; answers with tokens, or, with `X-Requested-With: dashboard`, sets them as cookies that no script can read",
    answer: answers.login,
    body: loginBody,
    handle: async (c, { user, password }) => {
      const source = logins.sourceOf(c, user);
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
      if (isFromPage(c)) logins.setDeviceCookie(c, found.name);
      return await logins.give(c, found, session, refresh, isFromPage(c));
    },
  });
}

function refresh(logins: Logins, door: Door): Route {
  return route({
    method: "POST",
    path: "/api/auth/refresh",
    right: "open",
    summary:
      "Renew the login: a refresh token in the body gets new tokens, one in the cookie (with `X-Requested-With: dashboard`) gets new cookies",
    answer: answers.login,
    body: refreshBody,
    handle: async (c, { refresh_token }) => {
      const isCookie = refresh_token === undefined;
      if (isCookie) door.checkPage(c);
      const token = refresh_token ?? getCookie(c, REFRESH_COOKIE) ?? "";
      const found = await logins.exchange(c, token);
      if (found.state === "renewed") {
        return await logins.give(c, found.user, found.session, found.refresh, isCookie);
      }
      // No cookie is changed: by now the browser may have those of another tab, or of a new login.
      if (found.state === "late") {
        throw new AppError("conflict", "Cannot renew the login: it was renewed a moment ago, try again");
      }
      throw new AppError("unauthorized", "Cannot continue: the login has ended, log in again");
    },
  });
}

function renew(deps: ApiDeps, logins: Logins): Route {
  return route({
    method: "GET",
    path: "/api/auth/renew",
    right: "open",
    summary:
      "For a page that is opened after the access cookie has expired: renews the login and redirects to `?next=`",
    answer: { media: "text/html" },
    status: 302,
    query: z.looseObject({ next: maybeText }),
    handle: async (c, _, query) => {
      const next = ownPage(query.next, deps.prefix) ?? `${deps.prefix}/overview`;
      const found = await logins.exchange(c, getCookie(c, REFRESH_COOKIE) ?? "");
      if (found.state === "renewed") {
        logins.setCookies(
          c,
          await deps.tokens.sign(found.user.name, found.user.role, found.session),
          found.refresh,
        );
        return c.redirect(next, 302);
      }
      if (found.state === "late") {
        // Another tab has renewed the login, and its cookies are on their way to this browser. Asked by a page:
        // redirects are counted.
        await delay(LATE_MS);
        const target = next.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
        return c.html(
          `<!doctype html><meta http-equiv="refresh" content="0;url=${target}"><title>legend</title>`,
        );
      }
      return c.redirect(`${deps.prefix}/login${nextQuery(`http://own.invalid${next}`, deps.prefix)}`, 302);
    },
  });
}

function logOut({ accounts, audit }: ApiDeps, guard: Guard, logins: Logins): Route {
  return route({
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
      logins.dropCookies(c);
      return c.json({ ok: true });
    },
  });
}

function changePassword(deps: ApiDeps, guard: Guard, door: Door): Route {
  const { accounts, audit } = deps;
  return route({
    method: "POST",
    path: "/api/auth/password",
    right: "self",
    early: true,
    summary: "Change your own password; your other logins end",
    answer: answers.ok,
    body: passwordBody,
    handle: async (c, { current, next }) => {
      const { name, session } = principalOf(c);
      await accounts.check(name, current, { address: door.address(c), device: `login ${session}` });
      if (current === next) {
        throw new AppError("invalid", "next: the new password is the same as the old one");
      }
      await audit({ who: name, action: "password changed" });
      const first = accounts.user(name)?.must_change === true;
      await accounts.setPassword(name, next, false, session!);
      if (first) deps.firstLoginDone();
      guard.forget(session);
      return c.json({ ok: true });
    },
  });
}

function whoAmI({ accounts }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/auth/me",
    right: "self",
    early: true,
    summary: "Who is logged in, and until when",
    answer: answers.me,
    handle: (c) => {
      const { name, role, expires } = principalOf(c);
      return c.json({ user: name, role, expires, must_change: accounts.user(name)?.must_change ?? false });
    },
  });
}

function listLogins({ accounts }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/auth/sessions",
    right: "self",
    summary: "Your own logins; for an admin, all",
    answer: answers.sessions,
    handle: (c) => {
      const { name, role } = principalOf(c);
      return c.json({ sessions: accounts.sessions(role === "admin" ? undefined : name) });
    },
  });
}

function endLogin({ accounts, audit }: ApiDeps, guard: Guard): Route {
  return route({
    method: "DELETE",
    path: "/api/auth/sessions/:id",
    right: "self",
    summary: "End a login: one of your own, or any as admin",
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
  });
}
