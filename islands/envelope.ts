/**
 * Reads Batches in the browser, by the field numbers of proto/realtime.proto (generated). It has only the few protobuf
 * rules that are needed, at a hundredth of the size of a general library.
 */
import {
  BATCH_DROPPED,
  BATCH_EPOCH,
  BATCH_ITEMS,
  BATCH_TO,
  BUNDLE_OUTCOME_LANDED,
  BUNDLE_OUTCOME_REASON,
  ENVELOPE_ARB,
  ENVELOPE_DECISION_ID,
  ENVELOPE_EVENT_NS,
  ENVELOPE_KIND,
  ENVELOPE_METRICS,
  ENVELOPE_MEV,
  ENVELOPE_MODULE,
  ENVELOPE_OUTCOME,
  ENVELOPE_TIER,
  METRICS_UPDATE_HOTPATH_P50,
  METRICS_UPDATE_HOTPATH_P99,
  METRICS_UPDATE_LANDED_PCT,
  METRICS_UPDATE_MODULE,
  METRICS_UPDATE_PNL_1H,
  METRICS_UPDATE_SEND_P99,
  MEV_OPPORTUNITY_ATTACKER,
  MEV_OPPORTUNITY_NET_SOL,
  MEV_OPPORTUNITY_P_LAND_EST,
  MEV_OPPORTUNITY_SLOT,
  MEV_OPPORTUNITY_TYPE,
} from "../proto/gen/fields.ts";
import { ENVELOPE_MODULES, KINDS, type ModuleName, TIERS } from "../proto/gen/names.ts";
import { hex } from "./hex.ts";

/** A live row; what an Envelope does not contain comes with the evidence. */
export interface LiveRow {
  /** Decision id, hex. */
  id: string;
  module: ModuleName;
  kind: string;
  tier: string;
  slot: number;
  /** Unix milliseconds of the event. */
  at: number;
  /** SOL. Null: not known in SOL. An Envelope omits the field then, and also for exactly 0. */
  net: number | null;
  /** If the gain is not in SOL: base units of its mint. */
  other?: { amount: string; mint: string };
  /** Null: not an estimate, it happened. */
  pLand: number | null;
  /** `atomic_3hop`, `pump_swap_sandwich`. */
  what: string;
  /** Signature or attacker. */
  who: string;
  /** Whether it landed, as far as known when the row was fetched. */
  landed?: boolean;
  /** Every term of the gate that refused it. */
  refused?: string[];
}

/** The result of an opportunity. */
export interface LiveOutcome {
  id: string;
  landed: boolean;
  reason: string;
}

export interface LiveMetrics {
  module: string;
  hotpath_p50: number;
  hotpath_p99: number;
  send_p99: number;
  landed_pct: number;
  pnl_1h: number;
}

export interface LiveBatch {
  epoch: string;
  /** Position after the last record. */
  to: string;
  /** Records that this client did not receive. */
  dropped: number;
  items: number;
  /**
   * Items that are not an Envelope: anyone may write to the topics, and such an item must not affect its neighbours.
   */
  unreadable: number;
  rows: LiveRow[];
  outcomes: LiveOutcome[];
  metrics: LiveMetrics[];
}

const decoder = new TextDecoder();

class Reader {
  readonly #view: DataView;
  at: number;
  constructor(readonly bytes: Uint8Array, readonly end = bytes.length, begin = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = begin;
  }
  varint(): bigint {
    let [value, shift] = [0n, 0n];
    for (;;) {
      if (this.at >= this.end || shift > 63n) throw new RangeError("a varint runs past the end");
      const byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  }
  double(): number {
    if (this.at + 8 > this.end) throw new RangeError("a number runs past the end");
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }
  /** A length-delimited part. */
  part(): Reader {
    const length = Number(this.varint());
    if (this.at + length > this.end) throw new RangeError("a part runs past the end");
    const part = new Reader(this.bytes, this.at + length, this.at);
    this.at += length;
    return part;
  }
  text(): string {
    const { at, end } = this.part();
    return decoder.decode(this.bytes.subarray(at, end));
  }
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.double();
    else if (wire === 2) this.part();
    else if (wire === 5 && this.at + 4 <= this.end) this.at += 4;
    else throw new RangeError(`wire type ${wire}`);
  }
  /** Calls `field` with each field's number and wire type; a field that it does not read is skipped. */
  fields(field: (number: number, wire: number) => boolean): void {
    while (this.at < this.end) {
      const tag = Number(this.varint());
      if (!field(tag >> 3, tag & 7)) this.skip(tag & 7);
    }
  }
}

/** Reads one Batch. Throws `RangeError` for bytes that are not one; items that are not an Envelope are counted. */
export function readBatch(bytes: Uint8Array): LiveBatch {
  const batch: LiveBatch = {
    epoch: "0",
    to: "0",
    dropped: 0,
    items: 0,
    unreadable: 0,
    rows: [],
    outcomes: [],
    metrics: [],
  };
  const reader = new Reader(bytes);
  reader.fields((number, wire) => {
    if (number === BATCH_ITEMS && wire === 2) {
      batch.items += 1;
      const item = reader.part();
      try {
        readEnvelope(item, batch);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        batch.unreadable += 1;
      }
    } else if (number === BATCH_EPOCH && wire === 0) batch.epoch = String(reader.varint());
    else if (number === BATCH_TO && wire === 0) batch.to = String(reader.varint());
    else if (number === BATCH_DROPPED && wire === 0) batch.dropped = Number(reader.varint());
    else return false;
    return true;
  });
  return batch;
}

function readEnvelope(reader: Reader, batch: LiveBatch): void {
  const row: LiveRow = {
    id: "",
    module: "arbitrage",
    kind: "unknown",
    tier: "",
    slot: 0,
    at: 0,
    net: null,
    pLand: null,
    what: "",
    who: "",
  };
  let payload: "row" | "outcome" | "metrics" | undefined;
  const outcome: LiveOutcome = { id: "", landed: false, reason: "" };
  const metrics: LiveMetrics = {
    module: "",
    hotpath_p50: 0,
    hotpath_p99: 0,
    send_p99: 0,
    landed_pct: 0,
    pnl_1h: 0,
  };
  reader.fields((number) => {
    if (number === ENVELOPE_DECISION_ID) {
      const { bytes, at, end } = reader.part();
      row.id = hex(bytes.subarray(at, end));
    } else if (number === ENVELOPE_EVENT_NS) row.at = Number(reader.varint() / 1_000_000n);
    else if (number === ENVELOPE_KIND) row.kind = KINDS[Number(reader.varint())] ?? "unknown";
    else if (number === ENVELOPE_TIER) row.tier = TIERS[Number(reader.varint())] ?? "";
    else if (number === ENVELOPE_MODULE) {
      row.module = ENVELOPE_MODULES[Number(reader.varint())] || "arbitrage";
    } else if (number === ENVELOPE_ARB || number === ENVELOPE_MEV) {
      payload = "row";
      readOpportunity(reader.part(), row);
    } else if (number === ENVELOPE_OUTCOME) {
      payload = "outcome";
      readOutcome(reader.part(), outcome);
    } else if (number === ENVELOPE_METRICS) {
      payload = "metrics";
      readMetrics(reader.part(), metrics);
    } else return false;
    return true;
  });
  if (payload === "row") {
    // What others did has no probability; the wire contains 1.
    if (!row.kind.startsWith("open_")) row.pLand = null;
    batch.rows.push(row);
  }
  if (payload === "outcome") batch.outcomes.push({ ...outcome, id: row.id });
  if (payload === "metrics") batch.metrics.push(metrics);
}

/** ArbOpportunity and MevOpportunity use the same numbers for the same fields. */
function readOpportunity(reader: Reader, row: LiveRow): void {
  reader.fields((number) => {
    if (number === MEV_OPPORTUNITY_SLOT) row.slot = Number(reader.varint());
    else if (number === MEV_OPPORTUNITY_ATTACKER) row.who = reader.text();
    else if (number === MEV_OPPORTUNITY_NET_SOL) row.net = reader.double();
    else if (number === MEV_OPPORTUNITY_TYPE) row.what = reader.text();
    else if (number === MEV_OPPORTUNITY_P_LAND_EST) row.pLand = reader.double();
    else return false;
    return true;
  });
}

function readOutcome(reader: Reader, outcome: LiveOutcome): void {
  reader.fields((number) => {
    if (number === BUNDLE_OUTCOME_LANDED) outcome.landed = reader.varint() !== 0n;
    else if (number === BUNDLE_OUTCOME_REASON) outcome.reason = reader.text();
    else return false;
    return true;
  });
}

function readMetrics(reader: Reader, metrics: LiveMetrics): void {
  reader.fields((number) => {
    if (number === METRICS_UPDATE_HOTPATH_P50) metrics.hotpath_p50 = reader.double();
    else if (number === METRICS_UPDATE_HOTPATH_P99) metrics.hotpath_p99 = reader.double();
    else if (number === METRICS_UPDATE_SEND_P99) metrics.send_p99 = reader.double();
    else if (number === METRICS_UPDATE_LANDED_PCT) metrics.landed_pct = reader.double();
    else if (number === METRICS_UPDATE_PNL_1H) metrics.pnl_1h = reader.double();
    else if (number === METRICS_UPDATE_MODULE) metrics.module = reader.text();
    else return false;
    return true;
  });
}
