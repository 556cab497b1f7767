/** Users, and keys of programs. */
import type { Act } from "../core/audit/entry.ts";
import { AppError } from "../core/platform/errors.ts";
import { keyBody, userBody, userChangeBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import type { Guard } from "./middleware/guard.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const DAY_MS = 86_400_000;

/** The caller's action, for the audit. */
const actOf = (c: RouteContext, action: string, detail: string): Act => ({
  who: principalOf(c).name,
  action,
  module: "",
  detail,
  request_id: "",
});

export function userRoutes(deps: ApiDeps, guard: Guard): Route[] {
  return [
    listUsers(deps),
    addUser(deps),
    changeUser(deps, guard),
    listKeys(deps),
    addKey(deps),
    revokeKey(deps),
  ];
}

function listUsers({ accounts }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/users",
    right: "audit",
    summary: "All users",
    answer: answers.users,
    handle: (c) => c.json({ users: accounts.users() }),
  });
}

function addUser({ accounts }: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/users",
    right: "admin",
    summary: "Add a user; the password must be changed at the first login",
    answer: answers.ok,
    status: 201,
    body: userBody,
    handle: async (c, { name, role, password }) => {
      if (accounts.user(name)) {
        throw new AppError("conflict", `Cannot add ${name}: a user with this name exists`);
      }
      await accounts.add(name, role, password, true, actOf(c, "user added", `${name}, ${role}`));
      return c.json({ ok: true }, 201);
    },
  });
}

function changeUser({ accounts }: ApiDeps, guard: Guard): Route {
  return route({
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
  });
}

function listKeys({ accounts }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/keys",
    right: "audit",
    summary: "All API keys, without their secrets",
    answer: answers.keys,
    handle: (c) => c.json({ keys: accounts.keys() }),
  });
}

function addKey(deps: ApiDeps): Route {
  return route({
    method: "POST",
    path: "/api/keys",
    right: "admin",
    summary: "Create an API key; it is shown only once",
    answer: answers.newKey,
    status: 201,
    body: keyBody,
    handle: async (c, { label, scopes, days }) => {
      const { name } = principalOf(c);
      const act = actOf(c, "key made", `${label}: ${scopes.join(", ")}, ${days} days`);
      const expires = (deps.now ?? Date.now)() + days * DAY_MS;
      return c.json(await deps.accounts.addKey(label, scopes, name, expires, act), 201);
    },
  });
}

function revokeKey({ accounts }: ApiDeps): Route {
  return route({
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
  });
}
