/** An audit chain with known acts, for tests that change one and tests that detect changes. */
import { type Database, openDatabase, transaction } from "../core/platform/database.ts";
import { AuditChain } from "../core/audit/chain.ts";
import type { Act } from "../core/audit/entry.ts";
import { HeadSigner } from "../core/audit/head.ts";
import { PublishedHeads } from "../core/audit/published_heads.ts";
import { verifyAudit } from "../core/audit/verify.ts";

/** Signs the heads of all chains here. */
export const signer = new HeadSigner("0a0b0c0d", "07".repeat(32));
/** The verifier knows its key. */
export const trust = { node: signer.node, keys: new Set([signer.key]) };
/** A place outside with all heads. */
export const place = { name: "audit-proto", complete: true, shared: false };

/** The n-th act of a chain. */
export const act = (n: number): Act => ({
  who: "admin",
  action: "policy",
  module: "mev",
  detail: `n ${n}`,
  request_id: `r${n}`,
});

/** A chain of acts in a database of its own. */
export interface Chained {
  database: Database;
  chain: AuditChain;
  /** The heads as published when the entries were written. */
  published: Uint8Array[];
  /** Contradictions: in the database alone, and with the published heads. */
  faults(heads?: readonly Uint8Array[]): readonly string[];
}

/** Runs with a chain whose heads were all published. */
export async function withChain(run: (chained: Chained) => void, entries = 20): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const chain = new AuditChain(database, signer, () => 1_700_000_000_000);
    transaction(database, () => {
      for (let n = 0; n < entries; n++) chain.append(act(n));
    });
    const published = chain.headsAfter(0).map(({ bytes }) => bytes.slice());
    chain.markPublished(entries);
    run({ database, chain, published, faults: (heads) => faultsOf(database, heads) });
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Contradictions: in the database alone, and with the published heads. */
export function faultsOf(database: Database, heads?: readonly Uint8Array[]): readonly string[] {
  const outside = new PublishedHeads(place, trust);
  heads?.forEach((head) => outside.add(head));
  return verifyAudit(database, heads ? [outside] : [], trust).faults;
}
