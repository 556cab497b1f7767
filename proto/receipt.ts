/** A receipt as JSON, in the form that `control/delivery.rs` also writes; a test compares both. */
import { jobs } from "./wire.ts";

/** One agent's answer. 64-bit numbers are decimal texts. */
export interface ReportedReceipt {
  request_id: string;
  instance: string;
  module: "arbitrage" | "mev";
  applied: boolean;
  /** The reason of a refusal. */
  reason: string;
  sequence: string;
  /** SHA-256 of the policy in force, hex. */
  policy_hash: string;
  /** Unix nanoseconds. */
  applied_ns: string;
  /** Time of the first event handled under it; "0": none arrived in time. */
  first_event_ns: string;
}

/** Throws for bytes that are not a receipt. The sender is not checked: {@link ReportedReceipt.module} may be any text. */
export function receiptJson(bytes: Uint8Array): ReportedReceipt {
  const receipt = jobs.Receipt.decode(bytes);
  return {
    request_id: receipt.requestId,
    instance: receipt.instance,
    module: receipt.module as ReportedReceipt["module"],
    applied: receipt.applied,
    reason: receipt.reason,
    sequence: String(receipt.sequence),
    policy_hash: receipt.policyHash.toHex(),
    applied_ns: String(receipt.appliedNs),
    first_event_ns: String(receipt.firstEventNs),
  };
}
