/** Jobs and models. */
import type { Command } from "../command.ts";
import { DETACH_FLAG, JSON_FLAG, LOCAL_FLAG, TIME_FLAGS } from "./flags.ts";
import { JOB_KIND_VERBS } from "./job_kinds.gen.ts";

const startVerb = ({ flags, ...verb }: (typeof JOB_KIND_VERBS)[number]): Command => ({
  ...verb,
  group: "Jobs and models",
  flags: [...TIME_FLAGS, ...flags, DETACH_FLAG, JSON_FLAG],
  body: async () => (await import("../job.ts")).startJob(verb.name),
});

const JOBS: readonly Command[] = [
  {
    name: "job cancel",
    args: "JOB",
    group: "Jobs and models",
    summary: "End a job: at once if it is queued, at its next step if it runs",
    flags: [JSON_FLAG],
    examples: ["legend job cancel newest"],
    body: async () => (await import("../job.ts")).jobCancel,
  },
  {
    name: "job list",
    args: "",
    group: "Jobs and models",
    data: "read",
    summary: "All jobs, newest first",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend job list"],
    body: async () => (await import("../job.ts")).jobList,
  },
  {
    name: "job logs",
    args: "JOB",
    group: "Jobs and models",
    data: "read",
    summary: "Print a job's log",
    flags: [{ name: "follow", doc: "Follow the log until the job is over" }, LOCAL_FLAG, JSON_FLAG],
    examples: ["legend job logs newest"],
    body: async () => (await import("../job.ts")).jobLogs,
  },
  {
    name: "job retry",
    args: "JOB",
    group: "Jobs and models",
    summary: "Put a job that failed or was cancelled back on the queue",
    flags: [JSON_FLAG],
    examples: ["legend job retry newest"],
    body: async () => (await import("../job.ts")).jobRetry,
  },
  {
    name: "job show",
    args: "JOB",
    group: "Jobs and models",
    data: "read",
    summary: "One job with its arguments, state and result",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend job show newest --json"],
    details: ["JOB: an id, its first 4 or more characters if they name one job, or `newest`."],
    body: async () => (await import("../job.ts")).jobShow,
  },
  ...JOB_KIND_VERBS.map(startVerb),
];

/** Allowed forms of VERSION. */
const VERSION_WORDS = "VERSION: a version, its first 4 or more characters if they name one, or `newest`.";

const MODELS: readonly Command[] = [
  {
    name: "model compare",
    args: "MODULE",
    group: "Jobs and models",
    data: "read",
    summary:
      "Compare the shadow model with the live one: difference of scores, what would pass, which was right",
    flags: [{ name: "hours", value: "N", least: 1, doc: "Decisions of the last N hours (1)" }, JSON_FLAG],
    examples: ["legend model compare arbitrage --hours 24"],
    details: [
      "Reads the store. The outcome of a decision is known some slots later: an open arbitrage came true when someone",
      "landed a profitable cycle over its pools within two slots, an open sandwich when its target became a tier A victim.",
    ],
    body: async () => (await import("../model.ts")).modelCompare,
  },
  {
    name: "model deploy",
    args: "MODULE VERSION",
    group: "Jobs and models",
    summary: "Make a version, or `baseline`, live in the running agents, and wait for their receipts",
    flags: [JSON_FLAG],
    examples: ["legend model deploy mev baseline", "legend model deploy mev newest"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelDeploy,
  },
  {
    name: "model import",
    args: "MODULE FILE",
    group: "Jobs and models",
    summary: "Check, sign and register a shared object with treelite_predict and legend_model",
    flags: [JSON_FLAG],
    examples: ["legend model import mev model.so"],
    details: [
      "Makes the same checks as an agent: form, ABI, features, golden answers. A file that fails one is",
      "refused. A model that contains code of its own needs models.foreign = true: that code has all rights of the agent.",
    ],
    body: async () => (await import("../model.ts")).modelImport,
  },
  {
    name: "model list",
    args: "[MODULE]",
    group: "Jobs and models",
    data: "read",
    summary:
      "List all registered models, oldest first: which one is wanted, and which one the agents here run",
    flags: [JSON_FLAG],
    examples: ["legend model list", "legend model list mev --json"],
    details: [
      "live: deployed or pinned, and every agent here runs it. wanted: deployed or pinned, but an agent here does not run it",
      "yet; the lines below say which one, and why. runs: an agent runs it although it is not wanted. pinned,",
      "shadow: set with `legend model pin` or `legend model shadow`.",
    ],
    body: async () => (await import("../model.ts")).modelList,
  },
  {
    name: "model pin",
    args: "MODULE [VERSION]",
    group: "Jobs and models",
    summary: "Keep a version, or `baseline`, live whatever is deployed; without VERSION, remove the pin",
    flags: [JSON_FLAG],
    examples: ["legend model pin mev baseline", "legend model pin mev"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelPin,
  },
  {
    name: "model report",
    args: "MODULE VERSION",
    group: "Jobs and models",
    data: "read",
    summary: "A model's report as SVG: figures, calibration, importance, DEX by DEX",
    examples: ["legend model report mev newest > report.svg"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelReport,
  },
  {
    name: "model rollback",
    args: "MODULE",
    group: "Jobs and models",
    summary: "Make the previous live version live again; the baseline if there was none",
    flags: [JSON_FLAG],
    examples: ["legend model rollback mev"],
    body: async () => (await import("../model.ts")).modelRollback,
  },
  {
    name: "model shadow",
    args: "MODULE [VERSION]",
    group: "Jobs and models",
    summary: "Let a version score live decisions without deciding; without VERSION, stop that",
    flags: [JSON_FLAG],
    examples: ["legend model shadow mev newest", "legend model shadow mev"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelShadow,
  },
  {
    name: "model show",
    args: "MODULE VERSION",
    group: "Jobs and models",
    data: "read",
    summary: "A model's manifest: lineage, metrics, features",
    flags: [JSON_FLAG],
    examples: ["legend model show mev newest"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelShow,
  },
  {
    name: "model verify",
    args: "MODULE VERSION",
    group: "Jobs and models",
    data: "read",
    summary: "Run every check that an agent makes before it uses a model",
    flags: [JSON_FLAG],
    examples: ["legend model verify mev newest"],
    details: [VERSION_WORDS],
    body: async () => (await import("../model.ts")).modelVerify,
  },
];

export const JOB_VERBS: readonly Command[] = [...JOBS, ...MODELS];
