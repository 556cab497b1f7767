/** Commands to the agents, and what became of them. */
import { type ActionName, type ModuleName, MODULES, type Sent } from "../core/control.ts";
import { AppError } from "../core/errors.ts";
import { commandBody, type ControlBody, controlBody, killSwitchBody, policyBody } from "../proto/api.ts";
import type { ApiDeps } from "./deps.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const TARGET = /^(arbitrage|mev):(start|stop|restart|throttle|policy|kill)$/;

/** Numbers as text, a ladder comma-joined: the wire's form. */
function wireArgs(body: ControlBody): Record<string, string> {
  const args: Record<string, string> = {};
  for (const [key, value] of Object.entries(body)) {
    if (value !== undefined) args[key] = Array.isArray(value) ? value.join(",") : String(value);
  }
  return args;
}

const TAKES: Record<ActionName, readonly (keyof ControlBody)[]> = {
  start: ["reason"],
  stop: ["reason"],
  restart: ["reason"],
  throttle: ["throttle_pct", "reason"],
  policy: ["throttle_pct", "ev_min", "score_min", "tip_ladder", "reason"],
  kill: ["kill", "reason"],
};

export function controlRoutes(deps: ApiDeps): Route[] {
  const newId = () => crypto.randomUUID().replaceAll("-", "");

  /** A kill sent again keeps its id. One that was lifted since is a new kill: its old receipts must not answer it. */
  const idOf = (chosen: string | undefined, modules: readonly ModuleName[]): string => {
    if (chosen === undefined) return newId();
    try {
      const obeyed = new Set(deps.receipts.of(chosen).map(({ instance }) => instance));
      const isLifted = obeyed.size > 0 &&
        (deps.agents().some(({ instance, killed }) => obeyed.has(instance) && !killed) ||
          deps.wanted.all().some(({ module, policy }) => modules.includes(module) && !policy.killed));
      return isLifted ? newId() : chosen;
    } catch {
      // What is only shown cannot be read: a new id kills in any case.
      return newId();
    }
  };

  /** Audits, then sends; a kill is sent first, whatever the audit says. */
  const command = async (
    c: RouteContext,
    modules: readonly ModuleName[],
    action: ActionName,
    { request_id: chosen, ...body }: ControlBody,
  ) => {
    const odd = Object.keys(body).find((key) => !TAKES[action].includes(key as keyof ControlBody));
    if (odd) throw new AppError("invalid", `${odd}: ${action} does not take it`);
    if (action === "throttle" && body.throttle_pct === undefined) {
      throw new AppError("invalid", "throttle_pct: it is missing");
    }
    if (action === "policy" && Object.keys(body).every((key) => key === "reason")) {
      throw new AppError("invalid", "The body has no value of the policy");
    }
    const { name } = principalOf(c);
    const args = wireArgs(body);
    const kill = action === "kill" && body.kill !== false;
    if (chosen !== undefined && !kill) throw new AppError("invalid", "request_id: only a kill takes it");
    const request_id = idOf(chosen, modules);
    if (action === "kill") args.kill = String(kill);
    const word = action === "kill" && !kill ? "un-kill" : action;
    const act = (module: ModuleName) => ({
      who: name,
      action: word,
      module,
      detail: JSON.stringify(body),
      request_id,
    });
    // No command without its entry.
    if (!kill) await Promise.all(modules.map((module) => deps.audit(act(module))));
    const sending = Promise.all(modules.map(async (module) => {
      const sent = await deps.send({ module, action, args, issuer: name, request_id });
      return sent.map((one) => ({ module, ...one }));
    }));
    if (kill) {
      // It is on its way already: its entry is written whenever the audit can be.
      Promise.all(modules.map((module) => deps.audit(act(module), true))).catch((error) =>
        deps.say(
          `The kill ${request_id} by ${name} is not in the audit: ${
            error instanceof Error ? error.message : error
          }`,
        )
      );
    }
    if (c.req.query("wait") !== "receipt") {
      sending.catch((error) =>
        deps.say(`request ${request_id}: ${error instanceof Error ? error.message : error}`)
      );
      return c.json({ ok: true, request_id }, 202);
    }
    const sent = (await sending).flat();
    return c.json({
      ok: sent.every((one) => one.receipt?.applied),
      request_id,
      sent: sent.map(answer),
    }, 202);
  };

  const answer = (
    { module, instance, path, receipt, log_error, agent_error }: Sent & { module: ModuleName },
  ) => ({
    module,
    instance: receipt?.instance ?? instance ?? null,
    path,
    receipt,
    log_error,
    agent_error,
  });

  return [
    route({
      method: "POST",
      path: "/api/control/module/:target",
      right: "control",
      unlimited: true,
      summary:
        "`arbitrage|mev:start|stop|restart|throttle|policy|kill`; `?wait=receipt` waits for the agents' answers",
      body: controlBody,
      handle: (c, body) => {
        const [, module, action] = TARGET.exec(c.req.param("target")!) ?? [];
        if (!module) {
          throw new AppError(
            "not_found",
            `Cannot control ${
              c.req.param("target")
            }: need arbitrage or mev, and start, stop, restart, throttle, policy or kill`,
          );
        }
        return command(c, [module as ModuleName], action as ActionName, body);
      },
    }),
    ...["/api/policy/update", "/api/control/policy"].map((path) =>
      route({
        method: "POST",
        path,
        right: "control",
        summary: "Change a module's policy",
        body: policyBody,
        handle: (c, { module, ...body }) => command(c, [module], "policy", body),
      })
    ),
    route({
      method: "POST",
      path: "/api/control/command",
      right: "control",
      unlimited: true,
      summary: "Any command",
      body: commandBody,
      handle: (c, { module, action, args }) => command(c, [module], action, args ?? {}),
    }),
    route({
      method: "POST",
      path: "/api/control/kill-switch",
      right: "control",
      unlimited: true,
      summary: "Kill one module or all",
      body: killSwitchBody,
      handle: (c, { module, reason, request_id }) =>
        command(c, module === "all" ? MODULES : [module], "kill", {
          kill: true,
          ...(reason ? { reason } : {}),
          ...(request_id ? { request_id } : {}),
        }),
    }),
    route({
      method: "GET",
      path: "/api/control/commands/:request_id",
      right: "read",
      summary: "The receipts of a command",
      handle: (c) => {
        const id = c.req.param("request_id")!;
        const receipts = deps.receipts.of(id);
        if (receipts.length === 0) {
          throw new AppError("not_found", `Cannot find ${id}: no agent has answered it`);
        }
        return c.json({ request_id: id, receipts });
      },
    }),
    route({
      method: "GET",
      path: "/api/control/audit-log",
      right: "audit",
      summary: "Entries of the audit, newest first",
      handle: (c) => {
        const limit = Math.min(200, Math.max(1, Number(c.req.query("limit")) || 50));
        const before = Number(c.req.query("before")) || Number.MAX_SAFE_INTEGER;
        const entries = deps.chain.list({
          limit,
          before,
          who: c.req.query("who") ?? "",
          action: c.req.query("action") ?? "",
        });
        return c.json({ entries, total: deps.chain.count() });
      },
    }),
    route({
      method: "GET",
      path: "/api/agents",
      right: "read",
      summary:
        "The agents of all hosts: state, policy in force, counters, when they were heard of; and what each module is wanted to run",
      handle: (c) => c.json({ agents: deps.agents(), wanted: deps.wanted.all() }),
    }),
  ];
}
