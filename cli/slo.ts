/** `legend slo`: compares figures with their objectives. */
import { kafkaOf } from "../core/config/kafka.ts";
import { agentStatuses, isOver, MODULES } from "../core/control/control.ts";
import { AppError } from "../core/platform/errors.ts";
import { linkStatus } from "../core/platform/link_status.ts";
import { silenceOf } from "../core/platform/parts.ts";
import { proveNoLoss } from "../core/store/proof.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { storeOf } from "../app/stores.ts";
import { usesStore } from "../app/stores.ts";

interface Objective {
  readonly name: string;
  /** Null: unknown, or nothing more is expected; `why` gives the reason. */
  readonly value: number | null;
  /** The source has ended normally: that nothing more arrives does not miss the objective. */
  readonly isOver?: true;
  readonly why?: string;
  readonly limit: number;
  readonly unit: string;
}

/**
 * An objective whose figure comes from the store. When the store cannot be reached, the objective is still listed, with
 * the reason.
 */
async function asked(
  name: string,
  limit: number,
  unit: string,
  ask: () => Promise<number | null>,
): Promise<Objective> {
  try {
    const value = await ask();
    return value === null
      ? { name, value, why: "nothing is stored", limit, unit }
      : { name, value, limit, unit };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { name, value: null, why: error.message, limit, unit };
  }
}

async function storeObjectives(context: Context): Promise<Objective[]> {
  const sink = sinkStatus(context.dataDir().path);
  const lag = sink?.topics.reduce((sum, topic) => sum + topic.lag, 0) ?? null;
  const isLagKnown = sink !== null && silenceOf(Date.now() - sink.at_ms) === null && sink.trouble === null;
  const why = sink === null ? "the sink has not run" : sink.trouble ?? "the sink is silent";
  const store = storeOf(context);
  return [
    {
      name: "sink lag",
      value: isLagKnown ? lag : null,
      ...(isLagKnown ? {} : { why }),
      limit: 50_000,
      unit: "records",
    },
    await asked("age of the newest row", 10, "s", async () => {
      const [fresh] = await store.query<{ age: string | null }>(
        "SELECT if(count() = 0, NULL, dateDiff('second', max(stored_at), now())) AS age FROM metrics_typed WHERE stored_at >= now() - 3600",
      );
      return typeof fresh?.age === "string" ? Number(fresh.age) : null;
    }),
    await asked("records lost or duplicated", 0, "records", async () => {
      const proof = await proveNoLoss(store);
      const wrong = proof.producers.reduce(
        (sum, { missing, doubled }) => sum + missing + doubled,
        proof.lost,
      );
      return wrong + proof.unbalanced.length;
    }),
  ];
}

async function objectives(context: Context): Promise<Objective[]> {
  const { path } = context.dataDir();
  const statuses = agentStatuses(path);
  const list: Objective[] = MODULES.map((module) => {
    const [name, limit, unit] = [`agent ${module} silent`, 5, "s"] as const;
    const status = statuses.find((one) => one.module === module);
    if (!status) return { name, value: null, why: "it has never run here", limit, unit };
    if (isOver(status)) return { name, value: null, why: "its source has ended", isOver: true, limit, unit };
    return { name, value: (Date.now() - Number(BigInt(status.at_ns) / 1_000_000n)) / 1000, limit, unit };
  });
  // With captured files the link ends when everything is sent: its last status remains valid.
  const isLive = !statuses.every(isOver);
  if (kafkaOf(context.config())) {
    const link = linkStatus(path);
    const isKnown = link !== null && Number.isFinite(link.waiting) &&
      (!isLive || silenceOf(Date.now() - link.at_ms) === null);
    list.push({
      name: "records that wait for Kafka",
      value: isKnown ? link.waiting : null,
      ...(isKnown ? {} : { why: link ? link.trouble ?? "the link is silent" : "the link has not run" }),
      limit: 10_000,
      unit: "records",
    });
  }
  return usesStore(context) ? [...list, ...await storeObjectives(context)] : list;
}

const isMet = ({ value, limit, isOver }: Objective) => isOver ?? (value !== null && value <= limit);

export const slo: VerbBody = {
  async run({ flags }, context) {
    const list = await objectives(context);
    for (const one of list) {
      const { name, value, why, limit, unit } = one;
      const met = isMet(one);
      const row = { name, value, limit, unit, met, ...(why ? { why } : {}) };
      const text = met && value === null
        ? `met     ${name}: ${why}`
        : value === null
        ? `UNKNOWN ${name}: ${why}`
        : `${met ? "met    " : "MISSED "} ${name}: ${value} ${unit}, at most ${limit}`;
      context.out(`${flags.json ? JSON.stringify(row) : text}\n`);
    }
    return list.every(isMet) ? EXIT.done : EXIT.failed;
  },
};
