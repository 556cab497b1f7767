/** The newest decisions of this host, by reading `decision-evidence` along: what is shown and asked for by id. */
import type { Log, LogTopic } from "./log/log.ts";

const EVIDENCE_TOPIC = "decision-evidence";
/** Decisions that can be asked for by id; older ones are in the log still. */
const KNOWN_MAX = 200_000;
const WAIT_MS = 1_000;

export interface DecisionQuery {
  limit: number;
  /** Kinds wanted; all without. */
  kinds?: readonly string[];
  gate?: string;
  /** Only decisions before this one in the log. */
  before?: string;
}

export class DecisionIndex {
  readonly #topic: LogTopic;
  /** Decision id to offset, oldest first. */
  readonly #offsets = new Map<string, bigint>();

  constructor(log: Log) {
    this.#topic = log.topic(EVIDENCE_TOPIC, { create: true });
  }

  /** Reads along until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const { start, end } = this.#topic.info();
    const known = BigInt(KNOWN_MAX);
    using reader = this.#topic.reader(end - start > known ? end - known : start);
    while (!signal.aborted) {
      const answer = reader.read();
      if ("gap" in answer) continue;
      for (const { key, offset } of answer.records) if (key) this.#remember(hex(key), offset);
      if (answer.records.length === 0) await this.#topic.wait(reader.offset, WAIT_MS);
    }
  }

  #remember(id: string, offset: bigint): void {
    this.#offsets.set(id, offset);
    if (this.#offsets.size > KNOWN_MAX) this.#offsets.delete(this.#offsets.keys().next().value!);
  }

  /** The evidence of a decision; undefined when it is not known here. */
  get(id: string): Record<string, unknown> | undefined {
    const offset = this.#offsets.get(id);
    return offset === undefined ? undefined : this.#at(offset);
  }

  /** Newest first. */
  list({ limit, kinds, gate, before }: DecisionQuery): Record<string, unknown>[] {
    const found: Record<string, unknown>[] = [];
    const ids = [...this.#offsets.keys()];
    let at = before === undefined ? ids.length - 1 : ids.indexOf(before) - 1;
    // A filter that matches next to nothing must not read the whole log.
    for (let looked = 0; at >= 0 && found.length < limit && looked < 5_000; at--, looked++) {
      const evidence = this.get(ids[at]!);
      if (
        evidence && (!kinds || kinds.includes(String(evidence.kind))) &&
        (!gate || isRefusedBy(evidence, gate))
      ) {
        found.push(evidence);
      }
    }
    return found;
  }

  #at(offset: bigint): Record<string, unknown> | undefined {
    using reader = this.#topic.reader(offset);
    const answer = reader.read();
    if ("gap" in answer) return undefined;
    const record = answer.records[0];
    return record?.value ? JSON.parse(new TextDecoder().decode(record.value)) : undefined;
  }
}

/** Whether a decision's gate is this: `pass`, `observed`, or any term that refused it. */
function isRefusedBy(evidence: Record<string, unknown>, gate: string): boolean {
  const terms = (evidence.gate_terms ?? []) as { term: string; passes: boolean }[];
  return evidence.gate === gate || terms.some(({ term, passes }) => term === gate && !passes);
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
