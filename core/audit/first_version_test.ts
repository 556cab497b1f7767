/** Entries in the form of the first version, which had no signed heads. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { openDatabase } from "../platform/database.ts";
import { AuditChain } from "./chain.ts";
import { PublishedHeads } from "./published_heads.ts";
import { verifyAudit } from "./verify.ts";
import { act, faultsOf, place, signer, trust, withChain } from "../../tests/audit_chain.ts";

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

Deno.test("a folder of the first version is sealed once, by an entry of its own, and every change of it is found", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const hashes = oldFolder(`${folder}/legend.db`);
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const outside = () => {
      const published = new PublishedHeads(place, trust);
      // node 1, seq 2, hash 3, at_ms 4: encoded by hand, as the first version published them.
      for (const [at, text] of hashes.entries()) {
        published.add(
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
      return published;
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
    const heads = chain.headsAfter(chain.publishedTo());
    assert.deepEqual(heads.map(({ seq }) => seq), [6, 7, 8]);
    const after = outside();
    heads.forEach(({ bytes }) => after.add(bytes));
    chain.markPublished(8);
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

Deno.test("signed heads that were all taken away are a fault, with an emptied place outside and by the database itself", () =>
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
