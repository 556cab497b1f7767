/**
 * An entry of the audit as one byte string: the hashed bytes are the stored ones, and the shown fields are compared
 * with them.
 */
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";

/** An action, before it has its place in the chain. */
export interface Act {
  /** User, `key:ID`, `local:UID`, or the name that a stranger gave. */
  readonly who: string;
  /** `login`, `login refused`, `throttle`, `kill`, … */
  readonly action: string;
  /** `arbitrage`, `mev`, or "". */
  readonly module: string;
  readonly detail: string;
  readonly request_id: string;
}

export interface AuditEntry extends Act {
  /** From 1. */
  readonly seq: number;
  readonly at_ms: number;
}

/** The shown fields in the order in which they are hashed. */
export const FIELDS = ["seq", "at_ms", "who", "action", "module", "detail", "request_id"] as const;

/** Maximum UTF-16 units of a detail. */
export const DETAIL_MAX = 4_096;

/** Maximum UTF-16 units of each text. A longer one is cut, and marked as cut. */
const LENGTH_MAX: Record<keyof Act, number> = {
  who: 128,
  action: 64,
  module: 32,
  detail: DETAIL_MAX,
  request_id: 128,
};

/** The previous hash of the first entry. */
export const NO_HASH = "0".repeat(64);

/** Control characters, and characters that reverse or hide their neighbours. */
// deno-lint-ignore no-control-regex
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * The one place where foreign text becomes text that can be stored, printed and compared: valid UTF-8, nothing hidden.
 */
export function plainText(text: string, lengthMax: number): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}… (${text.length} characters)` : text;
  return cut.toWellFormed().replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** An action with texts that can be stored. */
export function plainAct(act: Act): Act {
  const plain = (field: keyof Act) => plainText(act[field], LENGTH_MAX[field]);
  return {
    who: plain("who"),
    action: plain("action"),
    module: plain("module"),
    detail: plain("detail"),
    request_id: plain("request_id"),
  };
}

/** The entry's bytes: each field with its length in bytes before it. */
export function entryBytes(entry: AuditEntry): Buffer {
  return Buffer.from(
    FIELDS.map((field) => `${Buffer.byteLength(String(entry[field]))}:${entry[field]}`).join(""),
  );
}

/** SQL for the same bytes from the shown fields: a million rows are too many to convert one by one. */
export const SHOWN_SQL = `cast(${
  FIELDS.map((field) => `length(cast(${field} as blob)) || ':' || ${field}`).join(" || ")
} as blob)`;

/** Text of the entry that seals those of the first version; `seq` is the last of them. */
export const SEAL = {
  action: "audit sealed",
  detail: (seq: number, hash: string) =>
    `entries 1..${seq} of the first version; the hash of the last: ${hash}`,
};

/** Text of the entry that follows entries whose heads were signed later. */
export const LATE = {
  action: "audit signed late",
  detail: (from: number, to: number) =>
    `${from === to ? `entry ${from} was` : `entries ${from}..${to} were`} written without the control key`,
};

/** Whether the bytes are those of an entry with this action and this detail. */
export function isAct(entry: Uint8Array, action: string, detail: string): boolean {
  const bytes = Buffer.from(entry);
  if (!bytes.includes(action)) return false;
  const fields: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const colon = bytes.indexOf(":", at);
    const length = Number(bytes.subarray(at, colon));
    if (colon < 0 || !Number.isSafeInteger(length)) return false;
    at = colon + 1 + length;
    fields.push(bytes.subarray(colon + 1, at).toString());
  }
  return fields[FIELDS.indexOf("action")] === action && fields[FIELDS.indexOf("detail")] === detail;
}

/** SHA-256, hex, over the hash before and the entry's bytes. */
export function entryHash(previous: string, entry: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(`legend-audit 2\n${previous}\n`), entry]), "hex");
}

/** The hash of an entry of the first version, which had no bytes of its own. */
export function oldEntryHash(previous: string, shown: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(previous), shown]), "hex");
}
