import assert from "node:assert/strict";
import { openDatabase } from "../platform/database.ts";
import { Accounts } from "./accounts.ts";
import { lostRight } from "./issuer.ts";

Deno.test("H7: lostRight() asks the accounts as they are now: keys that were revoked or ran out, users that went, changed or were disabled", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-issuer-" });
  const database = openDatabase(`${folder}/legend.db`);
  try {
    const clock = { now: 1_700_000_000_000 };
    const accounts = new Accounts(database, () => clock.now);
    const lost = (issuer: string) => lostRight(accounts, issuer, "models");
    for (const always of ["master", "local:0", "local:1000", "schedule:nightly"]) {
      assert.equal(lost(always), null);
    }

    const key = (scopes: ("jobs" | "models")[], expiresMs = clock.now + 60_000) =>
      `key:${accounts.addKey("k", scopes, "admin", expiresMs).id}`;
    const [both, jobs, short] = [key(["jobs", "models"]), key(["jobs"]), key(["models"], clock.now + 1_000)];
    assert.deepEqual([lost(both), lost(short)], [null, null]);
    assert.equal(lost(jobs), `${jobs} no longer has the right \`models\``);
    clock.now += 1_001;
    assert.equal(lost(short), `${short} is no longer valid here`);
    assert.equal(lost("key:000000000000"), "key:000000000000 is no longer valid here");
    accounts.revokeKey(both.slice(4));
    assert.equal(lost(both), `${both} is no longer valid here`);

    accounts.insert("root", "admin", "x", false);
    accounts.insert("ann", "admin", "x", false);
    assert.equal(lost("ann"), null);
    accounts.change("ann", { role: "auditor" });
    assert.equal(lost("ann"), "ann no longer has the right `models`");
    accounts.change("ann", { role: "admin", disabled: true });
    assert.equal(lost("ann"), "ann was disabled");
    assert.equal(lost("eve"), "eve no longer has an account here");
    // A user of the master key's name has the rights of a user.
    accounts.insert("master", "viewer", "x", false);
    assert.equal(lost("master"), "master no longer has the right `models`");
    // Names that only look like those that may everything.
    for (const odd of ["masters", "local", "schedule", "key:", ""]) assert.notEqual(lost(odd), null, odd);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});
