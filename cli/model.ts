import { agentStatuses, type ModuleName } from "../core/control/control.ts";
import { decimal } from "../core/platform/decimal.ts";
import { desiredModel, modelDrift, type RunningModels, runningModels } from "../core/models/model_drift.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import {
  BASELINE,
  type Judgement,
  liveBefore,
  type ModelList,
  type ModelManifest,
} from "../core/models/models.ts";
import { drawReport, noReport } from "../core/models/model_report.ts";
import { compareShadow, HOURS_MAX, type ShadowComparison } from "../core/models/shadow.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { deployModel } from "../core/models/deploy.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import { ModelEvents } from "../core/models/model_events.ts";
import { signatureCheck } from "../ffi/control.ts";
import { judge } from "../ffi/models.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { auditAs } from "../app/audit_action.ts";
import { registryOf } from "../app/registry.ts";
import { idsNamed } from "./ids.ts";
import { storeOf } from "../app/stores.ts";
import { MODULES } from "../proto/gen/names.ts";

/**
 * MODULE [VERSION] of a call. The version is completed when its first characters match one; `newest` gives the newest.
 */
function named({ args }: Invocation, context: Context): { module: ModuleName; version?: string } {
  const [module, word] = args as [ModuleName, string?];
  if (word === undefined) return { module };
  const { models } = registryOf(context).list(module);
  if (word === "newest") {
    const newest = models.at(-1);
    if (!newest) {
      throw new AppError("not_found", `Cannot use newest: no model of ${module} is registered yet`);
    }
    return { module, version: newest.version };
  }
  if (word === BASELINE) return { module, version: word };
  const fit = idsNamed(models, ({ version }) => version, word);
  if (fit.length > 1) {
    const all = fit.map(({ version }) => version).join(", ");
    throw new AppError("not_found", `Cannot resolve ${word} to one version of ${module}: ${all}`);
  }
  return { module, version: fit.length === 1 ? fit[0]!.version : word };
}

/** MODULE and VERSION of a verb that needs both. */
const both = (call: Invocation, context: Context) =>
  named(call, context) as { module: ModuleName; version: string };

/** The model that MODULE VERSION names. */
function registered(call: Invocation, context: Context): ModelManifest {
  const { module, version } = both(call, context);
  const model = registryOf(context).list(module).models.find((model) => model.version === version);
  if (!model) {
    throw new AppError("not_found", `Cannot find ${module} ${version}: see \`legend model list\``);
  }
  return model;
}

/** The desired role of a version, and what the agents here report about it. */
function roles(list: ModelList, running: readonly RunningModels[], version: string): string {
  const isDesired = desiredModel(list) === version;
  const runs = running.filter((agent) => agent.runs === version).length;
  const words = [
    // A version is live when it decides: desired, and run by all agents that run here.
    ...(isDesired && runs > 0 && runs === running.length
      ? ["live"]
      : isDesired
      ? ["wanted"]
      : runs > 0
      ? ["runs"]
      : []),
    ...(list.pinned === version ? ["pinned"] : []),
    ...(list.shadow === version ? ["shadow"] : []),
  ];
  return words.join(", ");
}

/** What the agents of a module on this host report that they run. */
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

/** The baseline is listed like any model. */
function baselineLine(list: ModelList, running: readonly RunningModels[]): string {
  const words = roles(list, running, BASELINE);
  const about = list.models.length === 0 ? "scores, since there is no model yet" : "scores without a model";
  return `${list.module.padEnd(9)} ${BASELINE.padEnd(12)}  ${words.padEnd(7)} ${about}\n`;
}

export const modelList: VerbBody = {
  run({ args, flags }, context) {
    const registry = registryOf(context);
    for (const module of args[0] ? [args[0] as ModuleName] : MODULES) {
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

export const modelShow: VerbBody = {
  run(call, context) {
    context.out(`${JSON.stringify(registered(call, context), null, call.flags.json ? 0 : 2)}\n`);
    return EXIT.done;
  },
};

export const modelReport: VerbBody = {
  run(call, context) {
    const model = registered(call, context);
    const svg = drawReport(model);
    if (svg === null) throw noReport(model.version);
    context.out(svg);
    return EXIT.done;
  },
};

export const modelVerify: VerbBody = {
  run(call, context) {
    const { module, version } = both(call, context);
    const checked = registryOf(context).verify(module, version);
    if (call.flags.json) context.out(`${JSON.stringify({ module, version, ...checked })}\n`);
    if (!checked.usable) {
      context.say(`Cannot use ${version} for ${module}: ${checked.reason}`);
      return EXIT.failed;
    }
    if (!call.flags.json) {
      context.out(`${version} can be used${checked.foreign ? "; it contains code of its own" : ""}\n`);
    }
    return EXIT.done;
  },
};

export const modelDeploy: VerbBody = {
  async run(call, context) {
    const { module, version } = both(call, context);
    return await deploy(call, context, module, version, "model deploy");
  },
};

export const modelRollback: VerbBody = {
  async run(call, context) {
    const [module] = call.args as [ModuleName];
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
  const deployed = await deployModel(
    {
      registry,
      audit: (act) => auditAs(context, act),
      log: context.log(),
      isSigned: signatureCheck(
        context.library(),
        context.dataDir().path,
        context.setting("control.sign_sk_hex"),
      ),
      signal: context.signal,
      cluster: kafkaOf(context.config()) !== null,
      seenAgents: (module) => runningHere(context, module).map(({ agent }) => agent),
    },
    { module, version, who: LOCAL_USER, action, requestId: crypto.randomUUID().replaceAll("-", "") },
  );
  if (flags.json) context.out(`${JSON.stringify({ module, version, ...deployed })}\n`);
  else if (deployed.receipts.length === 0 && deployed.silent.length === 0) {
    context.out(`${version} is deployed; no agent of ${module} runs here\n`);
  }
  for (const agent of deployed.silent) {
    context.say(
      `${agent} has not answered: whether it runs ${version} is not known, see \`legend model list\``,
    );
  }
  for (const { instance, applied, reason } of deployed.receipts) {
    if (!flags.json && applied) context.out(`${instance} runs ${version}\n`);
    if (!applied) context.say(`${instance}: ${reason}`);
  }
  const failed = deployed.silent.length > 0 || deployed.receipts.some(({ applied }) => !applied);
  return failed ? EXIT.failed : EXIT.done;
}

/** Points a link to a version or to none, with the audit entry first. A version that does not exist makes no entry. */
async function selectVersion(call: Invocation, context: Context, link: "pin" | "shadow") {
  const { module, version = null } = named(call, context);
  const registry = registryOf(context);
  const isThere = version === null || (link === "pin" && version === BASELINE) ||
    registry.list(module).models.some((model) => model.version === version);
  if (isThere) {
    const action = `model ${link}${version === null ? " off" : ""}`;
    await auditAs(context, { who: LOCAL_USER, action, module, detail: version ?? "", request_id: "" });
  }
  registry.select(module, link, version);
  return { module, version };
}

export const modelPin: VerbBody = {
  async run(call, context) {
    const { module, version } = await selectVersion(call, context, "pin");
    const text = version
      ? `${module} stays on ${version}`
      : `${module} is not pinned: it runs the deployed version`;
    context.out(call.flags.json ? `${JSON.stringify({ module, pinned: version })}\n` : `${text}\n`);
    return EXIT.done;
  },
};

export const modelShadow: VerbBody = {
  async run(call, context) {
    const { module, version } = await selectVersion(call, context, "shadow");
    const text = version
      ? `${version} scores in shadow beside the live model of ${module}`
      : `${module} has no shadow`;
    context.out(call.flags.json ? `${JSON.stringify({ module, shadow: version })}\n` : `${text}\n`);
    return EXIT.done;
  },
};

/** Hours of the comparison; throws with the valid values. */
function hoursOf(value: string | boolean | undefined): number {
  const hours = decimal(String(value ?? 1));
  if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MAX) {
    throw new UsageError(`Cannot use --hours ${value}: need a whole number, 1 to ${HOURS_MAX}`);
  }
  return hours;
}

const share = (part: number, whole: number) => `${(100 * part / whole).toFixed(1)} %`;

function comparisonLines(comparison: ShadowComparison): string {
  const { decisions, passes, judged, answered } = comparison;
  const row = (name: string, { auc, log_loss, brier, calibration_error }: Judgement) =>
    `${name.padEnd(14)} AUC ${auc?.toFixed(4) ?? "not known"}, log loss ${log_loss.toFixed(4)}, Brier ${
      brier.toFixed(4)
    }, ECE ${calibration_error.toFixed(4)}`;
  return [
    `${decisions} decisions of the last ${comparison.hours} h scored by ${comparison.live} (decides) and ${comparison.shadow} (in shadow)`,
    `mean difference of the scores ${comparison.mean_difference.toFixed(4)}`,
    `decisions that reach score_min: with both models ${
      share(passes.both, decisions)
    }, only with ${comparison.live} ${share(passes.live_only, decisions)}, only with ${comparison.shadow} ${
      share(passes.shadow_only, decisions)
    }`,
    ...(judged
      ? [
        `the outcome of ${answered} of them is known, ${judged.live.positives} came true`,
        row(comparison.live, judged.live),
        row(comparison.shadow, judged.shadow),
      ]
      : [`the outcome of ${answered} of them is known: too few to say which model was right`]),
  ].join("\n");
}

export const modelCompare: VerbBody = {
  async run({ args, flags }, context) {
    const [module] = args as [ModuleName];
    const hours = hoursOf(flags.hours);
    const comparison = await compareShadow(
      storeOf(context),
      (labels, scores) => judge(context.library(), labels, scores),
      module,
      hours,
      context.signal,
    );
    context.out(`${flags.json ? JSON.stringify(comparison) : comparisonLines(comparison)}\n`);
    return EXIT.done;
  },
};

export const modelImport: VerbBody = {
  async run({ args, flags }, context) {
    const [module, file] = args as [ModuleName, string];
    const version = await registryOf(context).import(module, file);
    context.out(flags.json ? `${JSON.stringify(version)}\n` : `${version.version}\n`);
    return EXIT.done;
  },
};
