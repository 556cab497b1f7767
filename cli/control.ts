import { kafkaOf } from "../core/config/kafka.ts";
import { decimal } from "../core/platform/decimal.ts";
import { isBusy } from "../core/platform/database.ts";
import { isHeld, SUPERVISOR_LOCK } from "../core/platform/data_dir.ts";
import { killDetail } from "../core/audit/kill_detail.ts";
import { AppError, messageOf, UsageError } from "../core/platform/errors.ts";
import { controlBody } from "../proto/api.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import { appendAct, publishHeads, withDatabase } from "../app/audit_action.ts";
import { type ActionName, hasAgent, type ModuleName, MODULES, type Sent } from "../core/control/control.ts";
import { sendCommand } from "../ffi/control.ts";
import type { Context } from "../app/context.ts";
import { EXIT, type ExitCode } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { remoteReceipts } from "../app/remote_receipts.ts";

const WAIT_MS = 5_000;

/** The policy's values: their names on the wire, and the flags that set them. */
const VALUES = {
  throttle_pct: "throttle-pct",
  ev_min: "ev-min",
  score_min: "score-min",
  tip_ladder: "tip-ladder",
  pools_deny: "pools-deny",
  mints_allow: "mints-allow",
  mints_deny: "mints-deny",
  liquidity_min: "liquidity-min",
  mint_refuse: "mint-refuse",
  unknown: "unknown",
} as const;

/** Converts a flag's text to the contract's form; `none` empties a list. */
function parsed(name: string, text: string): unknown {
  if (name === "unknown") return text;
  if (name === "tip_ladder") return text.split(",").map((rung) => decimal(rung.trim()));
  if (!/^(pools|mints)_|^mint_refuse$/.test(name)) return decimal(text);
  return text === "none" ? [] : text.split(",").map((word) => word.trim());
}

/** The given values as text. They are checked here, so that nothing is sent and audited that no agent can accept. */
function valuesOf(flags: Invocation["flags"]): Record<string, string> {
  const given = Object.entries(VALUES).flatMap(([name, flag]) =>
    typeof flags[flag] === "string" ? [[name, flags[flag]] as const] : []
  );
  for (const [name, text] of given) {
    const { success, error } = controlBody.safeParse({ [name]: parsed(name, text) });
    if (success) continue;
    const why = error.issues[0]?.message ?? "it cannot be used";
    throw new UsageError(`Cannot use --${VALUES[name as keyof typeof VALUES]} ${text}: ${why}`);
  }
  return Object.fromEntries(given);
}

export const control: VerbBody = {
  run({ args, flags }, context) {
    const [module, action] = args as [ModuleName, ActionName];
    const values = valuesOf(flags);
    const [first] = Object.keys(values) as (keyof typeof VALUES)[];
    if (first && action !== "throttle" && action !== "policy") {
      throw new UsageError(`Cannot control ${module} ${action}: it takes no --${VALUES[first]}`);
    }
    if (!first && (action === "throttle" || action === "policy")) {
      throw new UsageError(
        `Cannot control ${module} ${action}: no value given, see \`legend control --help\``,
      );
    }
    return send([module], action, values, flags, context);
  },
};

export const kill: VerbBody = {
  run({ args, flags }, context) {
    const isAll = args.length === 0 || args.includes("all");
    const named = MODULES.filter((module) => isAll || args.includes(module));
    return send(named, "kill", { kill: "true" }, flags, context);
  },
};

export const unkill: VerbBody = {
  run({ args, flags }, context) {
    const [module] = args as [ModuleName];
    return send([module], "kill", { kill: "false" }, flags, context);
  },
};

interface Asked {
  readonly modules: readonly ModuleName[];
  readonly action: ActionName;
  readonly values: Record<string, string>;
  readonly args: Record<string, string>;
  readonly request_ids: readonly string[];
}

async function send(
  modules: readonly ModuleName[],
  action: ActionName,
  values: Record<string, string>,
  flags: Invocation["flags"],
  context: Context,
): Promise<ExitCode> {
  const isKill = action === "kill" && values.kill !== "false";
  const folder = isKill ? killFolder(context) : context.dataDir();
  const reason = typeof flags.reason === "string"
    ? flags.reason.toWellFormed().slice(0, REASON_MAX)
    : undefined;
  const args = reason === undefined ? values : { ...values, reason };
  const request_ids = modules.map(() => crypto.randomUUID().replaceAll("-", ""));
  const asked = { modules, action, values, args, request_ids };
  if (!isKill) await auditEach(context, asked);
  const answers = await sendEach(context, asked, folder, isKill);
  const shown = new Answers(context, asked, { json: flags.json === true, isKill });
  // Answers of this host's agents are shown before anything else is waited for.
  answers.forEach((sent, at) => shown.add(sent, modules[at]!));
  const unaudited = isKill ? await auditKill(context, asked, answers) : [];
  const unanchored = unaudited.length > 0 ? null : await anchored(context, isKill ? 0 : AUDIT_BUSY_MS);
  for (const why of unaudited) shown.missing.add(`not in the audit: ${why}`);
  if (unanchored !== null) {
    shown.missing.add(`in the audit, but its head is not yet outside this data folder: ${unanchored}`);
  }
  shown.reportMissing();
  const commands = modules.map((module, at) => ({ module, request_id: request_ids[at]! }));
  const remote = await remoteReceipts(context, commands);
  for (const { module, ...sent } of remote ?? []) shown.add(sent, module);
  shown.reportMissing();
  const isUnknown = !context.isConfigWhole();
  if (isUnknown) {
    context.say(
      "Cannot determine whether agents run on other hosts: need the configuration file, or --config FILE",
    );
  }
  return (remote === null || isUnknown) && shown.code === EXIT.done ? EXIT.notReady : shown.code;
}

/** Sends a command only after its audit entry is written. */
async function auditEach(
  context: Context,
  { modules, action, values, args, request_ids }: Asked,
): Promise<void> {
  for (const [at, module] of modules.entries()) {
    await auditFirst(
      context,
      word(action, values),
      module,
      JSON.stringify(typed(args)),
      request_ids[at]!,
      AUDIT_BUSY_MS,
    );
  }
}

/** Sends the command to each module, to all at once. */
function sendEach(
  context: Context,
  { modules, action, args, request_ids }: Asked,
  { path: data_dir, instance }: { path: string; instance: string },
  isKill: boolean,
): Promise<Sent[]> {
  const sign_sk_hex = context.setting("control.sign_sk_hex");
  return Promise.all(modules.map((module, at) =>
    sendCommand(context.library(), {
      data_dir,
      instance,
      module,
      action,
      args,
      issuer: LOCAL_USER,
      // A user who can read the key in the data folder counts as an admin of this host.
      role: "admin",
      request_id: request_ids[at]!,
      ...(sign_sk_hex ? { sign_sk_hex } : {}),
      wait_ms: WAIT_MS,
      ...(isKill ? { log_wait_ms: KILL_LOG_WAIT_MS } : {}),
    })
  ));
}

/** Shows the outcomes of a command, and keeps the exit code of the worst one. */
class Answers {
  code: ExitCode = EXIT.done;
  /** Where the command was not recorded; its modules usually fail for the same reason. */
  readonly missing = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly asked: Asked,
    private readonly how: { json: boolean; isKill: boolean },
  ) {}

  /** Shows an agent's answer. */
  add(sent: Sent, module: ModuleName): void {
    const { action, values } = this.asked;
    const text = this.how.json
      ? JSON.stringify({ module, action, ...sent })
      : line(module, action, values, sent);
    this.context.out(`${text}\n`);
    if (sent.log_error) this.missing.add(`not on the log: ${sent.log_error}`);
    const ended = codeOf(sent, this.how.isKill);
    this.code = ended > this.code ? ended : this.code;
  }

  /** Reports once where the command was not recorded. */
  reportMissing(): void {
    const { action, values } = this.asked;
    if (this.missing.size > 0) {
      this.context.say(`The ${word(action, values)} is ${[...this.missing].join("; ")}`);
    }
    this.missing.clear();
  }
}

/** Maximum characters of a reason that are kept: it must not make a command too large to be accepted. */
const REASON_MAX = 500;
/** A kill in force on this host does not need the log; other hosts do. */
const KILL_LOG_WAIT_MS = 2_000;

/**
 * What a kill needs of the data folder: its path, and that agents were ever in it. Any other problem is only reported.
 */
function killFolder(context: Context): { path: string; instance: string } {
  const path = context.setting("data_dir");
  // Between the start of the supervisor and the first start of the agents, the latch on disk kills them.
  const isSeen = MODULES.some((module) => hasAgent(path, module)) || isHeld(`${path}/${SUPERVISOR_LOCK}`);
  let found = { path, instance: "" };
  try {
    found = context.dataDir();
  } catch (error) {
    // If there are agents, they are killed all the same.
    if (!isSeen || !(error instanceof AppError)) throw error;
    context.say(`${error.message} (ignored)`);
  }
  if (!isSeen && kafkaOf(context.config()) === null) {
    throw new AppError(
      "unavailable",
      `Cannot kill: no agent has ever run in ${path}; if agents run in another folder, name it with --data-dir`,
    );
  }
  return found;
}

function codeOf(sent: Sent, isKill: boolean): ExitCode {
  if (isKill && sent.path !== "kafka") return sent.taken ? EXIT.done : EXIT.failed;
  return sent.receipt?.applied ? EXIT.done : sent.receipt ? EXIT.failed : EXIT.notReady;
}

/**
 * The kill has been sent: a failed audit entry is only reported. Returns the reason for each module without an entry.
 */
async function auditKill(context: Context, asked: Asked, answers: readonly Sent[]): Promise<string[]> {
  const lost: string[] = [];
  for (const [at, module] of asked.modules.entries()) {
    const { taken, path, receipt, agent_error } = answers[at]!;
    const came_of = [{ taken, path, note: (receipt?.reason || agent_error) ?? undefined }];
    try {
      await audit(context, "kill", module, killDetail(typed(asked.args), came_of), asked.request_ids[at]!, 0);
    } catch (error) {
      lost.push(messageOf(error));
    }
  }
  return lost;
}

/** A command's values in their own types, as the API's entries have them; on the wire all are text. */
function typed(args: Readonly<Record<string, string>>): Record<string, unknown> {
  const value = (name: string, text: string): unknown => {
    if (name === "reason") return text;
    return name === "kill" ? text === "true" : parsed(name, text);
  };
  return Object.fromEntries(Object.entries(args).map(([name, text]) => [name, value(name, text)]));
}

/** How long a command waits for another writer of the audit. */
const AUDIT_BUSY_MS = 3_000;

const word = (action: string, values: Record<string, string>) =>
  action === "kill" && values.kill === "false" ? "un-kill" : action;

/** Sends a command only after its audit entry: if the entry cannot be written, nothing is sent. */
async function auditFirst(...asked: Parameters<typeof audit>): Promise<void> {
  try {
    await audit(...asked);
  } catch (error) {
    if (!isBusy(error)) throw error;
    const [, action, module] = asked;
    throw new AppError(
      "unavailable",
      `Cannot ${action} ${module}: the audit is locked by another program, nothing was sent; try again`,
      { cause: error },
    );
  }
}

/** Adds the entry of a command to the audit. */
function audit(
  context: Context,
  action: string,
  module: ModuleName,
  detail: string,
  request_id: string,
  busyMs: number,
): Promise<void> {
  const act = { action, module, detail, request_id };
  return withDatabase(context, (database) => appendAct(context, database, act), busyMs);
}

/** How long publishing the heads may take. */
const ANCHOR_MS = 5_000;

/** Publishes the heads before the verb ends. Returns the reason when it could not. */
async function anchored(context: Context, busyMs: number): Promise<string | null> {
  const late = new AbortController();
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the log has not answered in ${ANCHOR_MS / 1000} s`)),
      ANCHOR_MS,
    );
    late.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    // A frozen process may hold the log's locks.
    await Promise.race([withDatabase(context, (database) => publishHeads(context, database), busyMs), limit]);
    return null;
  } catch (error) {
    return messageOf(error);
  } finally {
    late.abort();
  }
}

/** The outcome of one command, for people. */
function line(module: ModuleName, action: string, values: Record<string, string>, sent: Sent): string {
  const what = word(action, values);
  const { receipt, agent_error } = sent;
  if (sent.path === "signal") {
    return `${module}: ${what} signalled and latched; ${agent_error ?? "its receipt will be on the log"}`;
  }
  if (!receipt && sent.taken && action === "kill" && values.kill !== "false") {
    return `${module}: ${what} applied; ${agent_error}`;
  }
  if (!receipt && sent.taken) return `${module}: ${what} is on the log, not applied yet; ${agent_error}`;
  if (!receipt) return `${module}: ${what} not applied, ${sent.agent_error ?? "no agent answered"}`;
  if (!receipt.applied) return `${receipt.instance}: ${what} refused, ${receipt.reason}`;
  const first = sent.path === "kafka"
    ? "on another host"
    : sent.path === "disk"
    ? "no agent runs, its state on disk was changed"
    : receipt.first_event_ns === "0"
    ? "no event has come since"
    : `first event after it at ${
      new Date(Number(BigInt(receipt.first_event_ns) / 1_000_000n)).toISOString()
    }`;
  const doubt = receipt.genuine ? "" : "; THE RECEIPT'S SIGNATURE IS NOT VALID";
  const note = receipt.reason ? `; ${receipt.reason}` : "";
  return `${receipt.instance}: ${what} applied, ${first}; policy ${
    receipt.policy_hash.slice(0, 12)
  }, request ${sent.request_id}${note}${doubt}`;
}
