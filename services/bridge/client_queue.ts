/**
 * Frames that wait for one client: bounded in bytes. The oldest are dropped first, and the client receives the count of
 * dropped records.
 */

export interface BridgeMessage {
  readonly bytes: Uint8Array<ArrayBuffer> | string;
  readonly size: number;
  /** Positions of the first record and after the last one. */
  readonly from: bigint;
  readonly to: bigint;
  /** Records in it. */
  readonly count: number;
}

/** Records that a client did not get. */
export interface Gap {
  readonly from: bigint;
  readonly to: bigint;
  readonly count: number;
}

export class ClientQueue {
  readonly #bytesMax: number;
  #messages: BridgeMessage[] = [];
  #bytes = 0;
  #gap: Gap | null = null;
  /** Records dropped in all. */
  dropped = 0n;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame, and drops the oldest until all fit. A frame that is too large on its own is dropped at once. */
  push(message: BridgeMessage): void {
    this.#messages.push(message);
    this.#bytes += message.size;
    while (this.#bytes > this.#bytesMax) this.#drop(this.#messages.shift()!);
  }

  #drop({ size, from, to, count }: BridgeMessage): void {
    this.#bytes -= size;
    this.dropped += BigInt(count);
    this.#gap = this.#gap
      ? { from: this.#gap.from, to, count: this.#gap.count + count }
      : { from, to, count };
  }

  /** Notes that records were missed before anything was queued. */
  miss(gap: Gap): void {
    this.#gap = this.#gap ? { ...gap, from: this.#gap.from, count: this.#gap.count + gap.count } : gap;
    this.dropped += BigInt(gap.count);
  }

  /** The next item to send: a gap comes before the frames that follow it. */
  next(): { gap: Gap } | { message: BridgeMessage } | undefined {
    if (this.#gap) {
      const gap = this.#gap;
      this.#gap = null;
      return { gap };
    }
    const message = this.#messages.shift();
    if (!message) return undefined;
    this.#bytes -= message.size;
    return { message };
  }
}
