import { LOCAL_USER } from "../core/local_user.ts";
import { UsageError } from "../core/errors.ts";
import { appendAct, tellHeads, withDatabase } from "./audit_act.ts";
import { type ActionName, type ModuleName, MODULES, type Sent } from "../core/control.ts";
import { sendCommand } from "../ffi/control.ts";
import { type Command, type Context, EXIT, type ExitCode, type Flag, type Invocation } from "./command.ts";
import { answersElsewhere } from "./elsewhere.ts";

const ACTIONS: readonly ActionName[] = ["start", "stop", "restart", "throttle", "policy"];
const WAIT_MS = 5_000;

const REASON: Flag = { name: "reason", value: "TEXT", doc: "Why; kept with the command" };
const JSON_FLAG: Flag = { name: "json", doc: "Print each answer as one JSON object" };

export const control: Command = {
  name: "control",
  args: "arbitrage|mev ACTION",
  summary: "Send a signed command to an agent and wait for its receipt",
  flags: [
    { name: "ev-min", value: "SOL", doc: "policy: least expected value of a decision, 0..10 SOL" },
    { name: "score-min", value: "N", doc: "policy: least score, 0..1" },
    { name: "throttle-pct", value: "N", doc: "throttle, policy: share of decisions skipped, 0..100" },
    {
      name: "tip-ladder",
      value: "LIST",
      doc: "policy: rising quantiles of landed tips, for example 0.5,0.7",
    },
    REASON,
    JSON_FLAG,
  ],
  details: [
    "ACTION: start, stop, restart (drops pool state), throttle, policy. Whoever can read the key in the data folder counts",
    "as admin of this host. Without a running agent the state on disk is changed, and the next start obeys it.",
  ],
  run({ args, flags }, context) {
    const [module, action, ...more] = args;
    if (more.length > 0 || !isModule(module) || !ACTIONS.includes(action as ActionName)) {
      throw new UsageError(
        `Cannot control ${args.join(" ") || "nothing"}: need arbitrage or mev, and one of ${
          ACTIONS.join(", ")
        }`,
      );
    }
    const given = {
      throttle_pct: "throttle-pct",
      ev_min: "ev-min",
      score_min: "score-min",
      tip_ladder: "tip-ladder",
    };
    const values = Object.entries(given).flatMap(([name, flag]) =>
      typeof flags[flag] === "string" ? [[name, flags[flag]] as const] : []
    );
    if (values.length > 0 && action !== "throttle" && action !== "policy") {
      throw new UsageError(
        `Cannot control ${module} ${action}: it takes no --${given[values[0]![0] as keyof typeof given]}`,
      );
    }
    if (values.length === 0 && (action === "throttle" || action === "policy")) {
      throw new UsageError(
        `Cannot control ${module} ${action}: no value given, see \`legend control --help\``,
      );
    }
    return send([module], action as ActionName, Object.fromEntries(values), flags, context);
  },
};

export const kill: Command = {
  name: "kill",
  args: "[arbitrage|mev]",
  data: "kill",
  summary: "Stop an agent's decisions at once and keep them stopped; both agents without a name",
  flags: [REASON, JSON_FLAG],
  details: [
    "Works with the log, the API and the disk gone: by the agent's socket, else by a signal; without a running agent the",
    "latch is set on disk. Only `legend unkill` lifts it. With Kafka, the agents of other hosts are killed by its topics, and",
    "each one's answer is printed; exit code 3 when one has not answered, or Kafka is away.",
  ],
  run({ args, flags }, context) {
    const [module, ...more] = args;
    if (more.length > 0 || (module !== undefined && !isModule(module))) {
      throw new UsageError(`Cannot kill ${args.join(" ")}: need arbitrage, mev, or nothing for both`);
    }
    return send(module ? [module] : MODULES, "kill", { kill: "true" }, flags, context);
  },
};

export const unkill: Command = {
  name: "unkill",
  args: "arbitrage|mev",
  summary: "Lift a kill by a signed command",
  flags: [REASON, JSON_FLAG],
  run({ args, flags }, context) {
    const [module, ...more] = args;
    if (more.length > 0 || !isModule(module)) {
      throw new UsageError(`Cannot unkill ${args.join(" ") || "nothing"}: need arbitrage or mev`);
    }
    return send([module], "kill", { kill: "false" }, flags, context);
  },
};

function isModule(word: string | undefined): word is ModuleName {
  return MODULES.includes(word as ModuleName);
}

async function send(
  modules: readonly ModuleName[],
  action: ActionName,
  values: Record<string, string>,
  flags: Invocation["flags"],
  context: Context,
): Promise<ExitCode> {
  const { path: data_dir, instance } = context.dataDir();
  const sign_sk_hex = context.setting<string>("control.sign_sk_hex");
  const args = typeof flags.reason === "string" ? { ...values, reason: flags.reason } : values;
  const request_ids = modules.map(() => crypto.randomUUID().replaceAll("-", ""));
  const isKill = action === "kill" && values.kill !== "false";
  if (!isKill) {
    for (const [at, module] of modules.entries()) {
      await audit(context, word(action, values), module, args, request_ids[at]!, AUDIT_BUSY_MS);
    }
  }
  const answers = await Promise.all(modules.map((module, at) =>
    sendCommand(context.library(), {
      data_dir,
      instance,
      module,
      action,
      args,
      issuer: LOCAL_USER,
      request_id: request_ids[at]!,
      ...(sign_sk_hex ? { sign_sk_hex } : {}),
      wait_ms: WAIT_MS,
    })
  ));
  if (isKill) {
    // It has been sent: an audit that cannot be written is said, and nothing more.
    for (const [at, module] of modules.entries()) {
      try {
        await audit(context, "kill", module, args, request_ids[at]!, 0);
      } catch (error) {
        context.say(
          `The kill of ${module} is not in the audit: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
  }
  await anchored(context, isKill ? 0 : AUDIT_BUSY_MS);
  let code: ExitCode = EXIT.done;
  const tell = (sent: Sent, module: ModuleName) => {
    context.out(
      flags.json
        ? `${JSON.stringify({ module, action, ...sent })}\n`
        : `${line(module, action, values, sent)}\n`,
    );
    if (sent.log_error) context.say(`The log does not have it: ${sent.log_error}`);
    const ended = sent.receipt?.applied || sent.path === "signal"
      ? EXIT.done
      : sent.receipt
      ? EXIT.failed
      : EXIT.notReady;
    code = ended > code ? ended : code;
  };
  // What this host's agents say is told before others are waited for.
  answers.forEach((sent, at) => tell(sent, modules[at]!));
  const commands = modules.map((module, at) => ({ module, request_id: request_ids[at]! }));
  const elsewhere = await answersElsewhere(context, commands);
  for (const { module, ...sent } of elsewhere ?? []) tell(sent, module);
  return elsewhere === null && code === EXIT.done ? EXIT.notReady : code;
}

/** How long a command waits for another writer of the audit. */
const AUDIT_BUSY_MS = 3_000;

const word = (action: string, values: Record<string, string>) =>
  action === "kill" && values.kill === "false" ? "un-kill" : action;

/** No command without its entry. */
function audit(
  context: Context,
  action: string,
  module: ModuleName,
  args: Record<string, string>,
  request_id: string,
  busyMs: number,
): Promise<void> {
  const act = { action, module, detail: JSON.stringify(args), request_id };
  return withDatabase(context, (database) => appendAct(context, database, act), busyMs);
}

/** The heads are outside before the verb ends. */
async function anchored(context: Context, busyMs: number): Promise<void> {
  try {
    await withDatabase(context, (database) => tellHeads(context, database), busyMs);
  } catch (error) {
    context.say(`Cannot tell the heads of the audit: ${error instanceof Error ? error.message : error}`);
  }
}

/** What came of one command, for a person. */
function line(module: ModuleName, action: string, values: Record<string, string>, sent: Sent): string {
  const what = word(action, values);
  if (sent.path === "signal") return `${module}: ${what} signalled; its receipt comes on the log`;
  const { receipt } = sent;
  if (!receipt) return `${module}: ${what} not applied, ${sent.agent_error ?? "no agent answered"}`;
  if (!receipt.applied) return `${receipt.instance}: ${what} refused, ${receipt.reason}`;
  const first = sent.path === "kafka"
    ? "on another host"
    : sent.path === "disk"
    ? "no agent runs, its state on disk was changed"
    : receipt.first_event_ns === "0"
    ? "no event has come since"
    : `first event under it at ${receipt.first_event_ns} ns`;
  const doubt = receipt.genuine ? "" : "; THE RECEIPT'S SIGNATURE DOES NOT FIT";
  const note = receipt.reason ? `; ${receipt.reason}` : "";
  return `${receipt.instance}: ${what} applied, ${first}; policy ${
    receipt.policy_hash.slice(0, 12)
  }, request ${sent.request_id}${note}${doubt}`;
}
