/** Commands to the agents. */
import type { Command } from "../command.ts";
import { JSON_FLAG, REASON } from "./flags.ts";

export const CONTROL_VERBS: readonly Command[] = [
  {
    name: "control",
    args: "MODULE start|stop|restart|throttle|policy",
    group: "Control",
    summary: "Send a signed command to an agent and wait for its receipt",
    flags: [
      { name: "ev-min", value: "SOL", doc: "policy: least expected value of a decision, 0..10 SOL" },
      { name: "score-min", value: "SCORE", doc: "policy: least score, 0..1" },
      { name: "throttle-pct", value: "N", doc: "throttle, policy: share of decisions skipped, 0..100" },
      {
        name: "tip-ladder",
        value: "LIST",
        doc: "policy: rising quantiles of landed tips, for example 0.5,0.7",
      },
      {
        name: "pools-deny",
        value: "LIST",
        doc: "policy: pools that are not traded in; none clears the list",
      },
      {
        name: "mints-allow",
        value: "LIST",
        doc: "policy: the only mints besides SOL that are traded; none: all",
      },
      {
        name: "mints-deny",
        value: "LIST",
        doc: "policy: mints that are not traded; none clears the list",
      },
      {
        name: "liquidity-min",
        value: "SOL",
        doc:
          "policy: least liquidity of each pool in SOL: its SOL, or the value of its reserve of the mint paid in; 0: any",
      },
      {
        name: "mint-refuse",
        value: "LIST",
        doc: "policy: powers that no traded mint may have: freeze,delegate,hook,fee; none: any",
      },
      {
        name: "unknown",
        value: "refuse|pass",
        doc: "policy: what a gate does when it lacks a value: refuse (default) or pass",
      },
      REASON,
      JSON_FLAG,
    ],
    examples: [
      "legend control mev policy --ev-min 0.001 --tip-ladder 0.5,0.7",
      "legend control mev policy --liquidity-min 50 --mint-refuse freeze,delegate,hook,fee",
      "legend control arbitrage throttle --throttle-pct 50 --reason 'too many'",
    ],
    details: [
      "The powers of a mint are known if its account is in the snapshot (--accounts), and are unknown otherwise.",
      "restart drops pool state and reads policy and model again. A user who can read the key in the data folder counts as",
      "admin of this host. Without a running agent the state on disk is changed, and the next start obeys it.",
    ],
    body: async () => (await import("../control.ts")).control,
  },
  {
    name: "kill",
    args: "[MODULE|all…]",
    group: "First steps",
    data: "kill",
    summary: "Stop an agent's decisions at once and keep them stopped; without a name, both agents",
    flags: [REASON, JSON_FLAG],
    examples: ["legend kill", "legend kill mev --reason 'tips too high'", "legend kill sandwich"],
    passesOverMistakes: true,
    details: [
      "Works without the log, the API and the disk: by the agent's socket, else by a latch on disk and a signal. If no agent",
      "runs, the next one starts killed. Exit code 0: no agent of this host decides any longer. 1: one may, and the reason is",
      "printed. Only `legend unkill` lifts a kill. With Kafka, agents of other hosts receive the kill through it, and the answer",
      "of each is printed; exit code 3: one has not answered, Kafka cannot be reached, or no agent has ever run here.",
    ],
    body: async () => (await import("../control.ts")).kill,
  },
  {
    name: "unkill",
    args: "MODULE",
    group: "First steps",
    summary: "Lift a kill by a signed command",
    flags: [REASON, JSON_FLAG],
    examples: ["legend unkill mev --reason 'looked into it'"],
    body: async () => (await import("../control.ts")).unkill,
  },
];
