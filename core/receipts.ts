/** Receipts by request, by reading `control-receipts-proto` along. */
import { Buffer } from "node:buffer";
import { jobs } from "../proto/wire.ts";
import type { ModuleName, Receipt } from "./control.ts";
import type { Log, LogTopic } from "./log/log.ts";

const RECEIPTS_TOPIC = "control-receipts-proto";
const REQUESTS_MAX = 10_000;
const WAIT_MS = 1_000;

export type LoggedReceipt = Omit<Receipt, "genuine">;

export class Receipts {
  readonly #topic: LogTopic;
  readonly #byRequest = new Map<string, LoggedReceipt[]>();

  constructor(log: Log) {
    this.#topic = log.topic(RECEIPTS_TOPIC, { create: true });
  }

  /** Reads along until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const { start, end } = this.#topic.info();
    const back = BigInt(REQUESTS_MAX);
    using reader = this.#topic.reader(end - start > back ? end - back : start);
    while (!signal.aborted) {
      const answer = reader.read();
      if ("gap" in answer) continue;
      for (const { value } of answer.records) if (value) this.#take(value);
      if (answer.records.length === 0) await this.#topic.wait(reader.offset, WAIT_MS);
    }
  }

  #take(value: Uint8Array): void {
    let receipt;
    try {
      receipt = jobs.Receipt.decode(value);
    } catch {
      // Foreign bytes on the topic are no receipt.
      return;
    }
    const list = this.#byRequest.get(receipt.requestId ?? "") ?? [];
    list.push({
      request_id: receipt.requestId ?? "",
      instance: receipt.instance ?? "",
      module: receipt.module as ModuleName,
      applied: receipt.applied ?? false,
      reason: receipt.reason ?? "",
      sequence: String(receipt.sequence),
      policy_hash: Buffer.from(receipt.policyHash ?? []).toString("hex"),
      applied_ns: String(receipt.appliedNs),
      first_event_ns: String(receipt.firstEventNs),
    });
    this.#byRequest.set(receipt.requestId ?? "", list);
    if (this.#byRequest.size > REQUESTS_MAX) this.#byRequest.delete(this.#byRequest.keys().next().value!);
  }

  of(requestId: string): readonly LoggedReceipt[] {
    return this.#byRequest.get(requestId) ?? [];
  }
}
