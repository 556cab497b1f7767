/** One change of an audit at a time, drawn by a seed: each must be found, by the file and by the heads on their own. */
import { DatabaseSync } from "node:sqlite";
import { checkAudit, readTopic } from "../../cli/audit_check.ts";
import { AUDIT_TOPIC, tellerOf } from "../../app/audit_heads.ts";
import type { Context } from "../../app/context.ts";
import { AuditChain } from "../../core/audit/chain.ts";
import { type AuditEntry, entryBytes, entryHash, NO_HASH, oldEntryHash } from "../../core/audit/entry.ts";
import { headHash, HeadSigner, NO_HEAD } from "../../core/audit/head.ts";
import { controlSeed } from "../../core/control/control_key.ts";
import { verifyAudit } from "../../core/audit/verify.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { openDatabase, transaction } from "../../core/platform/database.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { LIBRARY } from "../../tools/paths.ts";

const ENTRIES = 24;
const COLUMNS = [
  "seq",
  "at_ms",
  "who",
  "action",
  "module",
  "detail",
  "request_id",
  "previous",
  "hash",
  "entry",
  "head",
] as const;
type Value = string | bigint | Uint8Array | null;
type Row = Record<string, Value>;

/** xorshift: the same numbers for the same seed everywhere. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  }
  below(end: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % end;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

const LETTERS = [
  "a",
  "Z",
  "7",
  ":",
  '"',
  "\\",
  "\0",
  "\n",
  "\x1b",
  "\u202e",
  "\ud83d",
  "\udc00",
  "é",
  "💀",
  " ",
  "'",
];
const text = (random: Random) =>
  Array.from({ length: random.below(30) }, () => random.pick(LETTERS)).join("");

/** What the verify verb needs, over a folder of its own. */
export function contextOf(library: Library, path: string): Context {
  const settings: Record<string, unknown> = { "audit.anchor": "", "control.sign_sk_hex": "", data_dir: path };
  let log: EmbeddedLog | undefined;
  const dataDir = () => openDataDir(path, { use: "read" });
  const needed: Partial<Context> = {
    dataDir,
    library: () => library,
    outbox: () => log ??= new EmbeddedLog(library, `${path}/log`),
    config: (() => new Map([["kafka.brokers", { value: "" }]])) as unknown as Context["config"],
    setting: <T>(key: string) => settings[key] as T,
    say: () => {},
  };
  return needed as Context;
}

async function append(context: Context, random: Random, entries: number): Promise<void> {
  const { path, instance } = context.dataDir();
  const database = openDatabase(`${path}/legend.db`);
  try {
    const chain = new AuditChain(database, new HeadSigner(instance, controlSeed(path, "")));
    transaction(database, () => {
      for (let n = 0; n < entries; n++) {
        chain.append({
          who: text(random),
          action: text(random),
          module: text(random),
          detail: text(random),
          request_id: text(random),
        });
      }
    });
    await tellerOf(context, chain, (seq) => chain.told(seq)).flush();
    database.exec("pragma wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}

interface Folders {
  /** As it should be, and as it was when half of the entries were there. */
  readonly whole: string;
  readonly half: string;
  /** Where the change is made. */
  readonly work: string;
}

/** `alone`: the database shows it without the heads outside. */
interface Change {
  readonly kind: string;
  readonly in: "database" | "heads" | "name";
  readonly alone: boolean;
  make(folders: Folders, random: Random): string | undefined;
}

const signerOf = (path: string, seed: string) =>
  new HeadSigner(Deno.readTextFileSync(`${path}/instance`).trim(), seed);

function withTable(path: string, run: (database: DatabaseSync) => string | undefined): string | undefined {
  const database = new DatabaseSync(`${path}/legend.db`);
  try {
    return run(database);
  } finally {
    database.close();
  }
}

const rowsOf = (database: DatabaseSync): Row[] => {
  const all = database.prepare(
    `select seq, at_ms, cast(who as blob) who, cast(action as blob) action, cast(module as blob) module,
    cast(detail as blob) detail, cast(request_id as blob) request_id, previous, hash, entry, head
    from audit order by seq`,
  );
  all.setReadBigInts(true);
  return all.all() as Row[];
};

function otherText(bytes: Uint8Array, random: Random): string {
  const now = new TextDecoder().decode(bytes);
  const at = random.below(now.length + 1);
  return [
    () => now.slice(0, at) + random.pick(["x", "é", "0", " "]) + now.slice(at),
    () => `${now}\0x`,
    () => `${now} `,
    () => now.slice(0, at),
    () => now.toUpperCase(),
    () => now.slice(0, at) + random.pick(["q", "1"]) + now.slice(at + 1),
  ][random.below(6)]!();
}

function otherBlob(bytes: Uint8Array, random: Random): Uint8Array | null {
  const at = random.below(bytes.length);
  return [
    () => bytes.with(at, bytes[at]! ^ (1 << random.below(8))),
    () => bytes.subarray(0, at),
    () => new Uint8Array([...bytes, random.below(256)]),
    () => null,
  ][random.below(4)]!();
}

const column: Change = {
  kind: "a column",
  in: "database",
  alone: true,
  make: ({ work }, random) =>
    withTable(work, (database) => {
      const rows = rowsOf(database);
      const row = random.pick(rows);
      const name = random.pick(COLUMNS);
      const before = row[name]!;
      const foreign = random.pick(rows)[name]!;
      const isText = !["seq", "at_ms", "entry", "head"].includes(name);
      const bytes = typeof before === "string" ? new TextEncoder().encode(before) : before as Uint8Array;
      const after: Value = typeof before === "bigint"
        ? before + BigInt(random.pick([-1, 1, 1000, -500, 1 << 30])) * (name === "seq" ? 97n : 1n)
        : random.below(4) === 0
        ? (isText && typeof foreign !== "string" ? new TextDecoder().decode(foreign as Uint8Array) : foreign)
        : isText
        ? otherText(bytes, random)
        : otherBlob(bytes, random);
      database.prepare(`update audit set ${name} = ? where seq = ?`).run(after, row.seq as bigint);
      const same = database.prepare(
        `select 1 from audit where seq = ? and cast(${name} as blob) is cast(? as blob)`,
      ).get(name === "seq" ? after as bigint : row.seq as bigint, before);
      return same ? undefined : `${name} of ${row.seq}`;
    }),
};

const sql = (kind: string, alone: boolean, statement: (random: Random) => string): Change => ({
  kind,
  in: "database",
  alone,
  make: ({ work }, random) =>
    withTable(work, (database) => {
      const text = statement(random);
      database.exec(text);
      return text;
    }),
});

const seqOf = (random: Random) => 1 + random.below(ENTRIES);
const COPIED = "at_ms, who, action, module, detail, request_id, previous, hash, entry, head";

/** Every entry from `from` on again, as `head` gives its signed part. */
function recompute(
  database: DatabaseSync,
  from: number,
  head: (entry: AuditEntry, hash: string, before: string) => Uint8Array | undefined,
): void {
  let [previous, before] = [NO_HASH, NO_HEAD];
  const put = database.prepare(
    "update audit set detail = ?, previous = ?, hash = ?, entry = ?, head = coalesce(?, head) where seq = ?",
  );
  for (const row of database.prepare("select * from audit order by seq").all() as Record<string, unknown>[]) {
    const entry = {
      ...row,
      detail: Number(row.seq) === from ? "forged" : row.detail,
    } as unknown as AuditEntry;
    if (entry.seq >= from) {
      const bytes = entryBytes(entry);
      const hash = entryHash(previous, bytes);
      put.run(entry.detail, previous, hash, bytes, head(entry, hash, before) ?? null, entry.seq);
    }
    const now = database.prepare("select hash, head from audit where seq = ?").get(entry.seq)!;
    [previous, before] = [String(now.hash), headHash(now.head as Uint8Array)];
  }
}

const forged = (kind: string, seed: string | null): Change => ({
  kind,
  in: "database",
  alone: true,
  make: ({ work }, random) =>
    withTable(work, (database) => {
      const from = seqOf(random);
      const signer = seed === null ? undefined : signerOf(work, seed);
      recompute(database, from, ({ seq, at_ms }, hash, previous) =>
        signer?.sign({ seq, hash, at_ms, first: 1, count: seq, previous }));
      return `from ${from}`;
    }),
});

/** The last entries in the form of the first version, which had no signed heads. */
const oldForm: Change = {
  kind: "entries in the old form",
  in: "database",
  alone: true,
  make: ({ work }, random) =>
    withTable(work, (database) => {
      const from = 2 + random.below(ENTRIES - 1);
      let previous = String(database.prepare("select hash from audit where seq = ?").get(from - 1)!.hash);
      for (const row of database.prepare("select * from audit where seq >= ? order by seq").all(from)) {
        const entry = { ...row, detail: "forged" } as unknown as AuditEntry;
        const hash = oldEntryHash(previous, entryBytes(entry));
        database.prepare(
          "update audit set detail = 'forged', previous = ?, hash = ?, entry = null, head = null where seq = ?",
        ).run(previous, hash, entry.seq);
        previous = hash;
      }
      return `from ${from}`;
    }),
};

/** The whole chain in the form of the first version, with a count and a place that say that nothing was told. */
const allOld: Change = {
  kind: "all heads taken away",
  in: "database",
  alone: true,
  make: ({ work }, random) => {
    Deno.removeSync(`${work}/log/${AUDIT_TOPIC}`, { recursive: true });
    return withTable(work, (database) => {
      const end = 1 + random.below(ENTRIES);
      database.exec(`delete from audit where seq > ${end}; update audit_told set seq = 0`);
      let previous = NO_HASH;
      for (const row of database.prepare("select * from audit order by seq").all()) {
        const hash = oldEntryHash(previous, entryBytes(row as unknown as AuditEntry));
        database.prepare("update audit set previous = ?, hash = ?, entry = null, head = null where seq = ?")
          .run(previous, hash, row.seq!);
        previous = hash;
      }
      return `up to ${end}`;
    });
  },
};

const files = (
  kind: string,
  where: Change["in"],
  make: (folders: Folders, random: Random) => string | undefined,
): Change => ({ kind, in: where, alone: false, make });

function segment(work: string): string {
  const folder = `${work}/log/${AUDIT_TOPIC}`;
  return `${folder}/${[...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".seg"))!.name}`;
}

/** Changes bytes that the segment has. */
const inSegment = (kind: string, change: (bytes: Uint8Array, at: number, random: Random) => Uint8Array) =>
  files(kind, "heads", ({ work }, random) => {
    const path = segment(work);
    const bytes = Deno.readFileSync(path);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    const at = random.below(end);
    const before = bytes.slice();
    const after = change(bytes, at, random);
    Deno.writeFileSync(path, after);
    return after.length === before.length && after.every((byte, n) => byte === before[n])
      ? undefined
      : `at ${at}`;
  });

async function replaceTree(from: string, to: string): Promise<void> {
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await new Deno.Command("cp", { args: ["-r", from, to] }).output();
}
const replaceTreeSync = (from: string, to: string) => {
  Deno.removeSync(to, { recursive: true });
  new Deno.Command("cp", { args: ["-r", from, to] }).outputSync();
};

const CHANGES: readonly Change[] = [
  column,
  column,
  column,
  column,
  sql("a deletion", true, (random) => `delete from audit where seq = ${seqOf(random)}`),
  sql("a range deleted", true, (random) => {
    const from = seqOf(random);
    return `delete from audit where seq between ${from} and ${from + random.below(5)}`;
  }),
  sql(
    "an insertion",
    true,
    (random) =>
      `insert into audit (seq, ${COPIED}) select ${
        random.pick([0, -5, ENTRIES + 1, ENTRIES + 40])
      }, ${COPIED} from audit where seq = ${seqOf(random)}`,
  ),
  sql("another order", true, (random) => {
    const a = seqOf(random);
    const b = 1 + (a + random.below(ENTRIES - 1)) % ENTRIES;
    return `update audit set seq = 9999 where seq = ${a}; update audit set seq = ${a} where seq = ${b};
      update audit set seq = ${b} where seq = 9999`;
  }),
  sql("an end cut off", true, (random) => `delete from audit where seq > ${random.below(ENTRIES)}`),
  sql("an end cut off with its count", false, (random) => {
    const end = random.below(ENTRIES);
    return `delete from audit where seq > ${end}; update audit_told set seq = ${end}`;
  }),
  sql(
    "another count of told heads",
    true,
    (random) => `update audit_told set seq = ${ENTRIES + 1 + random.below(9)}`,
  ),
  sql("no table", true, () => "drop table audit"),
  forged("a chain computed anew without a key", null),
  forged("a chain computed anew with a foreign key", "09".repeat(32)),
  oldForm,
  allOld,
  files("no database", "database", ({ work }) => {
    Deno.removeSync(`${work}/legend.db`);
    return "removed";
  }),
  files("an older database", "database", ({ work, half }) => {
    Deno.copyFileSync(`${half}/legend.db`, `${work}/legend.db`);
    return "half";
  }),
  inSegment(
    "a bit of the segment",
    (bytes, at, random) => bytes.with(at, bytes[at]! ^ (1 << random.below(8))),
  ),
  inSegment("bytes of the segment", (bytes, at, random) => {
    for (let n = 0; n < 4 && at + n < bytes.length; n++) bytes[at + n] = random.below(256);
    return bytes;
  }),
  inSegment("a segment cut off", (bytes, at) => bytes.slice(0, at)),
  inSegment("a segment with zeros", (bytes, at) => bytes.fill(0, at)),
  files("no segment", "heads", ({ work }) => {
    Deno.removeSync(segment(work));
    return "removed";
  }),
  files("no topic", "heads", ({ work }) => {
    Deno.removeSync(`${work}/log/${AUDIT_TOPIC}`, { recursive: true });
    return "removed";
  }),
  files("an older topic", "heads", ({ work, half }) => {
    replaceTreeSync(`${half}/log/${AUDIT_TOPIC}`, `${work}/log/${AUDIT_TOPIC}`);
    return "half";
  }),
  files("another name of the instance", "name", ({ work }, random) => {
    const before = Deno.readTextFileSync(`${work}/instance`).trim();
    const after = before.replace(/^./, random.pick([..."0123456789abcdef"]));
    Deno.writeTextFileSync(`${work}/instance`, `${after}\n`);
    return after === before ? undefined : after;
  }),
  files("no name of the instance", "name", ({ work }) => {
    Deno.removeSync(`${work}/instance`);
    return "removed";
  }),
];

export interface FuzzResult {
  readonly changes: number;
  readonly byKind: ReadonlyMap<string, number>;
  /** Changes that nobody noticed, with how to make them again. */
  readonly missed: readonly string[];
}

/** Makes `changes` single changes, the n-th by `seed` + n. */
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
      // On its own first: verifying tells heads that wait.
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
  const told = await readTopic(log, trustOf(path), AUDIT_TOPIC, false);
  told.finish(1, ENTRIES);
  return told.faults;
}
