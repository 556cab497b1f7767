/** What a run has written to its log, read back by tests: evidence of decisions, sequences, states of models. */
import assert from "node:assert/strict";
import { jobs, realtime } from "../../proto/wire.ts";
import { delay } from "../../core/platform/delay.ts";
import { readThrough } from "../../core/log/follow.ts";
import type { EmbeddedLog } from "../../ffi/log.ts";

/** A decision as in its evidence. */
export interface Evidence {
  decision_id: string;
  kind: string;
  slot: number;
  model: string;
  score: number;
  shadow: { model: string; score: number } | null;
  features: Record<string, number | null>;
  trigger: string;
  hops: { pool: string }[];
  gate_terms: { term: string; limit: number }[];
  tier: string | null;
  net_raw: string;
  cycle: { pool: string }[];
  victims: { signature: string }[];
}

/** Waits until the condition holds. */
export async function until(what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await delay(100);
  }
}

/** Evidence of the given kinds, from an offset on. */
export async function newest(log: EmbeddedLog, kinds: string, from: bigint): Promise<Evidence[]> {
  using topic = await log.topic("decision-evidence");
  const found: Evidence[] = [];
  for await (const block of readThrough(topic, from)) {
    if ("gap" in block) continue;
    for (const { value } of block.records) {
      const evidence = JSON.parse(new TextDecoder().decode(value!)) as Evidence;
      if (kinds.split(" ").includes(evidence.kind)) found.push(evidence);
    }
  }
  return found;
}

/** Like `newest`, after the publisher has written what it received before the kill. */
export async function settled(log: EmbeddedLog, kinds: string, from: bigint): Promise<Evidence[]> {
  let end = -1n;
  await until("the end of the evidence", async () => {
    // Nothing more arrives, so this is everything.
    await delay(500);
    const before = end;
    end = await endOf(log, "decision-evidence");
    return end === before;
  });
  return await newest(log, kinds, from);
}

/** Number of records in the topic's only partition. */
export async function endOf(log: EmbeddedLog, name: string): Promise<bigint> {
  using topic = await log.topic(name);
  return (await topic.info()).partitions[0]!.end;
}

/** All sequence numbers of each producer on a topic. */
export async function sequences(log: EmbeddedLog, name: string): Promise<Map<string, number[]>> {
  using topic = await log.topic(name);
  const found = new Map<string, number[]>();
  for await (const block of readThrough(topic, "start")) {
    assert.ok("records" in block);
    for (const { value } of block.records) {
      const { producerId, seq } = realtime.Envelope.decode(value!);
      const list = found.get(producerId);
      if (list) list.push(Number(seq));
      else found.set(producerId, [Number(seq)]);
    }
  }
  return found;
}

/** The states of models, as `module state`. */
export async function modelStates(log: EmbeddedLog): Promise<Set<string>> {
  const states = new Set<string>();
  using topic = await log.topic("model-events-proto");
  for await (const block of readThrough(topic, "start")) {
    if ("gap" in block) continue;
    for (const { value } of block.records) {
      const { module, state } = jobs.ModelEvent.decode(value!);
      states.add(`${module} ${state}`);
    }
  }
  return states;
}
