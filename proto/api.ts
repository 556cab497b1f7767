/** Bodies of the REST routes: one schema each, used by forms, routes, tests and the OpenAPI file. */
import { z } from "zod";
import { MODULES } from "./gen/names.ts";

const moduleName = z.enum(MODULES);
const reason = z.string().max(500).optional();
/** Chosen by the client of a kill, so that a repeated request counts as the same kill. */
const requestId = z.string().regex(/^[0-9a-f]{32}$/, "need 32 digits of 0-9 a-f").optional();

/** SOL. */
const evMin = z.number().min(0).max(10);
/** Rising quantiles of landed tips. */
const tipLadder = z.array(z.number().gt(0).lt(1)).min(1).max(8)
  .refine((rungs) => rungs.every((rung, at) => at === 0 || rung > rungs[at - 1]!), "must rise");
/** Addresses in base58; an empty list disables the gate. */
const addresses = z.array(z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, "need addresses in base58")).max(
  32,
);
const throttlePct = z.number().int().min(0).max(100);

/** `POST /api/control/module/mev:policy`. Unknown keys are an error, so that a typo never becomes a silent no-op. */
export const controlBody = z.strictObject({
  throttle_pct: throttlePct.optional(),
  ev_min: evMin.optional(),
  score_min: z.number().min(0).max(1).optional(),
  tip_ladder: tipLadder.optional(),
  pools_deny: addresses.optional(),
  mints_allow: addresses.optional(),
  mints_deny: addresses.optional(),
  /** SOL that each pool must hold. */
  liquidity_min: z.number().min(0).max(1e9).optional(),
  mint_refuse: z.array(z.enum(["freeze", "delegate", "hook", "fee"])).max(4).optional(),
  unknown: z.enum(["refuse", "pass"]).optional(),
  kill: z.boolean().optional(),
  reason,
  request_id: requestId,
});
export type ControlBody = z.infer<typeof controlBody>;

export const policyBody = controlBody.omit({ kill: true, request_id: true }).extend({ module: moduleName });

export const commandBody = z.strictObject({
  module: moduleName,
  action: z.enum(["start", "stop", "restart", "throttle", "policy", "kill"]),
  args: controlBody.optional(),
});

export const killSwitchBody = z.strictObject({
  module: z.enum([...MODULES, "all"]),
  reason,
  request_id: requestId,
});

/** Names that the audit uses for what is not a user: the master key, the product itself, strangers without a name. */
const RESERVED_NAMES = ["master", "legend", "others"];
/** The name of a new user. */
export const userName = z.string()
  .regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, "need 1..64 characters of a-z 0-9 . _ @ -")
  .refine((name) => !RESERVED_NAMES.includes(name), `need another name than ${RESERVED_NAMES.join(", ")}`);
const role = z.enum(["admin", "auditor", "viewer"]);
const password = z.string().min(12, "need 12..256 characters").max(256, "need 12..256 characters");

export const loginBody = z.strictObject({
  user: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
});
export const refreshBody = z.strictObject({ refresh_token: z.string().max(256).optional() });
export const passwordBody = z.strictObject({ current: z.string().min(1).max(256), next: password });
export const userBody = z.strictObject({ name: userName, role, password });
export const userChangeBody = z.strictObject({ role: role.optional(), disabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, "need role or disabled");
export const keyBody = z.strictObject({
  label: z.string().min(1).max(100),
  scopes: z.array(z.enum(["read", "control", "jobs", "models", "config", "metrics"])).min(1),
  days: z.number().int().min(1).max(365).default(90),
});
export const queryBody = z.strictObject({
  name: z.string().regex(/^[a-z_]{1,64}$/, "need a name that `legend db query` lists"),
  params: z.record(z.string().max(64), z.union([z.string().max(256), z.number()])).optional(),
});
export const tuneBody = z.strictObject({
  batch_window_ms: z.number().int().min(10).max(25),
  batch_max_size: z.number().int().min(1).max(4096),
});
export const emptyBody = z.strictObject({});
/** For `baseline` the module is required, because both modules have one. */
export const deployBody = z.strictObject({ module: moduleName.optional(), reason });
/** Without `on` the shadow starts. */
export const shadowBody = z.strictObject({ on: z.boolean().default(true), reason });
export const modelSwapBody = z.strictObject({
  /** The module whose model it is. */
  model_id: moduleName,
  version: z.string().regex(/^([0-9a-f]{12}|baseline)$/, "need 12 hex digits, or baseline").optional(),
  /** A shared object below `<data-dir>/models`, which is registered first. */
  model_path: z.string().min(1).max(4096).optional(),
});
