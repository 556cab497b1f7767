import { UsageError } from "../core/errors.ts";
import { Agent, type AgentStatus } from "../ffi/engine.ts";
import { TOPICS } from "../proto/topics.ts";
import { type Command, EXIT } from "./command.ts";
import { slotFlag } from "./decode.ts";
import { topicLimits } from "./topics.ts";

/** How often the counters are drained; nothing else crosses into JavaScript. */
const DRAIN_MS = 50;

/** The path of a `file:` source. */
export function sourcePath(source: string): string {
  const path = /^file:(.+)$/.exec(source)?.[1];
  if (path === undefined) throw new UsageError(`Cannot use --source ${source}: need file:PATH`);
  return path;
}

export const run: Command = {
  name: "run",
  args: "",
  summary: "Read a source, find arbitrages and sandwiches, publish them on the log (paper mode)",
  flags: [
    { name: "source", value: "SOURCE", doc: "Where blocks come from: file:PATH; may repeat" },
    {
      name: "accounts",
      value: "FILE",
      doc: "Pool state before the first slot; without it no sandwich is tier A",
    },
    { name: "slot", value: "N", doc: "Slot of a block whose file does not say it" },
    { name: "json", doc: "Print the counters as one JSON object at the end" },
    { name: "paper", doc: "Submit nothing (the default, and all this version can do)" },
  ],
  details: [
    "Closed cycles within one transaction are published on arbitrage-decisions-proto, tier A sandwiches on",
    "sandwich-decisions-proto; tiers B and C stay on decision-evidence. What is on the log already is counted, not",
    "written again.",
  ],
  async run({ flags, all }, context) {
    const sources = all("source");
    if (sources.length === 0) {
      throw new UsageError("Cannot run: no --source given, need for example --source file:PATH");
    }
    const paths = sources.map(sourcePath);
    const slot = slotFlag(flags.slot);
    const { path: data_dir, instance } = context.dataDir();
    const log = context.log();
    const limits = topicLimits(context);
    for (const { name } of TOPICS) log.topic(name, { ...limits, create: true })[Symbol.dispose]();
    const begin = performance.now();
    await using agent = new Agent(context.library(), {
      paths,
      data_dir,
      instance,
      limits: {
        segment_bytes: limits.segmentBytes,
        retention_bytes: limits.retentionBytes,
        retention_ms: limits.retentionMs,
      },
      ...(slot === undefined ? {} : { slot: Number(slot) }),
      ...(typeof flags.accounts === "string" ? { accounts: flags.accounts } : {}),
    });
    context.say(`paper mode: reading ${sources.join(", ")} into ${data_dir}`);
    const status = await finish(agent, context.signal);
    const seconds = (performance.now() - begin) / 1000;
    for (const warning of status.warnings) context.say(warning);
    if (status.error) context.say(status.error);
    context.out(flags.json ? `${JSON.stringify(status)}\n` : summary(status, seconds));
    return status.error || status.warnings.length > 0 ? EXIT.failed : EXIT.done;
  },
};

async function finish(agent: Agent, signal: AbortSignal): Promise<AgentStatus> {
  for (;;) {
    const status = agent.status();
    if (status.state !== "running" || signal.aborted) return status;
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
  }
}

function summary(status: AgentStatus, seconds: number): string {
  const { blocks, transactions, failed, votes, legs, unresolved_swaps, unknown_version, malformed } = status;
  const odd = [
    [unknown_version, "of an unknown version"],
    [malformed, "malformed"],
    [unresolved_swaps, "swaps not resolved"],
  ].filter(([count]) => count).map(([count, what]) => `, ${count} ${what}`).join("");
  return [
    `read       ${blocks} blocks, ${transactions} transactions (${failed} failed, ${votes} votes${odd}), ${legs} legs`,
    `found      ${status.arbitrage} arbitrages, ${status.sandwich} sandwiches, ${status.wide_sandwich} wide sandwiches`,
    `published  ${status.published} envelopes, ${status.evidence} evidence records; ${status.already_logged} were on the log already`,
    `took       ${seconds.toFixed(2)} s`,
    "",
  ].join("\n");
}
