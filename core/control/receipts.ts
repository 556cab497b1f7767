/** Receipts by request, from following `control-receipts-proto`. */
import { receiptJson, type ReportedReceipt } from "../../proto/receipt.ts";
import type { Receipt } from "./control.ts";
import { follow } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { TopicName } from "../../proto/topics.ts";

const RECEIPTS_TOPIC: TopicName = "control-receipts-proto";
const REQUESTS_MAX = 10_000;
/** Maximum receipts kept: of one request, and in all. */
const ANSWERS_MAX = 1_000;
const RECEIPTS_MAX = 50_000;
/** A receipt has a few hundred bytes, but anyone may write to the topic. */
const RECEIPT_BYTES_MAX = 16 << 10;

/** Whether an agent of this installation, on any host, signed the bytes of a record. */
export type IsSigned = (kind: "receipt" | "report", bytes: Uint8Array) => boolean;

interface Known {
  readonly bytes: Uint8Array;
  readonly receipt: ReportedReceipt;
  /** Checked on demand: most receipts are never asked for. */
  genuine: boolean | null;
}

export class Receipts {
  readonly #log: Log;
  readonly #isSigned: IsSigned;
  /** By request, oldest first. */
  readonly #byRequest = new Map<string, Known[]>();
  #count = 0;

  constructor(log: Log, isSigned: IsSigned) {
    this.#log = log;
    this.#isSigned = isSigned;
  }

  /** Follows the topic until the signal ends it; `waitMs` as in {@link follow}. */
  follow(signal: AbortSignal, waitMs?: number): Promise<void> {
    return follow(this.#log, RECEIPTS_TOPIC, {
      from: { last: BigInt(REQUESTS_MAX) },
      signal,
      ...(waitMs === undefined ? {} : { waitMs }),
      take: ({ value }) => value && this.#take(value),
    });
  }

  #take(value: Uint8Array): void {
    if (value.length > RECEIPT_BYTES_MAX) return;
    let receipt;
    try {
      receipt = receiptJson(value);
    } catch {
      // Bytes of another format on the topic are not a receipt.
      return;
    }
    const list = this.#byRequest.get(receipt.request_id) ?? [];
    if (list.length >= ANSWERS_MAX) return;
    list.push({ bytes: value.slice(), receipt, genuine: null });
    this.#byRequest.set(receipt.request_id, list);
    this.#count += 1;
    while (this.#byRequest.size > REQUESTS_MAX || this.#count > RECEIPTS_MAX) {
      const [oldest, answers] = this.#byRequest.entries().next().value!;
      this.#count -= answers.length;
      this.#byRequest.delete(oldest);
    }
  }

  /** Answers to a request, and whether an agent of this installation signed them. */
  of(requestId: string): Receipt[] {
    return (this.#byRequest.get(requestId) ?? []).map((known) => {
      known.genuine ??= this.#isSigned("receipt", known.bytes);
      return { ...known.receipt, genuine: known.genuine };
    });
  }
}
