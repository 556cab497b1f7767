/** Changes to an audit by an attacker with access to its files: to its database, its heads and its name. */
import { DatabaseSync } from "node:sqlite";
import { AUDIT_TOPIC } from "../../app/head_publisher.ts";
import { type AuditEntry, entryBytes, entryHash, NO_HASH, oldEntryHash } from "../../core/audit/entry.ts";
import { headHash, HeadSigner, NO_HEAD } from "../../core/audit/head.ts";
import { type Random } from "./random_audit.ts";

/** Number of entries in the audit that is changed. */
export const ENTRIES = 24;
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

/** Data folders with the audit. */
export interface Folders {
  /** The correct audit, and its state when half of the entries were written. */
  readonly whole: string;
  readonly half: string;
  /** The copy that is changed. */
  readonly work: string;
}

/** `alone`: the database shows the change without the published heads. */
interface Change {
  readonly kind: string;
  readonly in: "database" | "heads" | "name";
  readonly alone: boolean;
  make(folders: Folders, random: Random): string | undefined;
}

/** Signs in the name of a folder's instance. */
export const signerOf = (path: string, seed: string) =>
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

/** Computes every entry from `from` on again; `head` returns its signed part. */
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

/** The whole chain in the form of the first version, with a count and a position as if no head had been published. */
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

/** Changes existing bytes of the segment. */
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

/** Replaces a folder with a copy. */
export async function replaceTree(from: string, to: string): Promise<void> {
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await new Deno.Command("cp", { args: ["-r", from, to] }).output();
}
const replaceTreeSync = (from: string, to: string) => {
  Deno.removeSync(to, { recursive: true });
  new Deno.Command("cp", { args: ["-r", from, to] }).outputSync();
};

/** Changes to draw from; one that is listed more often is drawn more often. */
export const CHANGES: readonly Change[] = [
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
    "another count of published heads",
    true,
    (random) => `update audit_told set seq = ${ENTRIES + 1 + random.below(9)}`,
  ),
  sql("no table", true, () => "drop table audit"),
  forged("a chain computed again without a key", null),
  forged("a chain computed again with a foreign key", "09".repeat(32)),
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
