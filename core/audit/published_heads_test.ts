/** Heads outside, each change of them by itself; and an entry's bytes, which are what its hash is of. */
import assert from "node:assert/strict";
import { openDatabase } from "../platform/database.ts";
import { AuditChain } from "./chain.ts";
import { type AuditEntry, entryBytes, entryHash, isAct, plainText } from "./entry.ts";
import { HeadSigner, readHead } from "./head.ts";
import { type Place, PublishedHeads } from "./published_heads.ts";
import { verifyAudit } from "./verify.ts";

const signer = new HeadSigner("0a0b0c0d", "07".repeat(32));
const trust = { node: signer.node, keys: new Set([signer.key]) };
const whole: Place = { name: "audit-proto", complete: true, shared: false };
const part: Place = { name: "the file x", complete: false, shared: true };

async function withHeads(
  run: (database: ReturnType<typeof openDatabase>, heads: Uint8Array[]) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const chain = new AuditChain(database, signer, () => 1_700_000_000_000);
    for (let n = 1; n <= 6; n++) {
      chain.append({ who: "ann", action: "policy", module: "mev", detail: `n ${n}`, request_id: "" });
    }
    const heads = chain.headsAfter(0).map(({ bytes }) => bytes.slice());
    chain.markPublished(6);
    run(database, heads);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function outside(heads: readonly Uint8Array[], place = whole): PublishedHeads {
  const published = new PublishedHeads(place, trust);
  for (const head of heads) published.add(head);
  return published;
}

Deno.test("heads outside whose first ones were taken away, with a database that has none, are reported", () =>
  withHeads((_, heads) => {
    const alone = (heads: readonly Uint8Array[], place = whole) => {
      const published = outside(heads, place);
      published.finish(null, 0);
      return published.faults;
    };
    assert.deepEqual(alone(heads), []);
    assert.deepEqual(alone(heads.slice(2)), ["audit-proto: the heads before 3 are missing"]);
    assert.deepEqual(alone(heads.slice(2), part), [], "a file may begin later");
    assert.deepEqual(alone(heads.toSpliced(2, 1)), ["audit-proto: head 3 is missing"]);
    assert.deepEqual(alone(heads.toSpliced(2, 2)), ["audit-proto: heads 3..4 are missing"]);
    assert.deepEqual(alone(heads.toSpliced(2, 2), part), ["the file x: heads 3..4 are missing"]);
  }));

Deno.test("heads outside end where the database says that they were published, and no sooner", () =>
  withHeads((_, heads) => {
    const ended = (count: number, publishedTo: number, place = whole) => {
      const published = outside(heads.slice(0, count), place);
      published.finish(1, publishedTo, 6);
      return published.faults;
    };
    assert.deepEqual(ended(6, 6), []);
    assert.deepEqual(ended(5, 5), []);
    assert.deepEqual(ended(5, 6), ["audit-proto: head 6 is missing"]);
    assert.deepEqual(ended(3, 6), ["audit-proto: heads 4..6 are missing"]);
    assert.deepEqual(ended(3, 6, part), []);
    assert.deepEqual(ended(0, 6), ["audit-proto: heads 1..6 are missing"]);
  }));

Deno.test("one seq published with two contents is a fault, also when both are signed", () =>
  withHeads((_, heads) => {
    const third = readHead(heads[2]!)!;
    const other = signer.sign({ ...third, hash: "ab".repeat(32) });
    const { faults } = outside([...heads.slice(0, 3), other]);
    assert.deepEqual(faults, ["audit-proto: head 3 was published twice with different contents"]);
    assert.deepEqual(outside([...heads.slice(0, 3), heads[2]!]).faults, []);
  }));

Deno.test("a head that counts other entries than its own, and one that follows another, are faults", () =>
  withHeads((_, heads) => {
    const third = readHead(heads[2]!)!;
    for (
      const [odd, counts] of [[{ first: 2 }, "3 entries from 2"], [{ count: 2 }, "2 entries from 1"]] as const
    ) {
      const published = outside([...heads.slice(0, 2), signer.sign({ ...third, ...odd })]);
      assert.deepEqual(published.faults, [`audit-proto: head 3 counts ${counts}`]);
    }
    const published = outside([...heads.slice(0, 2), signer.sign({ ...third, previous: "cd".repeat(32) })]);
    published.finish(1, 3, 3);
    assert.deepEqual(published.faults, ["audit-proto: head 3 does not follow the head before it"]);
  }));

Deno.test("heads of other instances are counted in a place of our own, and ignored in a shared one", () =>
  withHeads((_, heads) => {
    const theirs = new HeadSigner("0d0c0b0a", "09".repeat(32));
    const strange = [1, 2].map((seq) => theirs.sign({ ...readHead(heads[0]!)!, seq }));
    const faults = (place: Place) => {
      const published = outside([...strange, ...heads], place);
      published.finish(1, 6, 6);
      return [published.count, ...published.faults];
    };
    assert.deepEqual(faults(whole), [
      6,
      "audit-proto: 2 heads are of the instance 0d0c0b0a, not of 0a0b0c0d",
    ]);
    assert.deepEqual(faults(part), [6]);
  }));

Deno.test("heads of a foreign key are counted with the begin of the key; without keys to know no key is foreign", () =>
  withHeads((_, heads) => {
    const foreign = new HeadSigner("0a0b0c0d", "09".repeat(32));
    const published = outside([...heads, foreign.sign(readHead(heads[0]!)!)], part);
    published.finish(1, 6, 6);
    assert.ok(
      published.faults.includes(
        `the file x: 1 heads are signed by the unknown key ${foreign.key.slice(0, 16)}`,
      ),
    );
    const unknown = new PublishedHeads(part, { node: signer.node, keys: null });
    unknown.add(foreign.sign(readHead(heads[0]!)!));
    unknown.finish(null, 0);
    assert.deepEqual(unknown.faults, []);
  }));

Deno.test("heads of the first version are compared with the entries' hashes, and two for one seq with each other", () =>
  withHeads((database) => {
    const head = (seq: number, hash: string) =>
      new Uint8Array([
        10,
        8,
        ...new TextEncoder().encode("0a0b0c0d"),
        16,
        seq,
        26,
        32,
        ...unhex(hash),
        32,
        1,
      ]);
    const [a, b] = ["aa".repeat(32), "bb".repeat(32)];
    assert.deepEqual(outside([head(1, a), head(1, a), head(2, b)]).faults, []);
    assert.deepEqual(outside([head(1, a), head(1, b)]).faults, [
      "audit-proto: head 1 was published twice with different contents",
    ]);
    const other = new HeadSigner("ffffffff", "07".repeat(32));
    const published = new PublishedHeads(whole, { node: other.node, keys: new Set([other.key]) });
    published.add(head(1, a));
    published.finish(null, 0);
    assert.deepEqual(published.faults, [
      "audit-proto: 1 heads are of the instance 0a0b0c0d, not of ffffffff",
    ]);
    const { faults } = verifyAudit(database, [outside([head(1, a)], part)], trust);
    assert.deepEqual(faults, ["entry 1 is missing: the file x has its head"]);
  }));

Deno.test("an entry whose own head cannot be read is one fault, the first one too", () =>
  withHeads((database) => {
    for (const seq of [1, 4]) {
      database.exec(`begin; update audit set head = x'010203' where seq = ${seq}`);
      const { faults } = verifyAudit(database, [], trust);
      assert.equal(faults[0], `the head of entry ${seq} cannot be read`);
      assert.deepEqual(faults.filter((line) => /instance/.test(line)), []);
      database.exec("rollback");
    }
  }));

Deno.test("two who seal at once seal once, and each says what it has done", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-audit-" });
  const [one, other] = [openDatabase(`${folder}/legend.db`), openDatabase(`${folder}/legend.db`)];
  try {
    one.exec(`insert into audit_unsealed values (1, '${"ab".repeat(32)}')`);
    const [first, second] = [new AuditChain(one, signer), new AuditChain(other, signer)];
    const exec = one.exec.bind(one);
    const done: boolean[] = [];
    one.exec = (sql) => {
      // The other one is first between the look and the change.
      if (sql.startsWith("begin") && done.length === 0) done.push(second.seal());
      exec(sql);
    };
    done.push(first.seal());
    assert.deepEqual(done, [true, false]);
    assert.deepEqual(first.list().map(({ action }) => action), ["audit sealed"]);
  } finally {
    one.close();
    other.close();
    await Deno.remove(folder, { recursive: true });
  }
});

const unhex = (text: string) => Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
const ENTRY: AuditEntry = {
  seq: 7,
  at_ms: 1_700_000_000_000,
  who: "zoë",
  action: "kill",
  module: "",
  detail: "a:b",
  request_id: "r1",
};

Deno.test("an entry's bytes are its fields with their lengths in bytes, so that no two entries have the same", () => {
  assert.equal(entryBytes(ENTRY).toString(), "1:713:17000000000004:zoë4:kill0:3:a:b2:r1");
  const shifted = entryBytes({ ...ENTRY, action: "kil", module: "l" });
  assert.notEqual(shifted.toString(), entryBytes(ENTRY).toString());
  assert.equal(
    entryHash("0".repeat(64), entryBytes(ENTRY)),
    "2c9a7909d40b8ae571fd46a9953e99d9243af88bd1d750e74964c26fcfa2efbf",
  );
});

Deno.test("isAct() looks at the fields, not at words that stand somewhere", () => {
  const bytes = entryBytes(ENTRY);
  assert.equal(isAct(bytes, "kill", "a:b"), true);
  assert.equal(isAct(bytes, "kill", "a"), false);
  assert.equal(isAct(bytes, "kil", "a:b"), false);
  assert.equal(isAct(entryBytes({ ...ENTRY, detail: "4:kill", action: "x" }), "kill", "4:kill"), false);
  assert.equal(isAct(new TextEncoder().encode("kill"), "kill", ""), false);
});

Deno.test("plainText() cuts what is too long, marks the cut, and hides nothing", () => {
  assert.equal(plainText("abc", 3), "abc");
  assert.equal(plainText("abcd", 3), "abc… (4 characters)");
  assert.equal(plainText("a\u0000\u200e\u{1f600}\ud800", 9), "a\\u0000\\u200e\u{1f600}\ufffd");
});
