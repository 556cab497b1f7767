/** Sends a command to agents, records it in the audit, and reports the outcome. */
import { killDetail } from "../core/audit/kill_detail.ts";
import { may } from "../core/auth/rights.ts";
import type { ActionName, ModuleName, Sent } from "../core/control/control.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import type { ControlBody } from "../proto/api.ts";
import type { Act, ApiDeps } from "./deps.ts";
import type { Door } from "./middleware/door.ts";
import { problem } from "./problem.ts";
import { principalOf, type RouteContext } from "./route.ts";

/** Numbers as text, a ladder joined by commas: the form on the wire. */
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

/** Outcome of a command for one agent of a module. */
type ToModule = Sent & { module: ModuleName };

/** Whether a command kills; lifting a kill does not count. */
export const isKill = (action: ActionName, body: ControlBody) => action === "kill" && body.kill !== false;
const reasonOf = (error: unknown) => messageOf(error);

function checkBody(action: ActionName, body: ControlBody): void {
  const odd = Object.keys(body).find((key) => !TAKES[action].includes(key as keyof ControlBody));
  if (odd) throw new AppError("invalid", `${odd}: ${action} does not accept it`);
  if (action === "throttle" && body.throttle_pct === undefined) {
    throw new AppError("invalid", "throttle_pct: it is missing");
  }
  if (action === "policy" && Object.keys(body).every((key) => key === "reason")) {
    throw new AppError("invalid", "The body has no policy value");
  }
}

/** The outcome for one module. A failure to send is an outcome like any other, and concerns this module only. */
async function outcomeOfModule(module: ModuleName, sending: Promise<Sent | Sent[]>): Promise<ToModule[]> {
  try {
    return [await sending].flat().map((sent) => ({ module, ...sent }));
  } catch (error) {
    const anonymous = {
      request_id: "",
      at_ms: 0,
      path: "none",
      taken: false,
      receipt: null,
      log_error: null,
    } as const;
    return [{ module, ...anonymous, agent_error: reasonOf(error) }];
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

/** Why an agent has not taken a command, or a note on one that has. */
const noteOf = ({ receipt, agent_error, log_error }: ToModule) =>
  (receipt?.reason || agent_error) ?? log_error ?? undefined;

/** The form in which the audit stores it. */
const outcomeOf = (sent: ToModule) => ({ taken: sent.taken, path: sent.path, note: noteOf(sent) });

/** No agent has taken it, or not all have: reports the state of each module. */
function notTaken(c: RouteContext, word: string, request_id: string, came: readonly ToModule[]): Response {
  const of = (taken: boolean) => came.filter((sent) => sent.taken === taken);
  const lines = of(false).map((sent) => `${sent.module}: ${noteOf(sent) ?? "no agent has answered"}`);
  const done = of(true).map(({ module }) => `${module} has accepted it`);
  return problem(c, "unavailable", `Cannot ${word} ${lines.concat(done).join("; ")}`, {
    members: { command_id: request_id, sent: came.map(answer) },
  });
}

/** Maximum commands in progress, other than kills: each may block a thread of this process for many seconds. */
const COMMANDS_MAX = 8;

/** Limits the commands in progress. */
class Places {
  #taken = 0;

  /**
   * Runs `start`; its place is released when everything that it started has ended. Throws `unavailable` when no place
   * is free.
   */
  async run<T>(word: string, start: () => Promise<{ value: T; ended: Promise<unknown> }>): Promise<T> {
    if (this.#taken >= COMMANDS_MAX) {
      throw new AppError(
        "unavailable",
        `Cannot ${word}: ${COMMANDS_MAX} commands are in flight already, try again when they are answered`,
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

const newId = () => crypto.randomUUID().replaceAll("-", "");

/** What a route passes to `Commands`. */
export interface Order {
  readonly modules: readonly ModuleName[];
  readonly action: ActionName;
  readonly body: ControlBody;
  /** Wait for the agents' answers. */
  readonly waits: boolean;
}

/** A checked order, ready to be sent. */
interface Ready {
  /** The action, or `un-kill`. */
  readonly word: string;
  readonly kill: boolean;
  readonly request_id: string;
  readonly acts: readonly Act[];
  send(): Sending[];
}

/** A command on its way to the agents of one module. */
type Sending = { module: ModuleName } & ReturnType<ApiDeps["send"]>;

/** The commands of one server. */
export class Commands {
  readonly #places = new Places();

  constructor(private readonly deps: ApiDeps, private readonly door: Door) {}

  /** Writes the audit entry, then sends; a kill is sent first, whatever happens to its entry. */
  async run(c: RouteContext, order: Order): Promise<Response> {
    const ready = this.#ready(c, order);
    const { word, kill, request_id } = ready;
    const sendings = kill ? ready.send() : await this.#audited(ready);
    const first = await Promise.all(
      sendings.map(({ module, here, all }) => outcomeOfModule(module, here ?? all)),
    );
    if (kill) void this.#auditKill(ready.acts, order.body, first.flat());
    const isTaken = (came: readonly ToModule[]) => came.length > 0 && came.every(({ taken }) => taken);
    if (!(kill ? first.every(isTaken) : first.some((came) => came.some(({ taken }) => taken)))) {
      return notTaken(c, word, request_id, first.flat());
    }
    const came = order.waits
      ? (await Promise.all(sendings.map(({ module, all }) => outcomeOfModule(module, all)))).flat()
      : first.flat();
    const ok = came.every(({ taken, receipt }) =>
      order.waits && !kill ? receipt?.applied : taken && receipt?.applied !== false
    );
    return c.json({ ok, request_id, sent: came.map(answer) }, 202);
  }

  /** Checks an order and its sender. */
  #ready(c: RouteContext, { modules, action, body: { request_id: chosen, ...body } }: Order): Ready {
    checkBody(action, body);
    const { name } = principalOf(c);
    const args = wireArgs(body);
    const kill = isKill(action, body);
    if (chosen !== undefined && !kill) throw new AppError("invalid", "request_id: only a kill accepts it");
    const request_id = this.#idOf(chosen, modules);
    if (action === "kill") args.kill = String(kill);
    const word = action === "kill" && !kill ? "un-kill" : action;
    const role = this.#roleOf(c, word, modules.join());
    const detail = JSON.stringify(body);
    const acts = modules.map((module): Act => ({ who: name, action: word, module, detail, request_id }));
    const send = () =>
      modules.map((module) => ({
        module,
        ...this.deps.send({ module, action, args, issuer: name, role, request_id }),
      }));
    const unsigned = kill ? null : this.deps.cannotSign();
    // Agents would refuse an unsigned command, and no audit entry may claim that it was sent.
    if (unsigned !== null) throw new AppError("unavailable", unsigned);
    return { word, kill, request_id, acts, send };
  }

  /** Sends a command only after its audit entry is written. */
  async #audited({ word, acts, send }: Ready): Promise<Sending[]> {
    return await this.#places.run(word, async () => {
      await Promise.all(acts.map((act) => this.deps.audit(act)));
      const value = send();
      return { value, ended: Promise.allSettled(value.map(({ all }) => all)) };
    });
  }

  /** A kill that is sent again keeps its id. After an un-kill it is a new kill: its old receipts must not answer it. */
  #idOf(chosen: string | undefined, modules: readonly ModuleName[]): string {
    if (chosen === undefined) return newId();
    try {
      const obeyed = new Set(this.deps.receipts.of(chosen).map(({ instance }) => instance));
      const isLifted = obeyed.size > 0 &&
        (this.deps.agents().some(({ instance, killed }) => obeyed.has(instance) && !killed) ||
          this.deps.desired.all().some(({ module, policy }) => modules.includes(module) && !policy.killed));
      return isLifted ? newId() : chosen;
    } catch {
      // The state, otherwise only displayed, cannot be read: a new id kills in any case.
      return newId();
    }
  }

  /** The right to send commands does not include lifting a kill: that needs an admin, on every route. */
  #roleOf(c: RouteContext, word: string, module: string): "admin" | "control" {
    const principal = principalOf(c);
    if (may(principal, "admin")) return "admin";
    if (word !== "un-kill") return "control";
    const refusal = "Cannot lift a kill: this needs the right `admin`";
    this.deps.refused({
      who: principal.name,
      action: "refused",
      what: `un-kill of ${module}: ${refusal}`,
      address: this.door.address(c),
    });
    throw new AppError("forbidden", refusal);
  }

  /** A kill's entry records its outcome. It never delays a kill: it is written as soon as the audit can be written. */
  async #auditKill(acts: readonly Act[], body: ControlBody, came: readonly ToModule[]): Promise<void> {
    for (const act of acts) {
      const came_of = came.filter(({ module }) => module === act.module).map(outcomeOf);
      try {
        await this.deps.audit({ ...act, detail: killDetail({ ...body }, came_of) }, true);
      } catch (error) {
        this.deps.say(
          `The kill ${act.request_id} by ${act.who} is not in the audit: ${reasonOf(error)}`,
          "error",
        );
      }
    }
  }
}
