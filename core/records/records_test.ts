import assert from "node:assert/strict";
import { AuditChain } from "../audit/chain.ts";
import { HeadSigner } from "../audit/head.ts";
import { verifyAudit } from "../audit/verify.ts";
import { Accounts } from "../auth/accounts.ts";
import { type Database, openDatabase } from "../platform/database.ts";
import { SharedAccounts } from "../auth/shared_accounts.ts";
import { inThisThread, recordCalls } from "./calls.ts";
import { RecordThread } from "./client.ts";
import { type Answer, WriteQueue } from "./queue.ts";

const seed = "07".repeat(32);
const node = "0a0b0c0d";
const act = (detail: string) => ({ who: "admin", action: "kill", module: "mev", detail, request_id: "" });

async function withFile(run: (folder: string, database: Database) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-records-" });
  const database = openDatabase(`${folder}/legend.db`, 50);
  try {
    await run(folder, database);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const faults = (database: Database) =>
  verifyAudit(database, [], { node, keys: new Set([new HeadSigner(node, seed).key]) }).faults;

Deno.test("M10: the thread writes patient calls when the lock is released; others are refused; readers never wait", () =>
  withFile(async (folder, reader) => {
    const thread = new RecordThread({
      module: new URL("./thread.ts", import.meta.url).href,
      folder,
      node,
      seed,
      say: () => {},
    });
    await thread.ready();
    await thread.call("audit", [[act("first")]]);
    const other = openDatabase(`${folder}/legend.db`);
    other.exec("begin immediate");
    const begun = performance.now();
    const patient = thread.call("audit", [[act("a kill")]], Infinity);
    const command = thread.call("audit", [[act("a command")]], 300);
    // This thread continues at once, and sees the existing entries.
    assert.deepEqual(new AuditChain(reader).list().map(({ detail }) => detail), ["first"]);
    assert.ok(performance.now() - begun < 5_000);
    await assert.rejects(command, /another process has held it/);
    other.exec("rollback");
    other.close();
    await patient;
    assert.deepEqual(new AuditChain(reader).list().map(({ detail }) => detail), ["a kill", "first"]);
    assert.deepEqual(faults(reader), []);
    const last = thread.call("audit", [[act("at the end")]]);
    await thread.close();
    await last;
    assert.equal(new AuditChain(reader).count(), 3);
    await assert.rejects(thread.call("audit", [[act("too late")]]), /is ending/);
  }));

Deno.test("RecordThread says why it cannot open the file", async () => {
  const thread = new RecordThread({
    module: new URL("./thread.ts", import.meta.url).href,
    folder: "/nowhere/at/all",
    node,
    seed,
    say: () => {},
  });
  await assert.rejects(thread.ready(), /Cannot use \/nowhere\/at\/all\/legend\.db/);
  await assert.rejects(thread.failed, /Cannot use/);
});

Deno.test("WriteQueue: a call that fails takes nothing of the others with it", () =>
  withFile((folder, database) => {
    const answers: Answer[] = [];
    const accounts = new Accounts(database);
    const calls = recordCalls(new AuditChain(database, new HeadSigner(node, seed)), accounts, folder);
    const queue = new WriteQueue(database, calls, (answer) => answers.push(answer));
    const add = (id: number, name: keyof typeof calls, ...args: unknown[]) =>
      queue.add({ id, name, args, waitMs: 1_000 });
    add(1, "insertUser", "ann", "admin", "hash", false);
    add(2, "insertUser", "ann", "admin", "hash", false);
    add(3, "audit", [act("x")]);
    add(4, "revokeKey", "none");
    assert.equal(queue.turn(), true);
    assert.deepEqual(answers.map((one) => [one.id, "error" in one ? one.error.code : "done"]), [
      [1, "done"],
      [2, "conflict"],
      [3, "done"],
      [4, "not_found"],
    ]);
    assert.equal(accounts.users().length, 1);
    assert.deepEqual(faults(database), []);
    assert.ok(queue.isEmpty);
  }));

Deno.test("WriteQueue: a patient call whose turn comes while another process holds the file keeps waiting", () =>
  withFile((folder, database) => {
    const answers: Answer[] = [];
    const chain = new AuditChain(database, new HeadSigner(node, seed));
    const calls = recordCalls(chain, new Accounts(database), folder);
    const other = openDatabase(`${folder}/legend.db`);
    let isFirst = true;
    const broken: typeof calls = {
      ...calls,
      // As a full disk ends the whole transaction; then another process takes the file.
      revokeKey: () => {
        if (isFirst) {
          isFirst = false;
          database.exec("rollback");
          other.exec("begin immediate");
        }
        throw new Error("the disk");
      },
    };
    const queue = new WriteQueue(database, broken, (answer) => answers.push(answer));
    queue.add({ id: 1, name: "audit", args: [[act("a kill")]], waitMs: Infinity });
    queue.add({ id: 2, name: "revokeKey", args: ["none"], waitMs: Infinity });
    assert.equal(queue.turn(), false);
    assert.equal(answers.length, 0);
    other.exec("rollback");
    other.close();
    while (!queue.isEmpty) queue.turn();
    assert.deepEqual(answers.map((one) => [one.id, "error" in one]), [[1, false], [2, true]]);
    assert.deepEqual(chain.list().map(({ detail }) => detail), ["a kill"]);
    assert.deepEqual(faults(database), []);
  }));

Deno.test("RecordThread keeps places for logged-in users, whatever strangers send while the file is held", () =>
  withFile(async (folder, reader) => {
    const thread = new RecordThread({
      module: new URL("./thread.ts", import.meta.url).href,
      folder,
      node,
      seed,
      say: () => {},
    });
    await thread.ready();
    const other = openDatabase(`${folder}/legend.db`);
    other.exec("begin immediate");
    const strangers = Array.from(
      { length: 10_001 },
      (_, n) => thread.call("refresh", [`${n}.x`], Infinity).then(() => "written", () => "refused"),
    );
    const kill = thread.call("audit", [[act("a kill")]], Infinity);
    other.exec("rollback");
    other.close();
    await kill;
    const came = await Promise.all(strangers);
    assert.ok(came.filter((one) => one === "written").length < 5_000);
    assert.deepEqual(new AuditChain(reader).list().map(({ detail }) => detail), ["a kill"]);
    await thread.close();
  }));

Deno.test("SharedAccounts: a token of no open login is answered without a write", () =>
  withFile(async (folder, database) => {
    const stored = new Accounts(database);
    await stored.add("ann", "admin", "a password of ann");
    const { session, refresh } = stored.begin("ann", "test");
    const calls = inThisThread(recordCalls(new AuditChain(database), stored, folder));
    let writes = 0;
    const accounts = new SharedAccounts(stored, { call: (...call) => (writes += 1, calls.call(...call)) });
    for (const token of ["", "x", "a.b.c", `${"0".repeat(24)}.x`, "\u0000.x"]) {
      assert.deepEqual(await accounts.refresh(token), { state: "ended" }, token);
    }
    assert.equal(writes, 0);
    const renewed = await accounts.refresh(refresh);
    assert.deepEqual([renewed.state, writes], ["renewed", 1]);
    stored.end(session);
    assert.deepEqual([await accounts.refresh(refresh), writes], [{ state: "ended" }, 1]);
  }));
