import assert from "node:assert/strict";
import { AuditChain } from "../audit/chain.ts";
import { HeadSigner } from "../audit/head.ts";
import { verifyAudit } from "../audit/verify.ts";
import { Accounts } from "../auth/accounts.ts";
import { type Database, openDatabase } from "../database.ts";
import { recordCalls } from "./calls.ts";
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

Deno.test("M10: the thread writes what is patient when the lock is gone; what is not is refused; readers never wait", () =>
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
    // This thread goes on at once, and sees what there is.
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
