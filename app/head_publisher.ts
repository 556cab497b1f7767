/** Publishes the heads of the audit: on `audit-proto`, and in a file on another disk where one is configured. */
import type { AuditChain } from "../core/audit/chain.ts";
import { AnchorFile } from "../core/audit/anchor_file.ts";
import type { Log } from "../core/log/log.ts";
import { delay } from "../core/platform/delay.ts";
import type { Context } from "./context.ts";
import { messageOf } from "../core/platform/errors.ts";
import type { TopicName } from "../proto/topics.ts";

export const AUDIT_TOPIC: TopicName = "audit-proto";
/**
 * How long a head waits so that several are published together, and the pause before a failed publication is retried.
 */
const GATHER_MS = 5;
const RETRY_MS = 1_000;

export interface HeadPublisherOptions {
  readonly log: Log;
  readonly node: string;
  /** The heads are read from here. */
  readonly chain: AuditChain;
  /** Records that all heads up to `seq` were published. */
  markPublished(seq: number): Promise<void> | void;
  /** `audit.anchor`; "" = none. */
  readonly file: string;
  say(line: string): void;
}

export class HeadPublisher {
  readonly #options: HeadPublisherOptions;
  #publishing: Promise<boolean> = Promise.resolve(true);
  #isWaiting = false;
  #logged = "";
  readonly #anchor: AnchorFile | undefined;

  constructor(options: HeadPublisherOptions) {
    this.#options = options;
    if (options.file !== "") this.#anchor = new AnchorFile(options.file);
  }

  /** Called when there are new heads: they are published a few milliseconds later. */
  poke(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      this.flush();
    }, GATHER_MS);
  }

  /** Publishes the pending heads. Returns whether all were published. */
  flush(): Promise<boolean> {
    return this.#publishing = this.#publishing.then(() => this.#publish());
  }

  async #publish(): Promise<boolean> {
    try {
      await this.#publishToTopic();
      await this.#anchor?.append((seq) => this.#options.chain.headsAfter(seq));
      this.#logged = "";
      return true;
    } catch (error) {
      // The chain is complete and keeps the heads until they are published. That they are not is reported.
      const line = `Cannot publish the heads of the audit: ${messageOf(error)}`;
      if (line !== this.#logged) this.#options.say(line);
      this.#logged = line;
      return false;
    }
  }

  async #publishToTopic(): Promise<void> {
    const { log, node, chain, markPublished } = this.#options;
    let last = chain.publishedTo();
    let heads = chain.headsAfter(last);
    if (heads.length === 0) return;
    using topic = await log.topic(AUDIT_TOPIC, { create: true });
    const key = new TextEncoder().encode(node);
    for (; heads.length > 0; heads = chain.headsAfter(last)) {
      await topic.append(heads.map(({ bytes }) => ({ key, value: bytes })));
      last = heads.at(-1)!.seq;
      await markPublished(last);
    }
  }

  /** Publishes what an earlier process left pending, and then retries what could not be published. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush();
      await delay(RETRY_MS, signal);
    }
  }
}

/** The publisher of the heads of `chain` for the data folder; `told` records the progress. */
export function headPublisherOf(
  context: Context,
  chain: AuditChain,
  markPublished: (seq: number) => Promise<void> | void,
): HeadPublisher {
  return new HeadPublisher({
    log: context.outbox(),
    node: context.dataDir().instance,
    chain,
    markPublished,
    file: context.setting("audit.anchor"),
    say: (line) => context.say(line),
  });
}
