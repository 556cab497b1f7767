import assert from "node:assert/strict";
import { type Database, openDatabase } from "../platform/database.ts";
import { AuditChain } from "./chain.ts";
import { HeadSigner } from "./head.ts";
import { PublishedHeads } from "./published_heads.ts";
import { verifyAudit } from "./verify.ts";
import { act, place, signer, trust, withChain } from "../../tests/audit_chain.ts";

Deno.test("verifyAudit() finds no fault in an untouched chain and its heads, and counts both", () =>
  withChain(({ database, chain, published, faults }) => {
    assert.deepEqual(faults(), []);
    const outside = new PublishedHeads(place, trust);
    published.forEach((head) => outside.add(head));
    const verdict = verifyAudit(database, [outside], trust);
    assert.deepEqual([verdict.entries, verdict.heads, verdict.faults, verdict.notes], [
      20,
      [{ place: "audit-proto", count: 20 }],
      [],
      [],
    ]);
    assert.equal(chain.list({ limit: 2 })[0]!.seq, 20);
    assert.equal(chain.count(), 20);
  }));

/** `alone`: found without a look at the heads outside. */
const TAMPERED: [name: string, sql: string, found: RegExp[], alone: boolean][] = [
  ["a change", "update audit set detail = 'x' where seq = 7", [/entry 7 was changed/], true],
  ["a change of who", "update audit set who = 'other' where seq = 1", [/entry 1 was changed/], true],
  ["a hidden end", "update audit set who = 'admin' || char(0) || 'x' where seq = 3", [/entry 3/], true],
  [
    "bytes that do not match what is shown",
    "update audit set entry = x'00' where seq = 3",
    [/entry 3.*shown/],
    true,
  ],
  ["another hash", "update audit set hash = previous where seq = 9", [/entry 9.*hash/, /entry 10/], true],
  ["another link", "update audit set previous = hash where seq = 9", [/entry 9 does not follow/], true],
  ["a lost head", "update audit set head = null where seq = 9", [/entry 9 has no signed head/], true],
  [
    "a broken head",
    "update audit set head = x'0102' where seq = 9",
    [/head of entry 9 cannot be read/],
    true,
  ],
  ["a time", "update audit set at_ms = at_ms + 1 where seq = 9", [/entry 9/], true],
  ["a deletion", "delete from audit where seq = 5", [/entry 5 is missing/], true],
  [
    "two faults",
    "delete from audit where seq = 5; update audit set who = 'x' where seq = 9",
    [/entry 5 is missing/, /entry 9 was changed/],
    true,
  ],
  [
    "an insertion",
    "insert into audit select 21, at_ms, who, action, module, detail, request_id, previous, hash, entry, head from audit where seq = 3",
    [/entry 21 does not follow/],
    true,
  ],
  [
    "an entry before the first",
    "insert into audit select -4, at_ms, who, action, module, detail, request_id, previous, hash, entry, head from audit where seq = 3",
    [/entry -4 is out of place/],
    true,
  ],
  [
    "another order",
    "update audit set seq = 100 where seq = 4; update audit set seq = 4 where seq = 5; update audit set seq = 5 where seq = 100",
    [/entry 4/, /entry 5/],
    true,
  ],
  ["an end cut off", "delete from audit where seq > 15", [/entries 16\.\.20 are missing/], true],
  [
    "an end cut off, and the count of published heads too",
    "delete from audit where seq > 15; update audit_told set seq = 15",
    [/entries 16\.\.20 are missing: audit-proto has their heads/],
    false,
  ],
  [
    "everything gone",
    "delete from audit; update audit_told set seq = 0",
    [/entries 1\.\.20 are missing/],
    false,
  ],
  ["more published than there are", "update audit_told set seq = 25", [/entries 21\.\.25 are missing/], true],
  ["no count of published heads", "delete from audit_told", [/does not say how many heads/], true],
];

for (const [name, sql, found, alone] of TAMPERED) {
  Deno.test(`verifyAudit() finds ${name}`, () =>
    withChain(({ database, published, faults }) => {
      database.exec(sql);
      for (const heads of alone ? [undefined, published] : [published]) {
        const lines = faults(heads);
        for (const line of found) {
          assert.ok(lines.some((one) => line.test(one)), `${line}: ${lines.join("; ")}`);
        }
      }
    }));
}

/** The chain again with another fourth entry, its heads signed by `by`. */
function forge(database: Database, by: HeadSigner): void {
  database.exec("delete from audit");
  const chain = new AuditChain(database, by, () => 1_700_000_000_000);
  for (let n = 0; n < 20; n++) chain.append(n === 3 ? { ...act(n), detail: "forged" } : act(n));
}

Deno.test("verifyAudit() finds a chain that was computed again without the key, by itself", () =>
  withChain(({ database, faults }) => {
    // Entries and hashes as a forger without the key makes them; the old heads stay.
    const heads = database.prepare("select seq, head from audit").all();
    forge(database, signer);
    const put = database.prepare("update audit set head = ? where seq = ?");
    for (const { seq, head } of heads) put.run(head!, seq!);
    const lines = faults();
    for (let seq = 4; seq <= 20; seq++) {
      assert.ok(
        lines.some((line) => line.startsWith(`entry ${seq} does not match its signed head`)),
        `${seq}`,
      );
    }
    assert.ok(!lines.some((line) => /entry 3\b/.test(line)), lines.join("; "));
  }));

Deno.test("verifyAudit() finds a chain that was computed again with a foreign key, by itself", () =>
  withChain(({ database, faults }) => {
    forge(database, new HeadSigner(signer.node, "09".repeat(32)));
    assert.match(faults().join("; "), /unknown key/);
  }));

Deno.test("verifyAudit() finds a chain that was computed again with the right key by the heads outside", () =>
  withChain(({ database, published, faults }) => {
    forge(database, signer);
    assert.deepEqual(faults(), [], "by itself it is whole");
    const lines = faults(published);
    assert.ok(lines.includes("entry 4 is not the one that audit-proto has: the chain was recomputed"));
    assert.ok(!lines.some((line) => /entry 3\b/.test(line)));
  }));

const HEADS: [name: string, change: (heads: Uint8Array[]) => Uint8Array[], found: RegExp][] = [
  ["none at all", () => [], /heads 1\.\.20 are missing/],
  ["the first one missing", (heads) => heads.slice(1), /head 1 is missing/],
  ["one missing", (heads) => heads.toSpliced(6, 1), /head 7 is missing/],
  ["the last ones missing", (heads) => heads.slice(0, 15), /heads 16\.\.20 are missing/],
  ["one changed", (heads) => heads.with(6, heads[6]!.map((byte, at) => at === 12 ? byte ^ 1 : byte)), /head/],
  ["a changed signature", (heads) => heads.with(6, flipLast(heads[6]!)), /head 7 is not signed/],
  ["a changed last signature", (heads) => heads.with(19, flipLast(heads[19]!)), /head 20 is not signed/],
  ["one that is not a head", (heads) => [...heads, new Uint8Array([1, 2, 3])], /1 records cannot be read/],
  [
    "one of another instance",
    (heads) => [...heads, foreign("0d0c0b0a", "07")],
    /1 heads are of the instance 0d0c0b0a/,
  ],
  ["one of a foreign key", (heads) => [...heads, foreign("0a0b0c0d", "09")], /signed by the unknown key/],
];

const flipLast = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);
const foreign = (node: string, seed: string) =>
  new HeadSigner(node, seed.repeat(32)).sign({
    seq: 21,
    hash: "ab".repeat(32),
    at_ms: 1,
    first: 1,
    count: 21,
    previous: "cd".repeat(32),
  });

for (const [name, change, found] of HEADS) {
  Deno.test(`verifyAudit() finds among the heads outside: ${name}`, () =>
    withChain(({ published, faults }) => {
      const lines = faults(change(published));
      assert.ok(lines.some((line) => found.test(line)), lines.join("; "));
    }));
}

Deno.test("a head published twice is not a fault: an interrupted publisher publishes it again", () =>
  withChain(({ published, faults }) => {
    assert.deepEqual(faults([...published.slice(0, 12), ...published.slice(10)]), []);
  }));

Deno.test("verifyAudit() reports that the instance's name is a different one, and that there is no database", () =>
  withChain(({ database, published }) => {
    const other = { ...trust, node: "ffffffff" };
    const outside = new PublishedHeads(place, other);
    published.forEach((head) => outside.add(head));
    const { faults } = verifyAudit(database, [outside], other);
    assert.ok(faults.includes("20 heads in legend.db are of the instance 0a0b0c0d, not of ffffffff"));
    assert.ok(faults.includes("audit-proto: 20 heads are of the instance 0a0b0c0d, not of ffffffff"));
    const gone = verifyAudit("legend.db is missing", [faultless(published)], trust);
    assert.deepEqual(gone.faults, [
      "legend.db is missing",
      "entries 1..20 are missing: audit-proto has their heads",
    ]);
  }));

function faultless(published: readonly Uint8Array[]): PublishedHeads {
  const outside = new PublishedHeads(place, trust);
  published.forEach((head) => outside.add(head));
  return outside;
}

Deno.test("entries over more than one chunk are all looked at", () =>
  withChain(({ database, faults }) => {
    assert.deepEqual(faults(), []);
    database.exec("update audit set who = 'x' where seq in (5001, 10003)");
    assert.deepEqual(faults().filter((line) => /shown/.test(line)).map((line) => line.slice(0, 11)), [
      "entry 5001 ",
      "entry 10003",
    ]);
  }, 10_050));

Deno.test("verifyAudit() looks at one state of the file, whatever is added meanwhile", () =>
  withChain(({ database, faults }) => {
    const other = openDatabase(database.location()!);
    try {
      const chain = new AuditChain(other, signer);
      const prepare = database.prepare.bind(database);
      database.prepare = (sql) => {
        // The pass over the entries has ended; the published heads come next.
        if (sql.includes("audit_told")) chain.markPublished(chain.append(act(20)));
        return prepare(sql);
      };
      assert.deepEqual(faults(), []);
      assert.equal(chain.count(), 21, "it was added");
    } finally {
      other.close();
    }
  }));

Deno.test("verifyAudit() without a key to check against finds no foreign one, and still every change", () =>
  withChain(({ database, published }) => {
    const without = { node: signer.node, keys: null };
    const faults = () => {
      const outside = new PublishedHeads(place, without);
      published.forEach((bytes) => outside.add(bytes));
      return verifyAudit(database, [outside], without).faults;
    };
    assert.deepEqual(faults(), []);
    forge(database, new HeadSigner(signer.node, "09".repeat(32)));
    assert.match(faults().join("; "), /recomputed/);
    assert.doesNotMatch(faults().join("; "), /unknown key/);
  }));
