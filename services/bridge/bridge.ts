/**
 * The bridge: turns topics into micro-batches and sends them to clients. A batch is built and compressed once for all
 * clients with the same filter and mode. Each client has its own bounded queue: a slow client loses its oldest records,
 * and delays no other.
 */
import { follow } from "../../core/log/follow.ts";
import type { Log } from "../../core/log/log.ts";
import {
  CLOSE,
  type ConnectionInfo,
  type RealtimeFilter,
  type RealtimeHub,
  type RealtimeMode,
  type RealtimeOptions,
} from "../../core/decisions/realtime.ts";
import {
  batchBytes,
  compress,
  type Facts,
  factsOf,
  gapJson,
  gapProto,
  isUnfiltered,
  jsonLines,
  matches,
  textSize,
} from "./batch.ts";
import { type BridgeMessage, ClientQueue } from "./client_queue.ts";
import { delay } from "../../core/platform/delay.ts";
import { type TopicName, TOPICS } from "../../proto/topics.ts";

/** The topics whose Envelopes browsers get. */
export const BRIDGE_TOPICS: readonly TopicName[] = TOPICS.filter((topic) => "bridged" in topic)
  .map(({ name }) => name);

/** Maximum bytes queued for one client. */
const QUEUE_BYTES_MAX = 4 << 20;
/** Maximum bytes handed to the socket and not sent yet. */
const SOCKET_BYTES_MAX = 256 << 10;
/** Batches kept for clients that reconnect. */
const RESUME_BATCHES_MAX = 512;
const RESUME_BYTES_MAX = 16 << 20;
const PUMP_MS = 20;
/** How often an idle client gets proof that its connection is alive. */
const BEAT_MS = 1_000;

interface Batch {
  readonly items: readonly Uint8Array[];
  readonly from: bigint;
  readonly to: bigint;
  readonly bytes: number;
}

interface Client {
  readonly id: string;
  readonly socket: WebSocket;
  readonly options: RealtimeOptions;
  readonly queue: ClientQueue;
  readonly since: number;
  readonly key: string;
  sent: bigint;
  filtered: bigint;
}

export interface BridgeOptions {
  log: Log;
  windowMs: number;
  maxSize: number;
  queueBytesMax?: number;
  now?: () => number;
}

export class Bridge implements RealtimeHub {
  readonly #options: BridgeOptions;
  readonly #clients = new Map<string, Client>();
  readonly #epoch: bigint;
  #position = 1n;
  #waiting: Uint8Array[] = [];
  #recent: Batch[] = [];
  #recentBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pumpTimer: ReturnType<typeof setTimeout> | undefined;
  #windowMs: number;
  #maxSize: number;
  /** Topics whose first position is known. */
  readonly #placed = new Set<string>();
  readonly #allPlaced = Promise.withResolvers<void>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#epoch = BigInt((options.now ?? Date.now)());
    [this.#windowMs, this.#maxSize] = [options.windowMs, options.maxSize];
  }

  tune(windowMs: number, maxSize: number): void {
    [this.#windowMs, this.#maxSize] = [windowMs, maxSize];
  }

  /** Reads all topics until the signal ends it; then closes all clients. */
  async run(signal: AbortSignal): Promise<void> {
    const beats = setInterval(() => this.#beat(), BEAT_MS);
    try {
      await Promise.all(BRIDGE_TOPICS.map((topic) => this.#follow(topic, signal)));
    } finally {
      clearInterval(beats);
      clearTimeout(this.#pumpTimer);
      clearTimeout(this.#timer);
      for (const { socket } of this.#clients.values()) socket.close(CLOSE.goingAway, "the server ends");
    }
  }

  #follow(name: string, signal: AbortSignal): Promise<void> {
    return follow(this.#options.log, name, {
      from: "end",
      signal,
      take: ({ value }) => value && this.#take(value),
      // From its first position on, no record is skipped, even when the log is unreachable for a while.
      onProblem: (message) => {
        if (message !== null) return;
        this.#placed.add(name);
        if (this.isReading) this.#allPlaced.resolve();
      },
    });
  }

  get isReading(): boolean {
    return this.#placed.size === BRIDGE_TOPICS.length;
  }

  async reads(limitMs: number): Promise<boolean> {
    if (this.isReading) return true;
    const over = new AbortController();
    await Promise.race([this.#allPlaced.promise, delay(limitMs, over.signal)]);
    over.abort();
    return this.isReading;
  }

  #take(envelope: Uint8Array): void {
    this.#waiting.push(envelope);
    if (this.#waiting.length >= this.#maxSize) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#windowMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const items = this.#waiting;
    this.#waiting = [];
    const from = this.#position;
    this.#position += BigInt(items.length);
    const bytes = items.reduce((sum, item) => sum + item.length, 0);
    const batch = { items, from, to: this.#position, bytes };
    this.#keep(batch);
    const messages = new MessageCache(batch, this.#epoch);
    for (const client of this.#clients.values()) this.#queue(client, messages);
  }

  #keep(batch: Batch): void {
    this.#recent.push(batch);
    this.#recentBytes += batch.bytes;
    while (this.#recent.length > RESUME_BATCHES_MAX || this.#recentBytes > RESUME_BYTES_MAX) {
      this.#recentBytes -= this.#recent.shift()!.bytes;
    }
  }

  #queue(client: Client, messages: MessageCache): void {
    const { message, filtered } = messages.of(client.key, client.options.mode, client.options.filter);
    client.filtered += BigInt(filtered);
    if (message) client.queue.push(message);
    this.#pump(client);
  }

  #pumpAll(): void {
    this.#pumpTimer = undefined;
    for (const client of this.#clients.values()) if (client.queue.bytes > 0) this.#pump(client);
  }

  /** Sends what the socket accepts; the rest is retried after a while. */
  #pump(client: Client): void {
    this.#forward(client);
    if (client.queue.bytes > 0) this.#pumpTimer ??= setTimeout(() => this.#pumpAll(), PUMP_MS);
  }

  #forward(client: Client): void {
    const { socket, queue, options: { mode } } = client;
    while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < SOCKET_BYTES_MAX) {
      const next = queue.next();
      if (!next) return;
      if ("gap" in next) socket.send(mode === "json" ? gapJson(next.gap) : gapProto(next.gap, this.#epoch));
      else {
        socket.send(next.message.bytes);
        client.sent += BigInt(next.message.count);
      }
    }
  }

  serve(socket: WebSocket, options: RealtimeOptions): void {
    const client: Client = {
      id: crypto.randomUUID(),
      socket,
      options,
      queue: new ClientQueue(this.#options.queueBytesMax ?? QUEUE_BYTES_MAX),
      since: Date.now(),
      key: `${options.mode} ${JSON.stringify(options.filter)}`,
      sent: 0n,
      filtered: 0n,
    };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#resume(client);
      this.#clients.set(client.id, client);
      this.#pump(client);
    });
    socket.addEventListener("close", () => this.#clients.delete(client.id));
    socket.addEventListener("error", () => this.#clients.delete(client.id));
  }

  /** Queues what a client missed since its position; what is not kept any more becomes a gap. */
  #resume(client: Client): void {
    const { resume } = client.options;
    if (!resume) return;
    const oldest = this.#recent[0]?.from ?? this.#position;
    const other = resume.epoch !== this.#epoch;
    const begin = other ? oldest : resume.position;
    if (other) client.queue.miss({ from: resume.position, to: resume.position, count: 0 });
    else if (begin < oldest) client.queue.miss({ from: begin, to: oldest, count: Number(oldest - begin) });
    for (const batch of this.#recent) {
      if (batch.to <= begin) continue;
      const skip = begin > batch.from ? Number(begin - batch.from) : 0;
      const rest = skip === 0 ? batch : { ...batch, items: batch.items.slice(skip), from: begin };
      const { message, filtered } = new MessageCache(rest, this.#epoch).of(
        client.key,
        client.options.mode,
        client.options.filter,
      );
      client.filtered += BigInt(filtered);
      if (message) client.queue.push(message);
    }
  }

  /**
   * Sends an empty batch to each idle client: a client that receives nothing for some seconds then knows that its
   * connection is dead, on a quiet day too. JSON clients get lines, and none may be empty: they rely on pings.
   */
  #beat(): void {
    const at = { epoch: this.#epoch, from: this.#position, to: this.#position };
    const message = compress(batchBytes([], at));
    for (const { socket, queue, options: { mode } } of this.#clients.values()) {
      const isIdle = queue.bytes === 0 && socket.readyState === WebSocket.OPEN && socket.bufferedAmount === 0;
      if (mode === "proto" && isIdle) socket.send(message);
    }
  }

  connections(): ConnectionInfo[] {
    return [...this.#clients.values()].map(({ id, options, since, sent, queue, filtered }) => ({
      id,
      user: options.principal.name,
      mode: options.mode,
      since_ms: since,
      sent: String(sent),
      dropped: String(queue.dropped),
      filtered: String(filtered),
      queued_bytes: queue.bytes,
    }));
  }

  kick(id: string): boolean {
    const client = this.#clients.get(id);
    client?.socket.close(CLOSE.kicked, "ended by an admin");
    return client !== undefined;
  }
}

/** The messages of one batch, built when the first client needs them. */
class MessageCache {
  readonly #messages = new Map<string, { message: BridgeMessage | null; filtered: number }>();
  #facts: (Facts | null)[] | undefined;

  constructor(readonly batch: Batch, readonly epoch: bigint) {}

  of(
    key: string,
    mode: RealtimeMode,
    filter: RealtimeFilter,
  ): { message: BridgeMessage | null; filtered: number } {
    let made = this.#messages.get(key);
    if (!made) {
      made = this.#make(mode, filter);
      this.#messages.set(key, made);
    }
    return made;
  }

  #make(mode: RealtimeMode, filter: RealtimeFilter): { message: BridgeMessage | null; filtered: number } {
    const { items: all, from, to } = this.batch;
    let items = all;
    if (!isUnfiltered(filter)) {
      this.#facts ??= all.map(factsOf);
      items = all.filter((_, at) => matches(this.#facts![at]!, filter));
    }
    const filtered = all.length - items.length;
    if (items.length === 0) return { message: null, filtered };
    const bytes = mode === "json"
      ? jsonLines(items)
      : compress(batchBytes(items, { epoch: this.epoch, from, to }));
    const size = typeof bytes === "string" ? textSize(bytes) : bytes.length;
    return { message: { bytes, size, from, to, count: items.length }, filtered };
  }
}
