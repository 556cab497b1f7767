import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { type Database, openDatabase, transaction } from "../platform/database.ts";
import { AuditChain } from "./chain.ts";
import type { Act } from "./entry.ts";
import { HeadSigner } from "./head.ts";
import { ToldHeads } from "./told.ts";
import { verifyAudit } from "./verify.ts";

const signer = new HeadSigner("0a0b0c0d", "07".repeat(32));
const trust = { node: signer.node, keys: new Set([signer.key]) };
const place = { name: "audit-proto", complete: true, shared: false };

const act = (n: number): Act => ({
  who: "admin",
  action: "policy",
  module: "mev",
  detail: `n ${n}`,
  request_id: `r${n}`,
});

interface Chained {
  database: Database;
  chain: AuditChain;
  /** The heads as published when the entries were written. */
  told: Uint8Array[];
  /** What does not fit: the database alone, and with the heads outside. */
  faults(heads?: readonly Uint8Array[]): readonly string[];
}

async function withChain(run: (chained: Chained) => void, entries = 20): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const chain = new AuditChain(database, signer, () => 1_700_000_000_000);
    transaction(database, () => {
      for (let n = 0; n < entries; n++) chain.append(act(n));
    });
    const told = chain.headsAfter(0).map(({ bytes }) => bytes.slice());
    chain.told(entries);
    run({ database, chain, told, faults: (heads) => faultsOf(database, heads) });
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function faultsOf(database: Database, heads?: readonly Uint8Array[]): readonly string[] {
  const outside = new ToldHeads(place, trust);
  heads?.forEach((head) => outside.add(head));
  return verifyAudit(database, heads ? [outside] : [], trust).faults;
}

Deno.test("verifyAudit() finds no fault in an untouched chain and its heads, and counts both", () =>
  withChain(({ database, chain, told, faults }) => {
    assert.deepEqual(faults(), []);
    const outside = new ToldHeads(place, trust);
    told.forEach((head) => outside.add(head));
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
    "bytes that do not fit what is shown",
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
    [/entry -4 does not belong/],
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
    "an end cut off, and the count of told heads too",
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
  ["more told than there are", "update audit_told set seq = 25", [/entries 21\.\.25 are missing/], true],
  ["no count of told heads", "delete from audit_told", [/does not say how many heads/], true],
];

for (const [name, sql, found, alone] of TAMPERED) {
  Deno.test(`verifyAudit() finds ${name}`, () =>
    withChain(({ database, told, faults }) => {
      database.exec(sql);
      for (const heads of alone ? [undefined, told] : [told]) {
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
      assert.ok(lines.some((line) => line.startsWith(`entry ${seq} does not fit its signed head`)), `${seq}`);
    }
    assert.ok(!lines.some((line) => /entry 3\b/.test(line)), lines.join("; "));
  }));

Deno.test("verifyAudit() finds a chain that was computed again with a foreign key, by itself", () =>
  withChain(({ database, faults }) => {
    forge(database, new HeadSigner(signer.node, "09".repeat(32)));
    assert.match(faults().join("; "), /foreign key/);
  }));

Deno.test("verifyAudit() finds a chain that was computed again with the right key by the heads outside", () =>
  withChain(({ database, told, faults }) => {
    forge(database, signer);
    assert.deepEqual(faults(), [], "by itself it is whole");
    const lines = faults(told);
    assert.ok(lines.includes("entry 4 is not the one that audit-proto has: the chain was computed anew"));
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
  ["one that is no head", (heads) => [...heads, new Uint8Array([1, 2, 3])], /1 records cannot be read/],
  [
    "one of another instance",
    (heads) => [...heads, foreign("0d0c0b0a", "07")],
    /1 heads are of the instance 0d0c0b0a/,
  ],
  ["one of a foreign key", (heads) => [...heads, foreign("0a0b0c0d", "09")], /signed by the foreign key/],
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
    withChain(({ told, faults }) => {
      const lines = faults(change(told));
      assert.ok(lines.some((line) => found.test(line)), lines.join("; "));
    }));
}

Deno.test("a head told twice is no fault: who was interrupted tells it again", () =>
  withChain(({ told, faults }) => {
    assert.deepEqual(faults([...told.slice(0, 12), ...told.slice(10)]), []);
  }));

Deno.test("verifyAudit() says that the instance's name is another one, and that there is no database", () =>
  withChain(({ database, told }) => {
    const other = { ...trust, node: "ffffffff" };
    const outside = new ToldHeads(place, other);
    told.forEach((head) => outside.add(head));
    const { faults } = verifyAudit(database, [outside], other);
    assert.ok(faults.includes("20 heads in legend.db are of the instance 0a0b0c0d, not of ffffffff"));
    assert.ok(faults.includes("audit-proto: 20 heads are of the instance 0a0b0c0d, not of ffffffff"));
    const gone = verifyAudit("legend.db is missing", [faultless(told)], trust);
    assert.deepEqual(gone.faults, [
      "legend.db is missing",
      "entries 1..20 are missing: audit-proto has their heads",
    ]);
  }));

function faultless(told: readonly Uint8Array[]): ToldHeads {
  const outside = new ToldHeads(place, trust);
  told.forEach((head) => outside.add(head));
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

Deno.test("H1: any texts leave the chain whole, and are shown without anything hidden", () =>
  withChain(({ database, chain, faults }) => {
    const odd = [
      "a\0b",
      "\ud83d",
      "\udc00x",
      "a\nb",
      "\x1b[2J",
      "é\u202eevil",
      "7:x3:",
      "'; --",
      "\u{1f480}",
      "",
    ];
    transaction(database, () => {
      for (const who of odd) {
        for (const detail of odd) chain.append({ who, action: detail, module: who, detail, request_id: who });
      }
    });
    chain.append({ ...act(1), detail: "x".repeat(100_000) });
    assert.deepEqual(faults(), []);
    const shown = chain.list({ limit: 200 });
    assert.equal(shown.length, 101);
    for (const entry of shown) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(JSON.stringify(Object.values(entry)), /[\x00-\x1f\u202e]|\\ud83d/);
      assert.ok(entry.detail.length < 5_000);
    }
    assert.equal(shown.at(-1)!.who, "a\\u0000b");
  }, 0));

/** The tables and the hashes as the first version made them. */
function oldFolder(path: string): string[] {
  const database = new DatabaseSync(path);
  database.exec(`
    create table users (name text primary key, role text not null, password text not null, must_change integer not null,
      created_ms integer not null, disabled integer not null default 0, failures integer not null default 0,
      locked_until_ms integer not null default 0) strict;
    create table sessions (id text primary key, user text not null references users(name) on delete cascade,
      refresh_hash blob not null, previous_hash blob, created_ms integer not null, used_ms integer not null,
      expires_ms integer not null, agent text not null, revoked integer not null default 0) strict;
    create table api_keys (id text primary key, hash blob not null, label text not null, scopes text not null,
      created_by text not null, created_ms integer not null, expires_ms integer not null,
      revoked integer not null default 0) strict;
    create table audit (seq integer primary key, at_ms integer not null, who text not null, action text not null,
      module text not null, detail text not null, request_id text not null, previous text not null,
      hash text not null) strict;
    pragma user_version = 1`);
  const insert = database.prepare("insert into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  let previous = "0".repeat(64);
  const hashes: string[] = [];
  for (let seq = 1; seq <= 5; seq++) {
    const fields = [
      seq,
      1_700_000_000_000,
      seq === 3 ? "é\0x" : "admin",
      "policy",
      "mev",
      `n ${seq}`,
      `r${seq}`,
    ];
    const text = fields.map((field) => `${Buffer.byteLength(String(field))}:${field}`).join("");
    const own = hash("sha256", previous + text, "hex");
    insert.run(...fields as [number, number, string, string, string, string, string], previous, own);
    hashes.push(previous = own);
  }
  database.close();
  return hashes;
}

Deno.test("a folder of the first version is sealed once, by an entry that says so, and every change of it is found", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const hashes = oldFolder(`${folder}/legend.db`);
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const outside = () => {
      const told = new ToldHeads(place, trust);
      // node 1, seq 2, hash 3, at_ms 4: encoded by hand, as the first version published them.
      for (const [at, text] of hashes.entries()) {
        told.add(
          new Uint8Array([
            10,
            8,
            ...Buffer.from("0a0b0c0d"),
            16,
            at + 1,
            26,
            32,
            ...Buffer.from(text, "hex"),
            32,
            1,
          ]),
        );
      }
      return told;
    };
    const before = verifyAudit(database, [outside()], trust);
    assert.deepEqual([before.entries, before.heads[0]!.count], [5, 5]);
    const unsealed = /^5 entries have no signed head, and no signed entry seals them/;
    assert.equal(before.faults.length, 1);
    assert.match(before.faults[0]!, unsealed);
    const chain = new AuditChain(database, signer);
    chain.append(act(1));
    assert.match(faultsOf(database).join("; "), unsealed, "the next entry seals nothing");
    assert.deepEqual([chain.seal(), chain.seal()], [true, false]);
    assert.equal(chain.list({ limit: 1 })[0]!.action, "audit sealed");
    chain.append(act(2));
    assert.match(
      verifyAudit(database, [], trust).notes.join(),
      /5 entries are of the first version: they were sealed/,
    );
    const heads = chain.headsAfter(chain.toldTo());
    assert.deepEqual(heads.map(({ seq }) => seq), [6, 7, 8]);
    const after = outside();
    heads.forEach(({ bytes }) => after.add(bytes));
    chain.told(8);
    assert.deepEqual(verifyAudit(database, [after], trust).faults, []);
    for (const sql of ["update audit set who = 'x' where seq = 3", "delete from audit where seq = 2"]) {
      database.exec(`begin; ${sql}`);
      assert.notDeepEqual(verifyAudit(database, [], trust).faults, [], sql);
      database.exec("rollback");
    }
    database.exec("update audit set entry = null, head = null where seq = 6");
    assert.match(
      faultsOf(database).join("; "),
      /entry 6 has lost its bytes and its head|entry 6 was changed/,
    );
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("verifyAudit() looks at one state of the file, whatever is added meanwhile", () =>
  withChain(({ database, faults }) => {
    const other = openDatabase(database.location()!);
    try {
      const chain = new AuditChain(other, signer);
      const prepare = database.prepare.bind(database);
      database.prepare = (sql) => {
        // The pass over the entries has ended; the published heads come next.
        if (sql.includes("audit_told")) chain.told(chain.append(act(20)));
        return prepare(sql);
      };
      assert.deepEqual(faults(), []);
      assert.equal(chain.count(), 21, "it was added");
    } finally {
      other.close();
    }
  }));

Deno.test("AuditChain.list() finds who and what by an index, and gives what is shown alone", () =>
  withChain(({ database, chain }) => {
    chain.append({ ...act(20), who: "ann" });
    chain.append({ ...act(21), action: "kill" });
    const prepare = database.prepare.bind(database);
    for (
      const [filter, seqs] of [
        [{ who: "ann" }, [21]],
        [{ action: "kill" }, [22]],
        [{ who: "admin", action: "kill" }, [22]],
        [{ who: "ann", action: "kill" }, []],
        [{ who: "nobody" }, []],
      ] as const
    ) {
      let asked = "";
      database.prepare = (sql) => prepare(asked = sql);
      assert.deepEqual(chain.list(filter).map(({ seq }) => seq), seqs);
      const values = [1e9, ...Object.values(filter), 50];
      const plan = prepare(`explain query plan ${asked}`).all(...values).map(({ detail }) => String(detail));
      assert.ok(plan.every((line) => /USING INDEX audit_of/.test(line)), plan.join("; "));
      assert.doesNotMatch(asked, /[*]|entry|head/);
    }
  }));

Deno.test("signed heads that were all taken away are a fault, with an emptied place outside and by the database alone", () =>
  withChain(({ database, chain, faults }) => {
    let previous = "0".repeat(64);
    database.exec("delete from audit where seq > 12; update audit_told set seq = 0");
    for (const row of database.prepare("select * from audit order by seq").all()) {
      const fields = ["seq", "at_ms", "who", "action", "module", "detail", "request_id"].map((name) =>
        `${row[name]}`
      );
      const text = fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join("");
      const own = hash("sha256", previous + text, "hex");
      database.prepare("update audit set previous = ?, hash = ?, entry = null, head = null where seq = ?")
        .run(previous, own, row.seq!);
      previous = own;
    }
    assert.deepEqual(faults(), ["12 entries have no signed head, and no signed entry seals them"]);
    assert.ok(faults([]).includes("audit-proto: it has no head, and legend.db has 12 entries"));
    // What the program adds later must not make it pass.
    chain.append(act(1));
    assert.equal(chain.seal(), false);
    chain.append({
      ...act(2),
      detail: `12:audit sealed entries 1..12 of the first version; the hash of the last: ${previous}`,
    });
    assert.deepEqual(faults(), ["12 entries have no signed head, and no signed entry seals them"]);
  }));

Deno.test("verifyAudit() without a key to check against finds no foreign one, and still every change", () =>
  withChain(({ database, told }) => {
    const without = { node: signer.node, keys: null };
    const faults = () => {
      const outside = new ToldHeads(place, without);
      told.forEach((bytes) => outside.add(bytes));
      return verifyAudit(database, [outside], without).faults;
    };
    assert.deepEqual(faults(), []);
    forge(database, new HeadSigner(signer.node, "09".repeat(32)));
    assert.match(faults().join("; "), /computed anew/);
    assert.doesNotMatch(faults().join("; "), /foreign key/);
  }));

Deno.test("entries written without the key are one fault until who has it signs them, and says which they were", () =>
  withChain(({ database, chain, told, faults }) => {
    const now = () => 1_700_000_100_000;
    const keyless = new AuditChain(database, null, now);
    for (const n of [20, 21, 22]) assert.equal(keyless.append(act(n)), n + 1);
    const waiting =
      "entries 21..23 were written without the control key: what next writes the audit with the key signs them";
    assert.deepEqual(faults(told), [waiting]);
    assert.deepEqual(chain.headsAfter(20), [], "nothing to tell of them");

    new AuditChain(database, signer, now).append(act(99));
    const later = chain.headsAfter(20).map(({ bytes }) => bytes.slice());
    assert.equal(later.length, 5, "three that waited, what says so, and the new one");
    assert.deepEqual(faults([...told, ...later]), []);
    assert.deepEqual(chain.list({ limit: 3 }).map(({ seq, who, detail }) => [seq, who, detail]), [
      [25, "admin", "n 99"],
      [24, "legend", "entries 21..23 were written without the control key"],
      [23, "admin", "n 22"],
    ]);
    assert.deepEqual(verifyAudit(database, [], trust).notes, [
      "entries 21..23 were written without the control key: signed at 2023-11-14T22:15:00.000Z, and nothing signed proves them before that",
    ]);
    database.exec("update audit set detail = 'x' where seq = 22");
    assert.match(faults([...told, ...later]).join(), /entry 22 was changed/);
  }));

Deno.test("a head that was told and taken away is a fault of its own, and is not signed later", () =>
  withChain(({ database, chain, told, faults }) => {
    database.exec("update audit set head = null where seq > 18");
    new AuditChain(database, null).append(act(20));
    const lost = ["entry 19 has no signed head", "entry 20 has no signed head"];
    assert.deepEqual(faults().slice(0, 2), lost);
    assert.match(faults()[2]!, /^entry 21 was written without the control key: .* signs it$/);
    chain.signWith(signer);
    assert.deepEqual(faults(told).slice(0, 2), lost);
    assert.ok(!faults(told).some((line) => /what next writes/.test(line)));
  }));

Deno.test("AuditChain.appendWith(): a change and its entry are there both or neither", () =>
  withChain(({ database, chain, faults }) => {
    database.exec("create table changes (name text)");
    const change = (name: string) => () => database.prepare("insert into changes values (?)").run(name);
    const names = () => database.prepare("select name from changes").all().map(({ name }) => name);
    assert.deepEqual(chain.appendWith(act(1), change("whole")), { changes: 1, lastInsertRowid: 1 });
    assert.throws(
      () =>
        chain.appendWith(act(2), () => {
          change("refused")();
          throw new Error("refused");
        }),
      /refused/,
    );
    database.exec("create trigger held before insert on audit begin select raise(abort, 'held'); end");
    assert.throws(() => chain.appendWith(act(3), change("without entry")), /held/);
    assert.deepEqual(names(), ["whole"]);
    assert.equal(chain.list({ limit: 1 })[0]!.seq, 3);
    assert.deepEqual(faults(), []);
  }, 2));
