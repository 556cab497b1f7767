/** Receipts by request, by reading `control-receipts-proto` along. */
import { Buffer } from "node:buffer";
import { jobs } from "../proto/wire.ts";
import type { ModuleName, Receipt } from "./control.ts";
import { follow } from "./log/follow.ts";
import type { Log } from "./log/log.ts";

const RECEIPTS_TOPIC = "control-receipts-proto";
const REQUESTS_MAX = 10_000;

export type LoggedReceipt = Omit<Receipt, "genuine">;

export class Receipts {
  readonly #log: Log;
  readonly #byRequest = new Map<string, LoggedReceipt[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Reads along until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, RECEIPTS_TOPIC, {
      from: { last: BigInt(REQUESTS_MAX) },
      signal,
      take: ({ value }) => value && this.#take(value),
    });
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
