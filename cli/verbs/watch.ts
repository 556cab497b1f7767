/** Verbs that inspect an installation, and legend itself. */
import type { Command } from "../command.ts";
import { API_FLAGS, JSON_FLAG, LOCAL_FLAG } from "./flags.ts";

export const WATCH_VERBS: readonly Command[] = [
  {
    name: "bench",
    args: "[decode|replay|log…]",
    group: "Watch and check",
    summary: "Measure this machine: each figure is the median of five runs",
    flags: [
      {
        name: "folder",
        value: "FOLDER",
        doc:
          "Folder for measuring the log, on the disk in question (the system's folder for temporary files)",
      },
      JSON_FLAG,
    ],
    examples: ["legend bench", "legend bench --json replay"],
    details: [
      "decode: reads the swap legs of a simulated chain's transactions, one line each. replay: runs the same transactions through an",
      "agent's code. log: writes records of 1 KB, 100 at a time, each batch on disk before it counts, and reads them back. The",
      "data folder is not touched.",
    ],
    body: async () => (await import("../bench.ts")).bench,
  },
  {
    name: "completions",
    args: "bash|fish|zsh",
    group: "Watch and check",
    summary: "Print a completion script for a shell",
    examples: ["legend completions bash"],
    details: [
      "bash: source <(legend completions bash)",
      "Completes verbs, flags (also after words), modules, topics, versions, configuration keys and queries.",
    ],
    body: async () => (await import("../completions.ts")).completions,
  },
  {
    name: "config check",
    args: "",
    group: "Watch and check",
    data: "change",
    summary: "Check all configuration layers and the data folder",
    flags: [...API_FLAGS, JSON_FLAG],
    examples: ["legend config check"],
    body: async () => (await import("../config.ts")).configCheck,
  },
  {
    name: "config show",
    args: "[KEY…]",
    group: "Watch and check",
    data: "read",
    summary: "Show each configuration value and where it came from",
    flags: [...API_FLAGS, JSON_FLAG],
    examples: ["legend config show", "legend config show api.port --json"],
    details: ["Secrets are shown as `(set)`. Keys, defaults and environment names: docs/CONFIG.md."],
    body: async () => (await import("../config.ts")).configShow,
  },
  {
    name: "doctor",
    args: "",
    group: "First steps",
    data: "read",
    summary: "Check everything that legend needs, and say what is wrong and what to do",
    flags: [JSON_FLAG],
    examples: ["legend doctor"],
    body: async () => (await import("../doctor.ts")).doctor,
  },
  {
    name: "explain",
    args: "[SIGNATURE|DECISION]",
    group: "First steps",
    data: "read",
    summary: "Explain what was concluded from a transaction or decision, and from which numbers",
    flags: [
      { name: "why-not", doc: "Show which terms of the gate refused, and how often" },
      LOCAL_FLAG,
      JSON_FLAG,
    ],
    examples: ["legend explain newest", "legend explain --why-not"],
    details: [
      "Reads decision-evidence; amounts are base units of their mint, as on the chain. `newest` is the last decision.",
    ],
    body: async () => (await import("../explain.ts")).explain,
  },
  {
    name: "slo",
    args: "",
    group: "Watch and check",
    data: "read",
    summary: "Check freshness, lag and loss against their objectives; an unknown one counts as missed",
    flags: [JSON_FLAG],
    examples: ["legend slo"],
    body: async () => (await import("../slo.ts")).slo,
  },
  {
    name: "version",
    args: "",
    group: "Watch and check",
    summary: "Print the version and what it runs on",
    flags: [
      JSON_FLAG,
      { name: "licences", doc: "Print the third-party components of this executable and their licences" },
    ],
    examples: ["legend version", "legend version --json"],
    body: async () => (await import("../version.ts")).version,
  },
];
