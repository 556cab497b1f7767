/** Heads of the audit: one for each entry, signed with the control key, each naming the one before it. */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { jobs, long } from "../../proto/wire.ts";

/** A head, published to places outside the chain's own file. */
export interface Head {
  /** The instance whose chain it is. */
  readonly node: string;
  readonly seq: number;
  /** The entry's hash, hex. */
  readonly hash: string;
  readonly at_ms: number;
  /** Seq of the chain's first entry. */
  readonly first: number;
  /** Entries from the first to this one. */
  readonly count: number;
  /** {@link headHash} of the head before; {@link NO_HEAD} when it is the first signed one. */
  readonly previous: string;
}

/** A head that was read. */
export interface SignedHead extends Head {
  /** The public key, hex. */
  readonly key: string;
  readonly signature: Uint8Array;
}

/** The `previous` of the first signed head. */
export const NO_HEAD = "0".repeat(64);

const DOMAIN = Buffer.from("legend-audit-head 1\n");
const SIGNATURE_BYTES = 64;
/** Tag of the field `signature` and its length, which is below 128. */
const SIGNATURE_TAG = Buffer.from([9 << 3 | 2, SIGNATURE_BYTES]);
/** An Ed25519 seed as PKCS 8, a public key as SPKI: the bytes before the 32 bytes of the key. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

/** SHA-256 of a whole head with its signature, hex. */
export const headHash = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

/** The bytes that are signed. A head is these bytes followed by the signature. */
export function unsignedHead(head: Head, key: string): Uint8Array {
  return jobs.AuditHead.encode({
    node: head.node,
    seq: long(head.seq),
    hash: unhex(head.hash),
    atMs: long(head.at_ms),
    first: long(head.first),
    count: long(head.count),
    previous: unhex(head.previous),
    key: unhex(key),
  }).finish();
}

/** Whether `bytes` are `unsigned` followed by any signature. */
export function isHeadOf(bytes: Uint8Array, unsigned: Uint8Array): boolean {
  const end = unsigned.length + SIGNATURE_TAG.length;
  return bytes.length === end + SIGNATURE_BYTES &&
    Buffer.compare(bytes.subarray(0, unsigned.length), unsigned) === 0 &&
    Buffer.compare(bytes.subarray(unsigned.length, end), SIGNATURE_TAG) === 0;
}

/** Decodes a head; null unless the bytes are exactly what {@link HeadSigner} would have written for its fields. */
export function readHead(bytes: Uint8Array): SignedHead | null {
  try {
    const decoded = jobs.AuditHead.decode(bytes);
    const head: SignedHead = {
      node: decoded.node,
      seq: Number(decoded.seq),
      hash: decoded.hash.toHex(),
      at_ms: Number(decoded.atMs),
      first: Number(decoded.first),
      count: Number(decoded.count),
      previous: decoded.previous.toHex(),
      key: decoded.key.toHex(),
      signature: decoded.signature,
    };
    return isHeadOf(bytes, unsignedHead(head, head.key)) ? head : null;
  } catch {
    return null;
  }
}

/** Decodes an unsigned head of the first version; null when the bytes are something else. */
export function readOldHead(bytes: Uint8Array): { node: string; seq: number; hash: string } | null {
  try {
    const { node, seq, hash, atMs } = jobs.AuditHead.decode(bytes);
    if (hash.length !== 32) return null;
    // Any further fields are missing in this encoding.
    const encoded = jobs.AuditHead.encode({ node, seq, hash, atMs }).finish();
    return Buffer.compare(encoded, bytes) === 0 ? { node, seq: Number(seq), hash: hash.toHex() } : null;
  } catch {
    return null;
  }
}

/** Whether the head's signature is that of the key it names. */
export function isSignedHead(head: SignedHead): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI, unhex(head.key)]), format: "der", type: "spki" });
    return verify(null, Buffer.concat([DOMAIN, unsignedHead(head, head.key)]), key, head.signature);
  } catch {
    // Not every 32 bytes are a valid key.
    return false;
  }
}

/** Signs the heads of one instance. */
export class HeadSigner {
  /** The public key, hex. */
  readonly key: string;
  readonly #private: KeyObject;

  /** `seedHex`: the 32 bytes of an Ed25519 seed in hex. */
  constructor(readonly node: string, seedHex: string) {
    const der = Buffer.concat([PKCS8, Buffer.from(seedHex, "hex")]);
    this.#private = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const key = createPublicKey(this.#private).export({ format: "der", type: "spki" });
    this.key = key.subarray(SPKI.length).toHex();
  }

  /** The head as it is stored and published. */
  sign(head: Omit<Head, "node">): Uint8Array {
    const unsigned = unsignedHead({ ...head, node: this.node }, this.key);
    const signature = sign(null, Buffer.concat([DOMAIN, unsigned]), this.#private);
    return new Uint8Array(Buffer.concat([unsigned, SIGNATURE_TAG, signature]));
  }
}
