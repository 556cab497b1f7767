/** Publishes the state of jobs as Envelopes on `job-status-proto`, for browsers and other readers of topics. */
import type { Job } from "../core/jobs/projection.ts";
import type { JobKinds } from "../core/jobs/kind.ts";
import { readThrough } from "../core/log/follow.ts";
import type { Log } from "../core/log/log.ts";
import { long, realtime } from "../proto/wire.ts";
import type { TopicName } from "../proto/topics.ts";

const TOPIC: TopicName = "job-status-proto";
/**
 * States as the contract defines them (docs/CONTRACT.md, "Messages"): a cancelled job is an error with a message that
 * reports the cancellation.
 */
const STATES = {
  queued: "queued",
  running: "running",
  done: "done",
  error: "error",
  cancelled: "error",
} as const;

/** By a kind's `envelope`. */
const TYPES = {
  training: realtime.Envelope.Type.TRAINING,
  dataset: realtime.Envelope.Type.DATASET,
} as const;

export class JobStatusPublisher {
  readonly #outbox: Log;
  readonly #kinds: JobKinds;
  readonly #producer: string;
  #seq = 0;
  #last = new Map<string, string>();

  private constructor(outbox: Log, producer: string, kinds: JobKinds) {
    this.#outbox = outbox;
    this.#kinds = kinds;
    this.#producer = producer;
  }

  /** Reads the last sequence number that this producer has used. */
  static async open(outbox: Log, producer: string, kinds: JobKinds): Promise<JobStatusPublisher> {
    const publisher = new JobStatusPublisher(outbox, producer, kinds);
    using topic = await outbox.topic(TOPIC, { create: true });
    for await (const block of readThrough(topic, "start")) {
      if ("gap" in block) continue;
      for (const { value } of block.records) {
        if (!value) continue;
        try {
          const { producerId, seq } = realtime.Envelope.decode(value);
          if (producerId === producer) publisher.#seq = Math.max(publisher.#seq, Number(seq));
        } catch {
          // Bytes of another format on the topic have no number of ours.
        }
      }
    }
    return publisher;
  }

  async publish(job: Job): Promise<void> {
    const { id, state, progress } = job;
    const { envelope: as } = this.#kinds.named(job.kind);
    const message = state === "cancelled" ? "cancelled" : job.message;
    const content = JSON.stringify([state, progress, message]);
    if (this.#last.get(id) === content) return;
    this.#last.set(id, content);
    if (this.#last.size > 1_000) this.#last.delete(this.#last.keys().next().value!);
    const payload = { jobId: id, state: STATES[state], progress, message };
    const envelope = realtime.Envelope.encode({
      schemaVersion: "rt-v1",
      type: TYPES[as],
      producerId: this.#producer,
      seq: long(this.#seq + 1),
      eventNs: long(BigInt(Date.now()) * 1_000_000n),
      [as]: payload,
    }).finish();
    using topic = await this.#outbox.topic(TOPIC, { create: true });
    await topic.append([{ key: new TextEncoder().encode(id), value: envelope }]);
    this.#seq += 1;
  }
}
