/**
 * The JSON mirror: an Envelope as the `{type, data}` line of docs/CONTRACT.md, "Live stream", and back.
 * Slot and tip_lamports are numbers here; other 64-bit numbers are decimal strings.
 */
import { Buffer } from "node:buffer";
import { long, realtime } from "./wire.ts";
import { ENVELOPE_MODULES, KINDS, TIERS } from "./gen/names.ts";

export interface MirrorLine {
  type: string;
  data: Record<string, unknown>;
}

type Json = Record<string, unknown>;
type Payload =
  | realtime.ArbOpportunity
  | realtime.MevOpportunity
  | realtime.BundleOutcome
  | realtime.MetricsUpdate
  | realtime.TrainingStatus;

/** One row per payload: its oneof field, its type enum, its line type, and both directions. */
interface Row<P> {
  field: "arb" | "mev" | "outcome" | "metrics" | "training" | "dataset";
  enumType: realtime.Envelope.Type;
  type: string;
  toJson(payload: P): Json;
  fromJson(data: Json): P;
}

const opportunity = (p: realtime.ArbOpportunity | realtime.MevOpportunity) => ({
  version: p.version,
  profit: { net_sol: p.netSol },
  decision_meta: { p_land_est: p.pLandEst, tip_policy: { ladder: [...p.tipLadder] } },
  bundle: { bundle_id: p.bundleId },
  ...(p.raw.length > 0 ? { raw: Buffer.from(p.raw).toString("base64") } : {}),
});

const fromOpportunity = (data: Json) => ({
  version: text(data.version),
  slot: long(number(data.slot)),
  netSol: number(json(data.profit).net_sol),
  pLandEst: number(json(data.decision_meta).p_land_est),
  tipLadder: numbers(json(json(data.decision_meta).tip_policy).ladder),
  bundleId: text(json(data.bundle).bundle_id),
  raw: new Uint8Array(Buffer.from(text(data.raw), "base64")),
});

const status = {
  toJson: (p: realtime.TrainingStatus) => ({
    job_id: p.jobId,
    state: p.state,
    progress: p.progress,
    message: p.message,
  }),
  fields: (data: Json) => ({
    jobId: text(data.job_id),
    state: text(data.state),
    progress: number(data.progress),
    message: text(data.message),
  }),
};

const { Type } = realtime.Envelope;

const ARB: Row<realtime.ArbOpportunity> = {
  field: "arb",
  enumType: Type.ARB,
  type: "arb_opportunity",
  toJson: (p) => ({
    slot: p.slot.toNumber(),
    tx_signature: p.txSignature,
    classification: { type: p.classification },
    ...opportunity(p),
  }),
  fromJson: (data) =>
    new realtime.ArbOpportunity({
      ...fromOpportunity(data),
      txSignature: text(data.tx_signature),
      classification: text(json(data.classification).type),
    }),
};

const MEV: Row<realtime.MevOpportunity> = {
  field: "mev",
  enumType: Type.MEV,
  type: "mev_opportunity",
  toJson: (p) => ({
    slot: p.slot.toNumber(),
    attacker: p.attacker,
    classification: { type: p.type },
    ...opportunity(p),
  }),
  fromJson: (data) =>
    new realtime.MevOpportunity({
      ...fromOpportunity(data),
      attacker: text(data.attacker),
      type: text(json(data.classification).type),
    }),
};

const OUTCOME: Row<realtime.BundleOutcome> = {
  field: "outcome",
  enumType: Type.OUTCOME,
  type: "bundle_outcome",
  toJson: (p) => ({
    bundle_id: p.bundleId,
    landed: p.landed,
    tip_lamports: p.tipLamports.toNumber(),
    path: p.path,
    leader: p.leader,
    simulated: p.simulated,
    reason: p.reason,
    module: p.module,
    slot: p.slot.toNumber(),
  }),
  fromJson: (data) =>
    new realtime.BundleOutcome({
      bundleId: text(data.bundle_id),
      landed: data.landed === true,
      tipLamports: long(number(data.tip_lamports)),
      path: text(data.path),
      leader: text(data.leader),
      simulated: data.simulated === true,
      reason: text(data.reason),
      module: text(data.module),
      slot: long(number(data.slot)),
    }),
};

const METRICS: Row<realtime.MetricsUpdate> = {
  field: "metrics",
  enumType: Type.METRICS,
  type: "metrics_update",
  toJson: (p) => ({
    hotpath_p50: p.hotpathP50,
    hotpath_p99: p.hotpathP99,
    send_p99: p.sendP99,
    landed_pct: Number.isFinite(p.landedPct) ? p.landedPct : null,
    pnl_1h: p.pnl_1h,
    module: p.module,
    instance: p.instance,
    paper: p.paper,
  }),
  fromJson: (data) =>
    new realtime.MetricsUpdate({
      hotpathP50: number(data.hotpath_p50),
      hotpathP99: number(data.hotpath_p99),
      sendP99: number(data.send_p99),
      landedPct: data.landed_pct === null ? NaN : number(data.landed_pct),
      pnl_1h: number(data.pnl_1h),
      module: text(data.module),
      instance: text(data.instance),
      paper: data.paper === true,
    }),
};

const TRAINING: Row<realtime.TrainingStatus> = {
  field: "training",
  enumType: Type.TRAINING,
  type: "training_status",
  toJson: status.toJson,
  fromJson: (data) => new realtime.TrainingStatus(status.fields(data)),
};

const DATASET: Row<realtime.TrainingStatus> = {
  field: "dataset",
  enumType: Type.DATASET,
  type: "dataset_status",
  toJson: status.toJson,
  fromJson: (data) => new realtime.DatasetStatus(status.fields(data)),
};

const ROWS = [ARB, MEV, OUTCOME, METRICS, TRAINING, DATASET] as unknown as readonly Row<Payload>[];

/** Converts an Envelope to a mirror line; a payload of a newer version becomes `unknown` with its type number. */
export function toMirror(envelope: realtime.Envelope): MirrorLine {
  const common = {
    schema_version: envelope.schemaVersion,
    decision_id: envelope.decisionId.toHex(),
    producer_id: envelope.producerId,
    seq: envelope.seq.toString(),
    event_ns: envelope.eventNs.toString(),
    kind: KINDS[envelope.kind] ?? "unknown",
    tier: TIERS[envelope.tier] || null,
    module: ENVELOPE_MODULES[envelope.module] || null,
  };
  const row = ROWS.find((row) => row.field === envelope.payload);
  const payload = row && envelope[row.field];
  if (!row || !payload) return { type: "unknown", data: { ...common, envelope_type: envelope.type } };
  return { type: row.type, data: { ...common, ...row.toJson(payload as Payload) } };
}

/** Converts the bytes of an Envelope to a mirror line. Throws when they are not a protobuf message. */
export function bytesToMirror(bytes: Uint8Array): MirrorLine {
  return toMirror(realtime.Envelope.decode(bytes) as realtime.Envelope);
}

/** Converts a mirror line to its Envelope. Throws `TypeError` for an unknown line type. */
export function fromMirror({ type, data }: MirrorLine): realtime.Envelope {
  const row = ROWS.find((row) => row.type === type);
  if (!row) {
    throw new TypeError(
      `Cannot read mirror line: type ${JSON.stringify(type)}, need one of ${ROWS.map((r) => r.type)}`,
    );
  }
  const index = (list: readonly (string | null)[], value: unknown) =>
    Math.max(0, list.indexOf(value as string | null));
  return new realtime.Envelope({
    schemaVersion: text(data.schema_version),
    type: row.enumType,
    decisionId: new Uint8Array(Buffer.from(text(data.decision_id), "hex")),
    producerId: text(data.producer_id),
    seq: long(text(data.seq) || 0),
    eventNs: long(text(data.event_ns) || 0),
    kind: index(KINDS, data.kind),
    tier: index(TIERS, data.tier),
    // The payloads of metrics and outcomes have a `module` of their own.
    module: row.field === "metrics" || row.field === "outcome" ? 0 : index(ENVELOPE_MODULES, data.module),
    [row.field]: row.fromJson(data),
  });
}

const json = (value: unknown): Json => (typeof value === "object" && value !== null ? value as Json : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(number) : []);
