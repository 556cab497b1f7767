/** Batches by concatenation: the Envelopes' bytes as they came, never decoded on the way. */
import { constants, zstdCompressSync } from "node:zlib";
import { bytesToMirror } from "../../proto/mirror.ts";
import { realtime } from "../../proto/wire.ts";
import type { RealtimeFilter } from "../../core/decisions/realtime.ts";
import type { Gap } from "./client_queue.ts";
import { ENVELOPE_MODULES, TYPES } from "../../proto/gen/names.ts";

const ITEMS_TAG = 0x0a;
const TAGS = { epoch: 0x10, from: 0x18, to: 0x20, dropped: 0x28 };
const LEVEL = 3;
const encoder = new TextEncoder();

function varintSize(value: bigint): number {
  let size = 1;
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) size += 1;
  return size;
}

function putVarint(out: Uint8Array, at: number, value: bigint): number {
  let rest = value;
  while (rest >= 0x80n) {
    out[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[at++] = Number(rest);
  return at;
}

/** Encodes a `Batch`: each Envelope after its tag and length, then the positions. */
export function batchBytes(
  items: readonly Uint8Array[],
  numbers: { epoch: bigint; from: bigint; to: bigint; dropped?: bigint },
): Uint8Array<ArrayBuffer> {
  const fields = (Object.entries(TAGS) as [keyof typeof TAGS, number][])
    .map(([name, tag]) => [tag, numbers[name] ?? 0n] as const).filter(([, value]) => value > 0n);
  let size = 0;
  for (const item of items) size += 1 + varintSize(BigInt(item.length)) + item.length;
  for (const [, value] of fields) size += 1 + varintSize(value);
  const out = new Uint8Array(size);
  let at = 0;
  for (const item of items) {
    out[at++] = ITEMS_TAG;
    at = putVarint(out, at, BigInt(item.length));
    out.set(item, at);
    at += item.length;
  }
  for (const [tag, value] of fields) {
    out[at++] = tag;
    at = putVarint(out, at, value);
  }
  return out;
}

/** A frame for `mode=proto`. */
export function compress(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }));
}

/**
 * A frame for `mode=json`: NDJSON. Envelopes that cannot be decoded are omitted here; they are on the dead-letter
 * topic.
 */
export function jsonLines(items: readonly Uint8Array[]): string {
  return items.flatMap((item) => {
    try {
      return [`${JSON.stringify(bytesToMirror(item))}\n`];
    } catch {
      return [];
    }
  }).join("");
}

export function gapJson({ from, to, count }: Gap): string {
  return `${JSON.stringify({ type: "gap", data: { from: String(from), to: String(to), count } })}\n`;
}

export function gapProto(gap: Gap, epoch: bigint): Uint8Array<ArrayBuffer> {
  return compress(batchBytes([], { epoch, from: gap.from, to: gap.to, dropped: BigInt(gap.count) }));
}

/** The fields that filters look at. */
export interface Facts {
  readonly type: string;
  readonly module: string;
  readonly dex: string;
  readonly net: number | null;
}

/** Reads them off an Envelope; null when it cannot be decoded. */
export function factsOf(item: Uint8Array): Facts | null {
  try {
    const envelope = realtime.Envelope.decode(item);
    const dex = envelope.mev?.type?.replace(/_sandwich$/, "") ?? "";
    const net = envelope.arb?.netSol ?? envelope.mev?.netSol ?? null;
    return {
      type: TYPES[envelope.type] ?? "unknown",
      module: ENVELOPE_MODULES[envelope.module] || "none",
      dex,
      net,
    };
  } catch {
    return null;
  }
}

export function matches(facts: Facts | null, filter: RealtimeFilter): boolean {
  if (!facts) return false;
  const { types, modules, dexes, minNet } = filter;
  if (types && !types.includes(facts.type)) return false;
  if (modules && !modules.includes(facts.module)) return false;
  if (dexes && facts.dex !== "" && !dexes.includes(facts.dex)) return false;
  return minNet === undefined || facts.net === null || facts.net >= minNet;
}

export const isUnfiltered = ({ types, modules, dexes, minNet }: RealtimeFilter) =>
  !types && !modules && !dexes && minNet === undefined;

export const textSize = (text: string) => encoder.encode(text).length;
