/** Answers of the routes for logins, users and keys. */
import type { z } from "zod";
import { ROLES, SCOPES } from "../../core/auth/rights.ts";
import type { ApiKey, Session, User } from "../../core/auth/accounts.ts";
import { array, count, flag, number, object, one, text } from "./common.ts";

const role = one(ROLES);
export const login = object({
  user: text(),
  role,
  must_change: flag(),
  /** Seconds. */
  expires_in: count,
  /** Tokens are for programs; the page gets cookies. */
  access_token: text().optional(),
  refresh_token: text().optional(),
});
export const me = object({ user: text(), role: role.optional(), expires: number(), must_change: flag() });
const session: z.ZodType<Session> = object({
  id: text(),
  user: text(),
  created_ms: number(),
  used_ms: number(),
  expires_ms: number(),
  agent: text(),
});
export const sessions = object({ sessions: array(session) });
const user: z.ZodType<User> = object({
  name: text(),
  role,
  must_change: flag(),
  created_ms: number(),
  disabled: flag(),
});
export const users = object({ users: array(user) });
const key: z.ZodType<ApiKey> = object({
  id: text(),
  label: text(),
  scopes: array(one(SCOPES)),
  created_by: text(),
  created_ms: number(),
  expires_ms: number(),
  revoked: flag(),
});
export const keys = object({ keys: array(key) });
export const newKey = object({ id: text(), key: text() });
