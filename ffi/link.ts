/** The link of this host to Kafka (`ffi/kafka/src/with_librdkafka/link.rs`). */
import type { LinkStatus } from "../core/platform/link_status.ts";
import { type Library, utf8 } from "./library.ts";
import type { KafkaOptions } from "./log.ts";

export interface LinkTopic {
  readonly name: string;
  readonly partitions: number;
  readonly compacted: boolean;
  /** Whether it is also brought from the cluster to this host. */
  readonly inbound: boolean;
  /** Inbound: whether the first start begins at the earliest offset. */
  readonly history: boolean;
}

export interface LinkOptions {
  data_dir: string;
  instance: string;
  kafka: KafkaOptions;
  topics: readonly LinkTopic[];
  /** Whether missing topics are created. */
  create: boolean;
  /** Copies of each record; 0 = as the cluster is set. */
  replicas: number;
  limits: { segment_bytes: number; retention_bytes: number; retention_ms: number };
}

/** Threads that bring every record of this host's log to Kafka, and the control topics back. */
export class Link implements AsyncDisposable {
  readonly #library: Library;
  readonly #handle: number;

  constructor(library: Library, options: LinkOptions) {
    this.#library = library;
    const text = utf8(JSON.stringify(options));
    const { legend_link_start } = library.symbols;
    this.#handle = library.call((out, size) => legend_link_start(text, text.length, out, size)).value;
  }

  status(): LinkStatus {
    const { legend_link_status } = this.#library.symbols;
    return JSON.parse(this.#library.text((out, size) => legend_link_status(this.#handle, out, size)));
  }

  /** Stops; what has not been sent waits on this host. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#library.symbols.legend_link_close(this.#handle);
  }
}
