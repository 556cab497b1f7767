import { agentStatuses, type ModuleName } from "../core/control.ts";
import { modelDrift, type RunningModels, runningModels, wantedModel } from "../core/model_drift.ts";
import { AppError, UsageError } from "../core/errors.ts";
import { BASELINE, type Judgement, liveBefore, type ModelList, type ModelManifest } from "../core/models.ts";
import { drawReport, noReport } from "../core/model_report.ts";
import { compareShadow, HOURS_MAX, type ShadowComparison } from "../core/shadow.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { deployModel } from "../core/deploy.ts";
import { LOCAL_USER } from "../core/local_user.ts";
import { ModelEvents } from "../core/model_events.ts";
import { signatureCheck } from "../ffi/control.ts";
import { judge, ModelRegistry } from "../ffi/models.ts";
import { type Command, type Context, EXIT, type Flag, type Invocation } from "./command.ts";
import { auditAs } from "./audit_act.ts";
import { storeOf } from "./db.ts";

const MODULES: readonly ModuleName[] = ["arbitrage", "mev"];
const JSON_FLAG: Flag = { name: "json", doc: "As JSON" };

export function registryOf(context: Context): ModelRegistry {
  return new ModelRegistry(
    context.library(),
    context.dataDir().path,
    context.setting<string>("control.sign_sk_hex"),
    context.setting<boolean>("models.foreign"),
  );
}

function moduleOf(text: string | undefined): ModuleName {
  const module = MODULES.find((name) => name === text);
  if (!module) throw new UsageError(`Cannot use ${text ?? "nothing"} as MODULE: need arbitrage or mev`);
  return module;
}

function both({ args }: Invocation, verb: string): { module: ModuleName; version: string } {
  const [module, version, ...more] = args;
  if (!version || more.length > 0) {
    throw new UsageError(`Cannot ${verb}: need MODULE VERSION; see \`legend model list\``);
  }
  return { module: moduleOf(module), version };
}

/** The model that MODULE VERSION names. */
function registered(call: Invocation, context: Context, verb: string): ModelManifest {
  const { module, version } = both(call, verb);
  const model = registryOf(context).list(module).models.find((model) => model.version === version);
  if (!model) {
    throw new AppError("not_found", `Cannot find ${module} ${version}: see \`legend model list\``);
  }
  return model;
}

/** What is wanted of a version, and what the agents here say of it. */
function roles(list: ModelList, running: readonly RunningModels[], version: string): string {
  const wanted = wantedModel(list) === version;
  const runs = running.filter((agent) => agent.runs === version).length;
  const words = [
    // Live is what decides: wanted and run by all agents that run here.
    ...(wanted && runs > 0 && runs === running.length
      ? ["live"]
      : wanted
      ? ["wanted"]
      : runs > 0
      ? ["runs"]
      : []),
    ...(list.pinned === version ? ["pinned"] : []),
    ...(list.shadow === version ? ["shadow"] : []),
  ];
  return words.join(", ");
}

/** What the agents of a module on this host say that they run. */
const runningHere = (context: Context, module: ModuleName) =>
  runningModels(agentStatuses(context.dataDir().path), module, Date.now());

function line(list: ModelList, running: readonly RunningModels[], model: ModelManifest): string {
  const { metrics, kind, features, refused } = model;
  const about = refused
    ? `refused: ${refused}`
    : metrics
    ? `${kind} ${features}, AUC ${metrics.auc?.toFixed(4) ?? "not known"}, log loss ${
      metrics.log_loss.toFixed(4)
    }`
    : "imported";
  return `${list.module.padEnd(9)} ${model.version}  ${
    roles(list, running, model.version).padEnd(7)
  } ${about}\n`;
}

/** The baseline is there as any model is. */
function baselineLine(list: ModelList, running: readonly RunningModels[]): string {
  const words = roles(list, running, BASELINE);
  const about = list.models.length === 0 ? "no model yet: it scores" : "scores without a model";
  return `${list.module.padEnd(9)} ${BASELINE.padEnd(12)}  ${words.padEnd(7)} ${about}\n`;
}

export const modelList: Command = {
  name: "model list",
  args: "[MODULE]",
  data: "read",
  summary: "All registered models, oldest first: which is wanted, and which the agents here run",
  flags: [JSON_FLAG],
  details: [
    "live: wanted, and every agent that runs here runs it. wanted: deployed or pinned, and not (yet) run; the lines below",
    "the list say who runs what instead, and why. runs: run and not wanted. pinned, shadow: as set.",
  ],
  run({ args, flags }, context) {
    const registry = registryOf(context);
    for (const module of args[0] ? [moduleOf(args[0])] : MODULES) {
      const list = registry.list(module);
      const running = runningHere(context, module);
      if (flags.json) context.out(`${JSON.stringify({ ...list, running })}\n`);
      else {
        context.out(baselineLine(list, running));
        for (const model of list.models) context.out(line(list, running, model));
        if (running.length === 0) context.out(`${module.padEnd(9)} no agent runs here\n`);
        for (const drift of modelDrift(list, running)) context.out(`${module.padEnd(9)} ${drift}\n`);
      }
    }
    return EXIT.done;
  },
};

export const modelShow: Command = {
  name: "model show",
  args: "MODULE VERSION",
  data: "read",
  summary: "A model's manifest: lineage, metrics, features",
  run(call, context) {
    context.out(`${JSON.stringify(registered(call, context, "show a model"), null, 2)}\n`);
    return EXIT.done;
  },
};

export const modelReport: Command = {
  name: "model report",
  args: "MODULE VERSION",
  data: "read",
  summary: "A model's report as SVG: figures, calibration, importance, DEX by DEX",
  run(call, context) {
    const model = registered(call, context, "report on a model");
    const svg = drawReport(model);
    if (svg === null) throw noReport(model.version);
    context.out(svg);
    return EXIT.done;
  },
};

export const modelVerify: Command = {
  name: "model verify",
  args: "MODULE VERSION",
  data: "read",
  summary: "Everything that an agent checks before it uses a model",
  run(call, context) {
    const { module, version } = both(call, "verify a model");
    const told = registryOf(context).verify(module, version);
    if (!told.usable) {
      context.say(`Cannot use ${version} for ${module}: ${told.reason}`);
      return EXIT.failed;
    }
    context.out(`${version} can be used${told.foreign ? "; it runs code of its own" : ""}\n`);
    return EXIT.done;
  },
};

export const modelDeploy: Command = {
  name: "model deploy",
  args: "MODULE VERSION",
  summary: "Make a version, or `baseline`, live in the running agents; waits for their receipts",
  flags: [JSON_FLAG],
  async run(call, context) {
    const { module, version } = both(call, "deploy a model");
    return await deploy(call, context, module, version, "model deploy");
  },
};

export const modelRollback: Command = {
  name: "model rollback",
  args: "MODULE",
  summary: "Make live again what was live before; the baseline when nothing was",
  flags: [JSON_FLAG],
  async run(call, context) {
    const module = moduleOf(call.args[0]);
    const events = new ModelEvents(context.log());
    await events.read();
    const list = events.withHistory(registryOf(context).list(module));
    return await deploy(call, context, module, liveBefore(list), "model rollback");
  },
};

async function deploy(
  { flags }: Invocation,
  context: Context,
  module: ModuleName,
  version: string,
  action: string,
): Promise<0 | 1 | 2 | 3> {
  const registry = registryOf(context);
  const told = await deployModel(
    {
      registry,
      audit: (act) => auditAs(context, act),
      log: context.log(),
      isSigned: signatureCheck(
        context.library(),
        context.dataDir().path,
        context.setting<string>("control.sign_sk_hex"),
      ),
      signal: context.signal,
      cluster: kafkaOf(context.config()) !== null,
      heard: (module) => runningHere(context, module).map(({ agent }) => agent),
    },
    { module, version, who: LOCAL_USER, action, requestId: crypto.randomUUID().replaceAll("-", "") },
  );
  if (flags.json) context.out(`${JSON.stringify({ module, version, ...told })}\n`);
  else if (told.receipts.length === 0 && told.silent.length === 0) {
    context.out(`${version} is deployed; no agent of ${module} runs here\n`);
  }
  for (const agent of told.silent) {
    context.say(
      `${agent} has not answered: whether it runs ${version} is not known, see \`legend model list\``,
    );
  }
  for (const { instance, applied, reason } of told.receipts) {
    if (!flags.json && applied) context.out(`${instance} runs ${version}\n`);
    if (!applied) context.say(`${instance}: ${reason}`);
  }
  const failed = told.silent.length > 0 || told.receipts.some(({ applied }) => !applied);
  return failed ? EXIT.failed : EXIT.done;
}

export const modelPin: Command = {
  name: "model pin",
  args: "MODULE [VERSION]",
  summary: "Keep a version, or `baseline`, live whatever is deployed; without VERSION, lift the pin",
  run({ args }, context) {
    const module = moduleOf(args[0]);
    registryOf(context).point(module, "pin", args[1] ?? null);
    context.out(args[1] ? `${module} stays on ${args[1]}\n` : `${module} follows what is deployed\n`);
    return EXIT.done;
  },
};

export const modelShadow: Command = {
  name: "model shadow",
  args: "MODULE [VERSION]",
  summary: "Score live flow with a version without deciding by it; without VERSION, stop",
  run({ args }, context) {
    const module = moduleOf(args[0]);
    registryOf(context).point(module, "shadow", args[1] ?? null);
    context.out(
      args[1] ? `${args[1]} is asked beside the live model of ${module}\n` : `${module} has no shadow\n`,
    );
    return EXIT.done;
  },
};

/** Hours of the comparison; throws what to give instead. */
function hoursOf(value: string | boolean | undefined): number {
  const hours = Number(value ?? 1);
  if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MAX) {
    throw new UsageError(`Cannot use --hours ${value}: need a whole number, 1 to ${HOURS_MAX}`);
  }
  return hours;
}

const share = (part: number, whole: number) => `${(100 * part / whole).toFixed(1)} %`;

function comparisonLines(told: ShadowComparison): string {
  const { decisions, passes, judged, answered } = told;
  const row = (name: string, { auc, log_loss, brier, calibration_error }: Judgement) =>
    `${name.padEnd(14)} AUC ${auc?.toFixed(4) ?? "not known"}, log loss ${log_loss.toFixed(4)}, Brier ${
      brier.toFixed(4)
    }, ECE ${calibration_error.toFixed(4)}`;
  return [
    `${decisions} decisions of the last ${told.hours} h scored by ${told.live} (decides) and ${told.shadow} (in shadow)`,
    `scores apart   ${told.mean_difference.toFixed(4)} on average`,
    `pass score_min both ${share(passes.both, decisions)}, only ${told.live} ${
      share(passes.live_only, decisions)
    }, only ${told.shadow} ${share(passes.shadow_only, decisions)}`,
    ...(judged
      ? [
        `${answered} of them answered by the chain since, ${judged.live.positives} came true`,
        row(told.live, judged.live),
        row(told.shadow, judged.shadow),
      ]
      : [`${answered} of them answered by the chain since: too few to say who was right`]),
  ].join("\n");
}

export const modelCompare: Command = {
  name: "model compare",
  args: "MODULE",
  data: "read",
  summary: "The model in shadow beside the one that decides: how far apart, what would pass, who was right",
  flags: [{ name: "hours", value: "N", doc: "Decisions of the last N hours (1)" }, JSON_FLAG],
  details: [
    "Out of the store. A decision has its answer when the chain has gone on: an open arbitrage came true when somebody",
    "landed a paying cycle over its pools within two slots, an open sandwich when its target became a tier A victim.",
  ],
  async run({ args, flags }, context) {
    const [module, ...more] = args;
    if (more.length > 0) throw new UsageError("Cannot compare: need one MODULE, arbitrage or mev");
    const hours = hoursOf(flags.hours);
    const told = await compareShadow(
      storeOf(context),
      (labels, scores) => judge(context.library(), labels, scores),
      moduleOf(module),
      hours,
      context.signal,
    );
    context.out(`${flags.json ? JSON.stringify(told) : comparisonLines(told)}\n`);
    return EXIT.done;
  },
};

export const modelImport: Command = {
  name: "model import",
  args: "MODULE FILE",
  summary: "Check, sign and register a shared object with treelite_predict and legend_model",
  flags: [JSON_FLAG],
  details: [
    "Everything that an agent checks is checked first: form, ABI, features, golden answers; a file that is no such model is",
    "refused. One that brings code of its own needs models.foreign = true: that code has all rights of the agent.",
  ],
  async run({ args, flags }, context) {
    const [module, file, ...more] = args;
    if (!file || more.length > 0) throw new UsageError("Cannot import a model: need MODULE FILE");
    const told = await registryOf(context).import(moduleOf(module), file);
    context.out(flags.json ? `${JSON.stringify(told)}\n` : `${told.version}\n`);
    return EXIT.done;
  },
};
