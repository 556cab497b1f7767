/**
 * The newest decisions of this host, from following `decision-evidence`: lists them and finds them by id, with the
 * outcome of each (`bundle-outcomes-proto`).
 */
import { realtime } from "../../proto/wire.ts";
import { follow } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { TopicName } from "../../proto/topics.ts";

const EVIDENCE_TOPIC: TopicName = "decision-evidence";
const OUTCOMES_TOPIC: TopicName = "bundle-outcomes-proto";
/** Maximum decisions that can be found by id; older ones are still on the log. */
const KNOWN_MAX = 200_000;
/** Bytes of the newest evidence that is kept in memory. */
const YOUNG_BYTES_MAX = 64 << 20;
/** Maximum decisions examined for one filtered list. */
const EXAMINED_MAX = 5_000;
const WAIT_MS = 1_000;
const decoder = new TextDecoder();

export interface DecisionQuery {
  limit: number;
  /** Kinds to list; all by default. */
  kinds?: readonly string[];
  gate?: string;
  /** Only those that went to the live topics, or only those that stay evidence. */
  published?: boolean;
  /** Only decisions before this one in the log. */
  before?: string;
}

/** The outcome of an opportunity. */
export interface DecisionOutcome {
  readonly landed: boolean;
  /** Derived from what landed on the chain; nothing was submitted. */
  readonly simulated: boolean;
  readonly reason: string;
}

/** A decision as it is shown: the same whether it arrived live or is requested later. */
export type DecisionRow = Record<string, unknown> & {
  /**
   * Whether it is on a live topic (tier A, an arbitrage, an opportunity that passed the gate); otherwise it is evidence
   * only.
   */
  published: boolean;
  /** Null: none is known, or none will be. */
  outcome: DecisionOutcome | null;
};

export interface DecisionList {
  readonly decisions: readonly DecisionRow[];
  /** `before` of the next list; null when everything kept was examined. */
  readonly next: string | null;
}

/** Position of a decision's evidence, and its bytes while it is recent. */
interface Place {
  readonly partition: number;
  readonly offset: bigint;
  bytes: Uint8Array | null;
}

export class DecisionIndex {
  readonly #log: Log;
  /** By decision id, oldest first. */
  readonly #places = new Map<string, Place>();
  /** Places whose bytes are kept, oldest first. */
  #young: Place[] = [];
  #youngBytes = 0;
  /** By decision id, oldest first. */
  readonly #outcomes = new Map<string, DecisionOutcome>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Follows the topics until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const from = { last: BigInt(KNOWN_MAX) };
    const evidence = follow(this.#log, EVIDENCE_TOPIC, {
      from,
      signal,
      take: ({ key, value, partition, offset }) => {
        if (key && value) this.#remember(key.toHex(), { partition, offset, bytes: value.slice() });
      },
    });
    const outcomes = follow(this.#log, OUTCOMES_TOPIC, {
      from,
      signal,
      take: ({ value }) => value && this.takeOutcome(value),
    });
    await Promise.all([evidence, outcomes]);
  }

  /** One record of the outcomes' topic. */
  takeOutcome(value: Uint8Array): void {
    let envelope;
    try {
      envelope = realtime.Envelope.decode(value);
    } catch {
      // Bytes of another format on the topic are not an outcome.
      return;
    }
    const { outcome, decisionId } = envelope;
    if (!outcome || !decisionId?.length) return;
    const { landed = false, simulated = false, reason = "" } = outcome;
    this.#outcomes.set(decisionId.toHex(), {
      landed: landed === true,
      simulated: simulated === true,
      reason: reason ?? "",
    });
    if (this.#outcomes.size > KNOWN_MAX) this.#outcomes.delete(this.#outcomes.keys().next().value!);
  }

  #remember(id: string, place: Place): void {
    this.#places.set(id, place);
    if (this.#places.size > KNOWN_MAX) this.#places.delete(this.#places.keys().next().value!);
    this.#young.push(place);
    this.#youngBytes += place.bytes!.length;
    let old = 0;
    while (this.#youngBytes > YOUNG_BYTES_MAX) {
      const oldest = this.#young[old++]!;
      this.#youngBytes -= oldest.bytes!.length;
      oldest.bytes = null;
    }
    if (old > 0) this.#young.splice(0, old);
  }

  /** The evidence of a decision; undefined when it is unknown here. */
  async get(id: string): Promise<DecisionRow | undefined> {
    const place = this.#places.get(id);
    const bytes = place && (place.bytes ?? await this.#read(place));
    if (!bytes) return undefined;
    const evidence = JSON.parse(decoder.decode(bytes)) as Record<string, unknown>;
    return { ...evidence, published: isPublished(evidence), outcome: this.#outcomes.get(id) ?? null };
  }

  /** Newest first. */
  async list({ limit, kinds, gate, published, before }: DecisionQuery): Promise<DecisionList> {
    const found: DecisionRow[] = [];
    const ids = [...this.#places.keys()];
    let at = before === undefined ? ids.length - 1 : ids.indexOf(before) - 1;
    // A filter that hardly matches anything must not read the whole log.
    for (let examined = 0; at >= 0 && found.length < limit && examined < EXAMINED_MAX; at--, examined++) {
      const evidence = await this.get(ids[at]!);
      if (
        evidence && (!kinds || kinds.includes(String(evidence.kind))) &&
        (published === undefined || evidence.published === published) &&
        (!gate || isRefusedBy(evidence, gate))
      ) {
        found.push(evidence);
      }
    }
    return { decisions: found, next: at >= 0 ? ids[at + 1]! : null };
  }

  async #read({ partition, offset }: Place): Promise<Uint8Array | undefined> {
    using topic = await this.#log.topic(EVIDENCE_TOPIC);
    using reader = await topic.reader({ partition, offset });
    for (let tries = 0; tries < 2; tries++) {
      const answer = reader.read();
      if ("gap" in answer) return undefined;
      if (answer.records[0]) return answer.records[0].value ?? undefined;
      await reader.wait(WAIT_MS);
    }
    return undefined;
  }
}

/** The fields of a table row: a tenth of the evidence, which is fetched by id. */
const BRIEF = [
  "decision_id",
  "kind",
  "tier",
  "slot",
  "event_ns",
  "classification",
  "gate",
  "net_lamports",
  "net_raw",
  "net_mint",
  "trigger",
  "published",
  "outcome",
] as const;

/** A decision with only the fields of a table row. */
export function briefly(row: DecisionRow): DecisionRow {
  const { gate_terms, ev, attackers, cycle } = row as DecisionRow & {
    gate_terms?: { term: string; passes: boolean }[];
    ev?: Record<string, unknown>;
    attackers?: string[];
    cycle?: { signature: string }[];
  };
  return {
    ...Object.fromEntries(BRIEF.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])),
    ...(gate_terms ? { gate_terms: gate_terms.map(({ term, passes }) => ({ term, passes })) } : {}),
    ...(ev
      ? {
        ev: {
          edge_lamports: ev.edge_lamports,
          tip_lamports: ev.tip_lamports,
          landed_fee_lamports: ev.landed_fee_lamports,
          p_land: ev.p_land,
        },
      }
      : {}),
    ...(attackers ? { attackers: attackers.slice(0, 1) } : {}),
    ...(cycle ? { cycle: cycle.slice(0, 1).map(({ signature }) => ({ signature })) } : {}),
  } as DecisionRow;
}

/** The rule by which agents publish: ffi/engine/src/decision.rs `is_published`. */
function isPublished({ gate, kind, tier }: Record<string, unknown>): boolean {
  return gate === "pass" || (gate === "observed" && (kind === "arbitrage" || tier === "A"));
}

/** Whether a decision matches a gate filter: `pass`, `observed`, or any term that refused it. */
function isRefusedBy(evidence: Record<string, unknown>, gate: string): boolean {
  const terms = (evidence.gate_terms ?? []) as { term: string; passes: boolean }[];
  return evidence.gate === gate || terms.some(({ term, passes }) => term === gate && !passes);
}
