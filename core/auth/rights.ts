/** Who may do what: roles of people, scopes of keys, and the rights that routes ask for. */

export const ROLES = ["admin", "auditor", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES = ["read", "control", "jobs", "models", "config", "metrics"] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * What a route requires. `open`: no authentication. `self`: any person who is logged in. `audit`, `admin`: people only,
 * no key except the master key.
 */
export type Right =
  | "open"
  | "self"
  | "read"
  | "metrics"
  | "audit"
  | "control"
  | "jobs"
  | "models"
  | "config"
  | "admin";

/** The caller. */
export interface Principal {
  /** The audit's name: a user, `key:ID` or `master`. */
  readonly name: string;
  readonly role?: Role;
  readonly scopes: readonly Scope[];
  readonly master?: true;
  /** How the caller authenticated. What a browser sends automatically needs a header against request forgery. */
  readonly by: "cookie" | "bearer" | "key" | "ticket";
  /** The login this belongs to. */
  readonly session?: string;
  /** Unix seconds at which it expires. */
  readonly expires: number;
}

const OF_ROLE: Readonly<Record<Role, readonly Right[]>> = {
  admin: ["self", "read", "metrics", "audit", "control", "jobs", "models", "config", "admin"],
  auditor: ["self", "read", "metrics", "audit"],
  viewer: ["self", "read", "metrics"],
};
const OF_SCOPE: Readonly<Record<Scope, readonly Right[]>> = {
  read: ["read", "metrics"],
  control: ["control"],
  jobs: ["jobs"],
  models: ["models"],
  config: ["config"],
  metrics: ["metrics"],
};

/** Whether `principal` has `right`. */
export function may(principal: Principal | undefined, right: Right): boolean {
  if (right === "open") return true;
  if (!principal) return false;
  if (principal.master) return right !== "self";
  if (principal.role) return OF_ROLE[principal.role].includes(right);
  return principal.scopes.some((scope) => OF_SCOPE[scope].includes(right));
}
