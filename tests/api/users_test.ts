/** What may be done to users, and which of it is in the audit. */
import assert from "node:assert/strict";
import { bearer, withServer } from "./server.ts";

Deno.test("no user is added under a name that the audit uses for what is not a user", () =>
  withServer(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    const add = async (name: string) =>
      (await call("POST", "/api/users", {
        headers,
        body: { name, role: "viewer", password: "a long password" },
      })).status;
    for (const name of ["master", "legend", "others", "key:0011", "local:0", "schedule:x"]) {
      assert.equal(await add(name), 422, name);
      assert.equal(deps.accounts.user(name), undefined);
    }
    assert.equal(await add("masters"), 201);
  }));

Deno.test("what is refused of users and keys is not in the audit, what is done is", () =>
  withServer(async ({ call, person, deps }) => {
    const admin = await person("admin");
    const headers = bearer(admin.token);
    const ask = async (method: string, path: string, body?: unknown) =>
      (await call(method, path, { headers, ...(body ? { body } : {}) })).status;
    const made = () =>
      deps.chain.list().filter(({ action }) => /^(user|key) /.test(action))
        .map(({ action, detail, who }) => `${who === admin.name} ${action} ${detail}`).reverse();
    const password = "a long password";
    for (const user of deps.accounts.users()) {
      if (user.name !== admin.name) await deps.accounts.change(user.name, { role: "viewer" });
    }
    const before = made().length;
    assert.equal(await ask("PATCH", `/api/users/${admin.name}`, { disabled: true }), 409);
    assert.equal(await ask("PATCH", "/api/users/stranger", { role: "viewer" }), 404);
    assert.equal(await ask("POST", "/api/users", { name: admin.name, role: "viewer", password }), 409);
    assert.equal(await ask("DELETE", "/api/keys/000000000000"), 404);
    assert.equal(made().length, before);
    assert.equal(await ask("POST", "/api/users", { name: "zoe", role: "viewer", password }), 201);
    assert.equal(await ask("PATCH", "/api/users/zoe", { role: "auditor" }), 200);
    assert.equal(await ask("PATCH", "/api/users/zoe", {}), 422);
    assert.deepEqual(made().slice(before), [
      "true user added zoe, viewer",
      'true user changed zoe {"role":"auditor"}',
    ]);
  }));
