import assert from "node:assert/strict";
import { AuditChain } from "../audit/chain.ts";
import { HeadSigner } from "../audit/head.ts";
import { openDatabase } from "../platform/database.ts";
import { AppError } from "../platform/errors.ts";
import { inThisThread, recordCalls } from "../records/calls.ts";
import { Accounts } from "./accounts.ts";
import type { GateTimes } from "./login_gate.ts";
import { SharedAccounts } from "./shared_accounts.ts";

const PASSWORD = "correct horse battery";
const ACT = { who: "boss", action: "user added", module: "", detail: "", request_id: "" };

async function withShared(
  run: (accounts: SharedAccounts, chain: AuditChain) => Promise<void>,
  times: GateTimes = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-shared-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const chain = new AuditChain(database, new HeadSigner("0a0b0c0d", "07".repeat(32)));
    const stored = new Accounts(database);
    await run(new SharedAccounts(stored, inThisThread(recordCalls(chain, stored, folder)), times), chain);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("who has logged in from an address before is heard there when strangers have used up what it has", async () => {
  const hold = { isLong: false };
  const pause = () => hold.isLong ? new Promise<void>(() => {}) : Promise.resolve();
  await withShared(async (accounts) => {
    for (const name of ["ann", "bob"]) await accounts.add(name, "viewer", PASSWORD, false);
    await accounts.begin("ann", "browser", "192.0.2.1");
    const check = (name: string, password: string) =>
      accounts.check(name, password, { address: "192.0.2.1" }).then(
        (user) => user.name,
        (error) => error instanceof AppError ? error.code : String(error),
      );
    for (let n = 0; n < 25; n++) await check(`stranger${n}`, "wrong");
    assert.equal(await check("bob", PASSWORD), "rate_limited");
    hold.isLong = true;
    assert.equal(await check("ann", PASSWORD), "ann");
  }, { pause, waitMs: Infinity, now: () => 0 });
});

Deno.test("a change with an act is stored with its entry, and reads see it at once", () =>
  withShared(async (accounts, chain) => {
    await accounts.add("boss", "admin", PASSWORD, true, ACT);
    assert.deepEqual(accounts.users().map(({ name, must_change }) => [name, must_change]), [["boss", true]]);
    await accounts.add("ann", "viewer", PASSWORD);
    assert.equal(accounts.user("ann")!.must_change, true, "the one who adds a user knows the first password");
    await accounts.change("ann", { role: "auditor" }, { ...ACT, action: "user changed" });
    assert.equal(accounts.user("ann")!.role, "auditor");
    const { id, key } = await accounts.addKey("ci", ["read"], "boss", Date.now() + 1e9, {
      ...ACT,
      action: "key made",
    });
    assert.equal(accounts.keyHolder(key)!.name, `key:${id}`);
    assert.equal(accounts.keyNamed(`key:${id}`)!.name, `key:${id}`);
    assert.deepEqual(accounts.keys().map((one) => one.id), [id]);
    await accounts.revokeKey(id, { ...ACT, action: "key revoked" });
    assert.equal(accounts.keyHolder(key), undefined);
    assert.deepEqual(chain.list().map(({ action }) => action).reverse(), [
      "user added",
      "user changed",
      "key made",
      "key revoked",
    ]);
    await assert.rejects(accounts.change("stranger", {}, ACT), /no such user/);
    assert.equal(chain.count(), 4);
  }));

Deno.test("a login is begun, exchanged and ended; an unknown one is refused without a write", () =>
  withShared(async (accounts) => {
    await accounts.add("ann", "viewer", PASSWORD, false);
    const { session, refresh } = await accounts.begin("ann", "browser");
    assert.equal((await accounts.refresh("0123456789abcdef01234567.x")).state, "ended");
    assert.equal((await accounts.refresh("")).state, "ended");
    const next = await accounts.refresh(refresh);
    assert.equal(next.state, "renewed");
    assert.deepEqual(accounts.sessions("ann").map(({ id }) => id), [session]);
    assert.deepEqual([accounts.sessions("bob"), accounts.isOpen(session)], [[], true]);
    const other = await accounts.begin("ann", "browser");
    await accounts.setPassword("ann", "another good password", false, session);
    assert.deepEqual([accounts.isOpen(session), accounts.isOpen(other.session)], [true, false]);
    assert.equal(accounts.user("ann")!.must_change, false);
    await accounts.end(session);
    assert.equal(accounts.isOpen(session), false);
    assert.equal((await accounts.refresh(refresh)).state, "ended");
  }));
