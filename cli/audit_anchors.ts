/** Heads of the audit chain on `audit-proto`: told outside the chain's own file, read back to verify it. */
import { Buffer } from "node:buffer";
import type { Anchor } from "../core/audit/chain.ts";
import { readThrough } from "../core/log/follow.ts";
import type { Log } from "../core/log/log.ts";
import { jobs, long } from "../proto/wire.ts";

const AUDIT_TOPIC = "audit-proto";
/** How long a head waits for its neighbours. */
const GATHER_MS = 5;

export class AuditAnchors {
  readonly #log: Log;
  readonly #node: string;
  readonly #say: (line: string) => void;
  #waiting: Anchor[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(log: Log, node: string, say: (line: string) => void) {
    this.#log = log;
    this.#node = node;
    this.#say = say;
  }

  /** Takes a head; it is on the log a few milliseconds later. */
  tell(anchor: Anchor): void {
    this.#waiting.push(anchor);
    if (this.#waiting.length === 1) setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    const anchors = this.#waiting;
    this.#waiting = [];
    if (anchors.length > 0) this.#writing = this.#writing.then(() => this.#write(anchors));
    return this.#writing;
  }

  async #write(anchors: readonly Anchor[]): Promise<void> {
    try {
      using topic = await this.#log.topic(AUDIT_TOPIC, { create: true });
      await topic.append(anchors.map(({ seq, hash }) => ({
        key: new TextEncoder().encode(this.#node),
        value: jobs.AuditHead.encode({
          node: this.#node,
          seq: long(seq),
          hash: new Uint8Array(Buffer.from(hash, "hex")),
          atMs: long(Date.now()),
        }).finish(),
      })));
    } catch (error) {
      // The chain itself is whole; what is missing outside is said, not hidden.
      const why = error instanceof Error ? error.message : error;
      this.#say(`Cannot anchor ${anchors.length} audit heads on the log: ${why}`);
    }
  }

  /** Keeps nothing waiting when the process ends. */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await this.flush();
  }
}

/** All heads that this node has told. */
export async function readAnchors(log: Log, node: string): Promise<Anchor[]> {
  using topic = await log.topic(AUDIT_TOPIC, { create: true });
  const anchors: Anchor[] = [];
  for await (const block of readThrough(topic, "start")) {
    if ("gap" in block) continue;
    for (const { value } of block.records) {
      const head = jobs.AuditHead.decode(value ?? new Uint8Array());
      if (head.node === node) {
        anchors.push({ seq: Number(head.seq), hash: Buffer.from(head.hash ?? []).toString("hex") });
      }
    }
  }
  return anchors;
}
