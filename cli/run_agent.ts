import { kafkaOf } from "../core/config/kafka.ts";
import { UsageError } from "../core/platform/errors.ts";
import type { AgentStatus, ModuleName } from "../core/control/control.ts";
import { sourceLine } from "../core/decisions/funnel.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { Agent } from "../ffi/engine.ts";
import { endWithParent } from "../ffi/process.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { slotFlag } from "./decode.ts";
import { logLimits, makeTopics } from "../app/topics.ts";
import { pause } from "../core/platform/pause.ts";

/** How often the end is looked for; nothing else crosses into JavaScript. */
const DRAIN_MS = 50;
export const runAgent: VerbBody = {
  async run(call, context) {
    const [module] = call.args as [ModuleName];
    if (call.flags.part) endWithParent(context.library());
    await using agent = await startAgent(module, call, context);
    chaos();
    const status = await finish(agent, context.signal);
    for (const warning of status.warnings) context.say(warning);
    if (status.error) context.say(status.error);
    context.out(call.flags.json ? `${JSON.stringify(status)}\n` : `${summary([status])}\n`);
    return status.error || status.warnings.length > 0 ? EXIT.failed : EXIT.done;
  },
};

/** The sources asked for, at least one. */
export function sourcesOf({ all }: Invocation): readonly string[] {
  const sources = all("source");
  if (sources.length === 0) {
    throw new UsageError(
      "Cannot run: no --source given, need for example --source file:PATH or --source sim",
    );
  }
  for (const source of sources) checkSource(source);
  return sources;
}

/** Throws unless it has the form of a source. */
export function checkSource(source: string): void {
  if (!/^(file:.+|kafka|sim(:\d{1,18}(@\d{1,12})?)?)$/.test(source)) {
    throw new UsageError(`Cannot use --source ${source}: need file:PATH, kafka or sim[:SEED]`);
  }
}

/** Times the source's own speed; 0 = as fast as it can. */
export function speedFlag(value: string | boolean | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (value === "max") return 0;
  const speed = Number(value);
  if (typeof value === "string" && speed > 0 && speed <= 10_000) return speed;
  throw new UsageError(`Cannot use --speed ${value}: need a number above 0, or max`);
}

async function startAgent(module: ModuleName, call: Invocation, context: Context): Promise<Agent> {
  const { flags } = call;
  const sources = sourcesOf(call);
  const slot = slotFlag(flags.slot);
  const tips = tipAccounts(context.setting("tips.file"));
  const { path: data_dir, instance } = context.dataDir();
  await makeTopics(context);
  const topic = context.setting("realtime.proto_topic");
  const sign_sk_hex = context.setting("control.sign_sk_hex");
  const cluster = kafkaOf(context.config());
  // Asks no broker yet: what cannot be opened at all refuses the agent.
  if (cluster) context.log();
  const kafka = sources.includes("kafka") ? cluster : null;
  return new Agent(context.library(), {
    module,
    sources,
    speed: speedFlag(flags.speed, 1),
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
    ...(typeof flags.accounts === "string" ? { accounts: flags.accounts } : {}),
  });
}

/** `LEGEND_CHAOS_JS_BUSY_MS` keeps JavaScript from doing anything else for a while: a kill must work all the same. */
function chaos(): void {
  const ms = Number(Deno.env.get("LEGEND_CHAOS_JS_BUSY_MS") ?? 0);
  const end = performance.now() + Math.min(ms, 60_000);
  while (performance.now() < end);
}

async function finish(agent: Agent, signal: AbortSignal): Promise<AgentStatus> {
  for (;;) {
    const status = agent.status();
    if (status.state !== "running" || signal.aborted) return status;
    await pause(DRAIN_MS);
  }
}

/** What agents over the same source did, in lines. */
export function summary(agents: readonly AgentStatus[]): string {
  const [first] = agents as [AgentStatus];
  const sum = (of: (status: AgentStatus) => number) =>
    agents.reduce((total, status) => total + of(status), 0);
  const odd = [
    [first.unknown_version, "of an unknown version"],
    [first.malformed, "malformed"],
    [first.unresolved_swaps, "swaps not resolved"],
    [first.missed_swaps ?? 0, "calls that look like a swap and gave no leg"],
    [first.repeated ?? 0, "seen before"],
    [first.unremembered ?? 0, "too many in their slot to know again"],
  ].filter(([count]) => count).map(([count, what]) => `, ${count} ${what}`).join("");
  const found = `${sum((s) => s.arbitrage)} arbitrages, ${sum((s) => s.sandwich)} sandwiches, ` +
    `${sum((s) => s.wide_sandwich)} wide sandwiches`;
  const open = `${sum((s) => s.candidates)} opportunities, ${sum((s) => s.passed)} passed the gate`;
  const published = `${sum((s) => s.published)} envelopes, ${sum((s) => s.evidence)} evidence records`;
  return [
    `source     ${sourceLine(agents)}; paper: nothing was submitted`,
    `read       ${first.blocks} blocks, ${first.transactions} transactions (${first.failed} failed, ${first.votes} votes${odd}), ${first.legs} legs`,
    `found      ${found}; ${open}`,
    `published  ${published}; ${sum((s) => s.already_logged)} were on the log already`,
  ].join("\n");
}
