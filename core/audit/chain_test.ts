import assert from "node:assert/strict";
import { transaction } from "../platform/database.ts";
import { AuditChain } from "./chain.ts";
import { verifyAudit } from "./verify.ts";
import { act, signer, trust, withChain } from "../../tests/audit_chain.ts";

Deno.test("H1: any text leaves the chain intact, and is shown without anything hidden", () =>
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

Deno.test("AuditChain.list() finds user and action by an index, and returns only what is shown", () =>
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
        [{ who: "stranger" }, []],
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

Deno.test("entries written without the key are one fault until a writer with the key signs them and names them", () =>
  withChain(({ database, chain, published: markPublished, faults }) => {
    const now = () => 1_700_000_100_000;
    const keyless = new AuditChain(database, null, now);
    for (const n of [20, 21, 22]) assert.equal(keyless.append(act(n)), n + 1);
    const waiting =
      "entries 21..23 were written without the control key: they are signed at the next write to the audit with the key available";
    assert.deepEqual(faults(markPublished), [waiting]);
    assert.deepEqual(chain.headsAfter(20), [], "nothing to publish for them");

    new AuditChain(database, signer, now).append(act(99));
    const later = chain.headsAfter(20).map(({ bytes }) => bytes.slice());
    assert.equal(later.length, 5, "three that waited, the entry about them, and the new one");
    assert.deepEqual(faults([...markPublished, ...later]), []);
    assert.deepEqual(chain.list({ limit: 3 }).map(({ seq, who, detail }) => [seq, who, detail]), [
      [25, "admin", "n 99"],
      [24, "legend", "entries 21..23 were written without the control key"],
      [23, "admin", "n 22"],
    ]);
    assert.deepEqual(verifyAudit(database, [], trust).notes, [
      "entries 21..23 were written without the control key: signed at 2023-11-14T22:15:00.000Z; no signature proves that they were unchanged before",
    ]);
    database.exec("update audit set detail = 'x' where seq = 22");
    assert.match(faults([...markPublished, ...later]).join(), /entry 22 was changed/);
  }));

Deno.test("a head that was published and taken away is a fault of its own, and is not signed later", () =>
  withChain(({ database, chain, published: markPublished, faults }) => {
    database.exec("update audit set head = null where seq > 18");
    new AuditChain(database, null).append(act(20));
    const lost = ["entry 19 has no signed head", "entry 20 has no signed head"];
    assert.deepEqual(faults().slice(0, 2), lost);
    assert.match(faults()[2]!, /^entry 21 was written without the control key: .* with the key available$/);
    chain.signWith(signer);
    assert.deepEqual(faults(markPublished).slice(0, 2), lost);
    assert.ok(!faults(markPublished).some((line) => /the next write/.test(line)));
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
