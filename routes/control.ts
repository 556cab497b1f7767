/** Commands to the agents, and their outcomes. */
import { z } from "zod";
import { type ActionName, type ModuleName, MODULES } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { AppError } from "../core/platform/errors.ts";
import { commandBody, type ControlBody, controlBody, killSwitchBody, policyBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import { Commands, isKill } from "./commands.ts";
import type { ApiDeps } from "./deps.ts";
import type { Door } from "./middleware/door.ts";
import { entryNumber, limit, maybeText } from "./query.ts";
import { type Route, route, type RouteContext } from "./route.ts";

const TARGET = /^(arbitrage|mev):(start|stop|restart|throttle|policy|kill)$/;

/** An agent without its long lists that change slowly: a page polls the rest every second. */
const withoutLists = (
  { missed_by_program: _missed, tip_candidate_accounts: _candidates, ...agent }: FleetAgent,
) => agent;

/** `receipt`: wait for the agents' answers. Loose, because other parameters must not make a kill fail. */
const commandQuery = z.looseObject({ wait: maybeText });

/** Runs a command of a route. */
type Run = (
  c: RouteContext,
  modules: readonly ModuleName[],
  action: ActionName,
  body: ControlBody,
  query: z.infer<typeof commandQuery>,
) => Promise<Response>;

export function controlRoutes(deps: ApiDeps, _guard: unknown, door: Door): Route[] {
  const commands = new Commands(deps, door);
  const run: Run = (c, modules, action, body, { wait }) =>
    commands.run(c, { modules, action, body, waits: wait === "receipt" });
  return [
    commandModule(run),
    ...["/api/policy/update", "/api/control/policy"].map((path) => changePolicy(path, run)),
    commandAny(run),
    killSwitch(run),
    listReceipts(deps),
    listAudit(deps),
    listAgents(deps),
  ];
}

function commandModule(run: Run): Route {
  return route({
    method: "POST",
    path: "/api/control/module/:target",
    right: "control",
    // Only a kill passes whatever the rate. It is answered with 202 when it was taken, else with 503 and the outcome.
    unlimited: (c, body) => isKill(TARGET.exec(c.req.param("target")!)?.[2] as ActionName, body),
    summary:
      "`arbitrage|mev:start|stop|restart|throttle|policy|kill`; `?wait=receipt` waits for the agents' answers",
    answer: answers.command,
    status: 202,
    query: commandQuery,
    body: controlBody,
    handle: (c, body, query) => {
      const [, module, action] = TARGET.exec(c.req.param("target")!) ?? [];
      if (!module) {
        throw new AppError(
          "not_found",
          `Cannot control ${
            c.req.param("target")
          }: need arbitrage or mev, and start, stop, restart, throttle, policy or kill`,
        );
      }
      return run(c, [module as ModuleName], action as ActionName, body, query);
    },
  });
}

function changePolicy(path: string, run: Run): Route {
  return route({
    method: "POST",
    path,
    right: "control",
    summary: "Change a module's policy",
    answer: answers.command,
    status: 202,
    query: commandQuery,
    body: policyBody,
    handle: (c, { module, ...body }, query) => run(c, [module], "policy", body, query),
  });
}

function commandAny(run: Run): Route {
  return route({
    method: "POST",
    path: "/api/control/command",
    right: "control",
    unlimited: (_, { action, args }) => isKill(action, args ?? {}),
    summary: "Any command",
    answer: answers.command,
    status: 202,
    query: commandQuery,
    body: commandBody,
    handle: (c, { module, action, args }, query) => run(c, [module], action, args ?? {}, query),
  });
}

function killSwitch(run: Run): Route {
  return route({
    method: "POST",
    path: "/api/control/kill-switch",
    right: "control",
    unlimited: () => true,
    summary: "Kill one module or all",
    answer: answers.command,
    status: 202,
    query: commandQuery,
    body: killSwitchBody,
    handle: (c, { module, reason, request_id }, query) =>
      run(c, module === "all" ? MODULES : [module], "kill", {
        kill: true,
        ...(reason ? { reason } : {}),
        ...(request_id ? { request_id } : {}),
      }, query),
  });
}

function listReceipts({ receipts: all }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/control/commands/:request_id",
    right: "read",
    summary: "The receipts of a command",
    answer: answers.receipts,
    handle: (c) => {
      const id = c.req.param("request_id")!;
      const receipts = all.of(id);
      if (receipts.length === 0) {
        throw new AppError("not_found", `Cannot find ${id}: no agent has answered it`);
      }
      return c.json({ request_id: id, receipts });
    },
  });
}

function listAudit({ chain }: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/control/audit-log",
    right: "audit",
    summary: "Entries of the audit, newest first",
    answer: answers.entries,
    query: z.strictObject({
      limit,
      /** Entries before this number. */
      before: entryNumber.default(Number.MAX_SAFE_INTEGER),
      who: z.string().default(""),
      action: z.string().default(""),
    }),
    handle: (c, _, query) => c.json({ entries: chain.list(query), total: chain.count() }),
  });
}

function listAgents(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/agents",
    right: "read",
    summary:
      "The agents of all hosts: state, policy in force, counters, time of the last report; and what each module should run. `?brief=1`: without the lists `missed_by_program` and `tip_candidate_accounts`",
    answer: answers.agents,
    query: z.strictObject({ brief: maybeText }),
    handle: (c, _, { brief }) => {
      const all = deps.agents();
      const agents = brief === "1" ? all.map(withoutLists) : all;
      return c.json({ agents, unreadable: deps.unreadableAgents(), wanted: deps.desired.all() });
    },
  });
}
