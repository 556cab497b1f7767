/** One change of an audit at a time, drawn by a seed: each must be found, by the file and by the heads separately. */
import { checkAudit, readTopic } from "../../cli/audit_check.ts";
import { AUDIT_TOPIC } from "../../app/head_publisher.ts";
import { controlSeed } from "../../core/control/control_key.ts";
import { verifyAudit } from "../../core/audit/verify.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { openDatabase } from "../../core/platform/database.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { CHANGES, ENTRIES, type Folders, replaceTree, signerOf } from "./audit_changes.ts";
import { append, contextOf, Random } from "./random_audit.ts";

export interface FuzzResult {
  readonly changes: number;
  readonly byKind: ReadonlyMap<string, number>;
  /** Changes that were not found, with how to reproduce them. */
  readonly missed: readonly string[];
}

/** Makes `changes` single changes; the n-th uses `seed` + n. */
export async function auditFuzz(seed: number, changes: number): Promise<FuzzResult> {
  const library = new Library(LIBRARY);
  const root = await Deno.makeTempDir({ prefix: "legend-audit-fuzz-" });
  const folders: Folders = { whole: `${root}/whole`, half: `${root}/half`, work: `${root}/work` };
  const missed: string[] = [];
  const byKind = new Map<string, number>();
  try {
    openDataDir(folders.whole);
    const context = contextOf(library, folders.whole);
    const random = new Random(seed);
    await append(context, random, ENTRIES / 2);
    await replaceTree(folders.whole, folders.half);
    await append(context, random, ENTRIES / 2);
    context.outbox()[Symbol.dispose]();
    const first = await found(library, folders.whole);
    if (first.length > 0) throw new Error(`The chain was not whole before any change: ${first.join("; ")}`);
    for (let n = 0; n < changes; n++) {
      const draw = new Random(seed + n);
      const change = draw.pick(CHANGES);
      await replaceTree(folders.whole, folders.work);
      const what = change.make(folders, draw);
      if (what === undefined) continue;
      byKind.set(change.kind, (byKind.get(change.kind) ?? 0) + 1);
      const place = `seed ${seed + n}: ${change.kind}, ${what}`;
      // Separately first: a verification publishes waiting heads.
      if (change.alone && alone(folders.work).length === 0) missed.push(`${place}, by the database alone`);
      if (change.in === "heads" && (await headsAlone(library, folders.work)).length === 0) {
        missed.push(`${place}, by the heads alone`);
      }
      if ((await found(library, folders.work)).length === 0) missed.push(place);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  return { changes: [...byKind.values()].reduce((sum, count) => sum + count, 0), byKind, missed };
}

/** Faults that the verb would list. */
async function found(library: Library, path: string): Promise<readonly string[]> {
  const context = contextOf(library, path);
  try {
    return (await checkAudit(context)).faults;
  } finally {
    context.outbox()[Symbol.dispose]();
  }
}

const trustOf = (path: string) => {
  const signer = signerOf(path, controlSeed(path, ""));
  return { node: signer.node, keys: new Set([signer.key]) };
};

function alone(path: string): readonly string[] {
  const database = openDatabase(`${path}/legend.db`);
  try {
    return verifyAudit(database, [], trustOf(path)).faults;
  } finally {
    database.close();
  }
}

async function headsAlone(library: Library, path: string): Promise<readonly string[]> {
  using log = new EmbeddedLog(library, `${path}/log`);
  const published = await readTopic(log, trustOf(path), { name: AUDIT_TOPIC, shared: false });
  published.finish(1, ENTRIES);
  return published.faults;
}
