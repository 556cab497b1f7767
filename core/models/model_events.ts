/** What ran when on every host, from reading `model-events-proto`. */
import { jobs } from "../../proto/wire.ts";
import { follow, readThrough } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { ModelList } from "./models.ts";
import type { TopicName } from "../../proto/topics.ts";

const EVENTS_TOPIC: TopicName = "model-events-proto";
/** Maximum entries kept of each module. */
const HISTORY_MAX = 100;
/** Records read of each partition. */
const RECORDS_MAX = 2_000n;

export class ModelEvents {
  readonly #log: Log;
  readonly #ran = new Map<string, ModelList["history"]>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Follows the topic until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, EVENTS_TOPIC, {
      from: { last: RECORDS_MAX },
      signal,
      take: ({ value }) => value && this.#take(value),
    });
  }

  /** Reads the existing records. */
  async read(): Promise<void> {
    using topic = await this.#log.topic(EVENTS_TOPIC, { create: true });
    for await (const block of readThrough(topic, { last: RECORDS_MAX })) {
      if ("gap" in block) continue;
      for (const { value } of block.records) if (value) this.#take(value);
    }
  }

  #take(value: Uint8Array): void {
    let event;
    try {
      event = jobs.ModelEvent.decode(value);
    } catch {
      // Bytes of another format on the topic are not an event.
      return;
    }
    if (event.state !== "live" || !event.version) return;
    const list = this.#ran.get(event.module ?? "") ?? [];
    const at_ms = Number(BigInt(String(event.atNs)) / 1_000_000n);
    list.push({ at_ms, version: event.version });
    list.sort((one, other) => other.at_ms - one.at_ms);
    list.length = Math.min(list.length, HISTORY_MAX);
    this.#ran.set(event.module ?? "", list);
  }

  /** The list with what ran on all hosts: agents of one module that swap together make one entry. */
  withHistory(list: ModelList): ModelList {
    const all = [...list.history, ...this.#ran.get(list.module) ?? []];
    all.sort((one, other) => other.at_ms - one.at_ms);
    const history = all.filter(({ version }, at) => version !== all[at + 1]?.version);
    return { ...list, history };
  }
}
