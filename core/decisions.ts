/** The newest decisions of this host, by reading `decision-evidence` along: what is shown and asked for by id. */
import { follow } from "./log/follow.ts";
import type { Log } from "./log/log.ts";

const EVIDENCE_TOPIC = "decision-evidence";
/** Decisions that can be asked for by id; older ones are in the log still. */
const KNOWN_MAX = 200_000;
/** Bytes of the newest evidence that is kept at hand. */
const YOUNG_BYTES_MAX = 64 << 20;
/** Decisions that one filtered list looks at. */
const LOOKED_MAX = 5_000;
const WAIT_MS = 1_000;
const decoder = new TextDecoder();

export interface DecisionQuery {
  limit: number;
  /** Kinds wanted; all without. */
  kinds?: readonly string[];
  gate?: string;
  /** Only decisions before this one in the log. */
  before?: string;
}

/** Where a decision's evidence is; its bytes while they are young. */
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

  constructor(log: Log) {
    this.#log = log;
  }

  /** Reads along until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, EVIDENCE_TOPIC, {
      from: { last: BigInt(KNOWN_MAX) },
      signal,
      take: ({ key, value, partition, offset }) => {
        if (key && value) this.#remember(hex(key), { partition, offset, bytes: value.slice() });
      },
    });
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

  /** The evidence of a decision; undefined when it is not known here. */
  async get(id: string): Promise<Record<string, unknown> | undefined> {
    const place = this.#places.get(id);
    const bytes = place && (place.bytes ?? await this.#read(place));
    return bytes ? JSON.parse(decoder.decode(bytes)) : undefined;
  }

  /** Newest first. */
  async list({ limit, kinds, gate, before }: DecisionQuery): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    const ids = [...this.#places.keys()];
    let at = before === undefined ? ids.length - 1 : ids.indexOf(before) - 1;
    // A filter that matches next to nothing must not read the whole log.
    for (let looked = 0; at >= 0 && found.length < limit && looked < LOOKED_MAX; at--, looked++) {
      const evidence = await this.get(ids[at]!);
      if (
        evidence && (!kinds || kinds.includes(String(evidence.kind))) &&
        (!gate || isRefusedBy(evidence, gate))
      ) {
        found.push(evidence);
      }
    }
    return found;
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

/** Whether a decision's gate is this: `pass`, `observed`, or any term that refused it. */
function isRefusedBy(evidence: Record<string, unknown>, gate: string): boolean {
  const terms = (evidence.gate_terms ?? []) as { term: string; passes: boolean }[];
  return evidence.gate === gate || terms.some(({ term, passes }) => term === gate && !passes);
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
