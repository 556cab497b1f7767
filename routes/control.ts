/** Commands to the agents, and what became of them. */
import { z } from "zod";
import { type ActionName, type ModuleName, MODULES, type Sent } from "../core/control/control.ts";
import { may } from "../core/auth/rights.ts";
import { killDetail } from "../core/audit/kill_detail.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { commandBody, type ControlBody, controlBody, killSwitchBody, policyBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { Act, ApiDeps } from "./deps.ts";
import type { Door } from "./middleware/door.ts";
import { problem } from "./problem.ts";
import { entryNumber, limit, maybeText } from "./query.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const TARGET = /^(arbitrage|mev):(start|stop|restart|throttle|policy|kill)$/;

/** An agent without what is long and changes slowly: a page asks for the rest each second. */
const withoutLists = (
  { missed_by_program: _missed, tip_candidate_accounts: _candidates, ...agent }: FleetAgent,
) => agent;

/** Numbers as text, a ladder comma-joined: the wire's form. */
function wireArgs(body: ControlBody): Record<string, string> {
  const args: Record<string, string> = {};
  for (const [key, value] of Object.entries(body)) {
    if (value !== undefined) args[key] = Array.isArray(value) ? value.join(",") : String(value);
  }
  return args;
}

/** `receipt`: wait for the agents' answers. A kill is refused for nothing that stands beside it. */
const commandQuery = z.looseObject({ wait: maybeText });

const TAKES: Record<ActionName, readonly (keyof ControlBody)[]> = {
  start: ["reason"],
  stop: ["reason"],
  restart: ["reason"],
  throttle: ["throttle_pct", "reason"],
  policy: [
    "throttle_pct",
    "ev_min",
    "score_min",
    "tip_ladder",
    "pools_deny",
    "mints_allow",
    "mints_deny",
    "liquidity_min",
    "mint_refuse",
    "unknown",
    "reason",
  ],
  kill: ["kill", "reason"],
};

/** What came of a command to one agent of a module. */
type ToModule = Sent & { module: ModuleName };

const isKill = (action: ActionName, body: ControlBody) => action === "kill" && body.kill !== false;
const reasonOf = (error: unknown) => messageOf(error);

function checkBody(action: ActionName, body: ControlBody): void {
  const odd = Object.keys(body).find((key) => !TAKES[action].includes(key as keyof ControlBody));
  if (odd) throw new AppError("invalid", `${odd}: ${action} does not take it`);
  if (action === "throttle" && body.throttle_pct === undefined) {
    throw new AppError("invalid", "throttle_pct: it is missing");
  }
  if (action === "policy" && Object.keys(body).every((key) => key === "reason")) {
    throw new AppError("invalid", "The body has no value of the policy");
  }
}

/** What came of it; that it could not be sent is an outcome like others, of this module alone. */
async function cameOfModule(module: ModuleName, sending: Promise<Sent | Sent[]>): Promise<ToModule[]> {
  try {
    return [await sending].flat().map((sent) => ({ module, ...sent }));
  } catch (error) {
    const nobody = {
      request_id: "",
      at_ms: 0,
      path: "none",
      taken: false,
      receipt: null,
      log_error: null,
    } as const;
    return [{ module, ...nobody, agent_error: reasonOf(error) }];
  }
}

const answer = ({ module, instance, path, taken, receipt, log_error, agent_error }: ToModule) => ({
  module,
  instance: receipt?.instance ?? instance ?? null,
  path,
  taken,
  receipt,
  log_error,
  agent_error,
});

/** Why an agent has not taken a command, or what is to be known of one that has. */
const noteOf = ({ receipt, agent_error, log_error }: ToModule) =>
  (receipt?.reason || agent_error) ?? log_error ?? undefined;

/** As the audit keeps it. */
const cameOf = (sent: ToModule) => ({ taken: sent.taken, path: sent.path, note: noteOf(sent) });

/** By nobody who was to take it, or not by all: what it is now, module by module. */
function notTaken(c: RouteContext, word: string, request_id: string, came: readonly ToModule[]): Response {
  const of = (taken: boolean) => came.filter((sent) => sent.taken === taken);
  const lines = of(false).map((sent) => `${sent.module}: ${noteOf(sent) ?? "no agent has answered"}`);
  const done = of(true).map(({ module }) => `${module} has taken it`);
  return problem(c, "unavailable", `Cannot ${word} ${lines.concat(done).join("; ")}`, {
    members: { command_id: request_id, sent: came.map(answer) },
  });
}

/** Commands on their way that are no kill: each may hold a thread of this process for many seconds. */
const COMMANDS_MAX = 8;

/** Bounds what is on its way at once. */
class Places {
  #taken = 0;

  /** Runs `start`; the place is free when all of what it started has ended. Throws `unavailable` when all are taken. */
  async run<T>(word: string, start: () => Promise<{ value: T; ended: Promise<unknown> }>): Promise<T> {
    if (this.#taken >= COMMANDS_MAX) {
      throw new AppError(
        "unavailable",
        `Cannot ${word}: ${COMMANDS_MAX} commands are on their way already, try again when they are answered`,
      );
    }
    this.#taken += 1;
    const free = () => (this.#taken -= 1);
    try {
      const { value, ended } = await start();
      ended.then(free, free);
      return value;
    } catch (error) {
      free();
      throw error;
    }
  }
}

export function controlRoutes(deps: ApiDeps, _guard: unknown, door: Door): Route[] {
  const places = new Places();
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

  /** Whoever may send commands may not lift a kill: that needs an admin, on every route. */
  const roleOf = (c: RouteContext, word: string, module: string): "admin" | "control" => {
    const principal = principalOf(c);
    if (may(principal, "admin")) return "admin";
    if (word !== "un-kill") return "control";
    const refusal = "Cannot lift a kill: this needs the right `admin`";
    deps.refused({
      who: principal.name,
      action: "refused",
      what: `un-kill of ${module}: ${refusal}`,
      address: door.address(c),
    });
    throw new AppError("forbidden", refusal);
  };

  /** A kill's entry says what came of it. It stands in nobody's way: it is written whenever the audit can be. */
  const auditKill = async (acts: readonly Act[], body: ControlBody, came: readonly ToModule[]) => {
    for (const act of acts) {
      const came_of = came.filter(({ module }) => module === act.module).map(cameOf);
      try {
        await deps.audit({ ...act, detail: killDetail({ ...body }, came_of) }, true);
      } catch (error) {
        deps.say(`The kill ${act.request_id} by ${act.who} is not in the audit: ${reasonOf(error)}`, "error");
      }
    }
  };

  /** Audits, then sends; a kill is sent first, whatever the audit says. */
  const command = async (
    c: RouteContext,
    modules: readonly ModuleName[],
    action: ActionName,
    { request_id: chosen, ...body }: ControlBody,
    query: z.infer<typeof commandQuery>,
  ) => {
    checkBody(action, body);
    const { name } = principalOf(c);
    const args = wireArgs(body);
    const kill = isKill(action, body);
    if (chosen !== undefined && !kill) throw new AppError("invalid", "request_id: only a kill takes it");
    const request_id = idOf(chosen, modules);
    if (action === "kill") args.kill = String(kill);
    const word = action === "kill" && !kill ? "un-kill" : action;
    const role = roleOf(c, word, modules.join());
    const acts = modules.map((module): Act => ({
      who: name,
      action: word,
      module,
      detail: JSON.stringify(body),
      request_id,
    }));
    const send = () =>
      modules.map((module) => ({
        module,
        ...deps.send({ module, action, args, issuer: name, role, request_id }),
      }));
    const unsigned = kill ? null : deps.cannotSign();
    // Nobody would obey it, and no entry may say that it was sent.
    if (unsigned !== null) throw new AppError("unavailable", unsigned);
    const sendings = kill ? send() : await places.run(word, async () => {
      // No command without its entry.
      await Promise.all(acts.map((act) => deps.audit(act)));
      const value = send();
      return { value, ended: Promise.allSettled(value.map(({ all }) => all)) };
    });
    const first = await Promise.all(
      sendings.map(({ module, here, all }) => cameOfModule(module, here ?? all)),
    );
    if (kill) void auditKill(acts, body, first.flat());
    const isTaken = (came: readonly ToModule[]) => came.length > 0 && came.every(({ taken }) => taken);
    if (!(kill ? first.every(isTaken) : first.some((came) => came.some(({ taken }) => taken)))) {
      return notTaken(c, word, request_id, first.flat());
    }
    const waits = query.wait === "receipt";
    const came = waits
      ? (await Promise.all(sendings.map(({ module, all }) => cameOfModule(module, all)))).flat()
      : first.flat();
    const ok = came.every(({ taken, receipt }) =>
      waits && !kill ? receipt?.applied : taken && receipt?.applied !== false
    );
    return c.json({ ok, request_id, sent: came.map(answer) }, 202);
  };

  return [
    route({
      method: "POST",
      path: "/api/control/module/:target",
      right: "control",
      // Only the kill gets through whatever the rate; its answer is 202 when it was taken, else 503 with what came of it.
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
        return command(c, [module as ModuleName], action as ActionName, body, query);
      },
    }),
    ...["/api/policy/update", "/api/control/policy"].map((path) =>
      route({
        method: "POST",
        path,
        right: "control",
        summary: "Change a module's policy",
        answer: answers.command,
        status: 202,
        query: commandQuery,
        body: policyBody,
        handle: (c, { module, ...body }, query) => command(c, [module], "policy", body, query),
      })
    ),
    route({
      method: "POST",
      path: "/api/control/command",
      right: "control",
      unlimited: (_, { action, args }) => isKill(action, args ?? {}),
      summary: "Any command",
      answer: answers.command,
      status: 202,
      query: commandQuery,
      body: commandBody,
      handle: (c, { module, action, args }, query) => command(c, [module], action, args ?? {}, query),
    }),
    route({
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
        command(c, module === "all" ? MODULES : [module], "kill", {
          kill: true,
          ...(reason ? { reason } : {}),
          ...(request_id ? { request_id } : {}),
        }, query),
    }),
    route({
      method: "GET",
      path: "/api/control/commands/:request_id",
      right: "read",
      summary: "The receipts of a command",
      answer: answers.receipts,
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
      answer: answers.entries,
      query: z.strictObject({
        limit,
        /** Entries before this number. */
        before: entryNumber.default(Number.MAX_SAFE_INTEGER),
        who: z.string().default(""),
        action: z.string().default(""),
      }),
      handle: (c, _, query) => c.json({ entries: deps.chain.list(query), total: deps.chain.count() }),
    }),
    route({
      method: "GET",
      path: "/api/agents",
      right: "read",
      summary:
        "The agents of all hosts: state, policy in force, counters, when they were heard of; and what each module is wanted to run. `?brief=1`: without the lists `missed_by_program` and `tip_candidate_accounts`",
      answer: answers.agents,
      query: z.strictObject({ brief: maybeText }),
      handle: (c, _, { brief }) => {
        const all = deps.agents();
        const agents = brief === "1" ? all.map(withoutLists) : all;
        return c.json({ agents, unreadable: deps.unreadableAgents(), wanted: deps.wanted.all() });
      },
    }),
  ];
}
