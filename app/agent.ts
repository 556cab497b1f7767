/** One agent: a thread of the library. Its counters are read until it ends. */
import { kafkaOf } from "../core/config/kafka.ts";
import type { AgentStatus, ModuleName } from "../core/control/control.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { delay } from "../core/platform/delay.ts";
import { Agent } from "../ffi/engine.ts";
import type { Context } from "./context.ts";
import { logLimits, makeTopics } from "./topics.ts";

/** How often the end is polled; nothing else crosses into JavaScript. */
const DRAIN_MS = 50;

export interface AgentRequest {
  readonly module: ModuleName;
  readonly sources: readonly string[];
  /** Times the source's own speed; 0 = as fast as it can. */
  readonly speed: number;
  /** Slot for captured files that name none. */
  readonly slot?: bigint | undefined;
  /** File with the state of pools and mints. */
  readonly accounts?: string | undefined;
}

/** Runs the agent until its source ends, it fails, or the signal ends it. Returns its last counters. */
export async function runAgent(context: Context, request: AgentRequest): Promise<AgentStatus> {
  await using agent = await startAgent(context, request);
  chaos();
  return await finish(agent, context.signal);
}

async function startAgent(context: Context, request: AgentRequest): Promise<Agent> {
  const { module, sources, speed, slot, accounts } = request;
  const tips = tipAccounts(context.setting("tips.file"));
  const { path: data_dir, instance } = context.dataDir();
  await makeTopics(context);
  const topic = context.setting("realtime.proto_topic");
  const sign_sk_hex = context.setting("control.sign_sk_hex");
  const cluster = kafkaOf(context.config());
  // Does not contact a broker yet: only a configuration that cannot be opened at all refuses the agent.
  if (cluster) context.log();
  const kafka = sources.includes("kafka") ? cluster : null;
  return new Agent(context.library(), {
    module,
    sources,
    speed,
    data_dir,
    instance,
    limits: logLimits(context),
    tips,
    cluster: cluster !== null,
    foreign_models: context.setting("models.foreign"),
    ...(kafka ? { kafka } : {}),
    ...(topic ? { topic } : {}),
    ...(sign_sk_hex ? { sign_sk_hex } : {}),
    ...(slot === undefined ? {} : { slot: Number(slot) }),
    ...(accounts === undefined ? {} : { accounts }),
  });
}

/** `LEGEND_CHAOS_JS_BUSY_MS` blocks JavaScript for a while: a kill must work all the same. */
function chaos(): void {
  const ms = Number(Deno.env.get("LEGEND_CHAOS_JS_BUSY_MS") ?? 0);
  const end = performance.now() + Math.min(ms, 60_000);
  while (performance.now() < end);
}

async function finish(agent: Agent, signal: AbortSignal): Promise<AgentStatus> {
  for (;;) {
    const status = agent.status();
    if (status.state !== "running" || signal.aborted) return status;
    await delay(DRAIN_MS);
  }
}
