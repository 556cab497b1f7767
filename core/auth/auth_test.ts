import assert from "node:assert/strict";
import { type Database, openDatabase } from "../platform/database.ts";
import { AppError } from "../platform/errors.ts";
import { TokenBuckets } from "../platform/limits/token_bucket.ts";
import { Accounts } from "./accounts.ts";
import { hashPassword } from "./passwords.ts";
import { may, type Right, type Role, type Scope } from "./rights.ts";
import { Tokens } from "./tokens.ts";

const PASSWORD = "correct horse battery";

async function withAccounts(
  run: (accounts: Accounts, clock: { now: number }, database: Database) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-auth-" });
  const database = openDatabase(`${folder}/legend.db`);
  const clock = { now: 1_700_000_000_000 };
  try {
    await run(new Accounts(database, () => clock.now, () => clock.now), clock, database);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const code = (error: unknown) => (error instanceof AppError ? error.code : String(error));
const refused = (expected: string) => (error: unknown) => code(error) === expected;

Deno.test("Accounts.first() makes one admin, once", () =>
  withAccounts(async (accounts) => {
    assert.equal(await accounts.first("admin", PASSWORD), true);
    assert.equal(await accounts.first("other", PASSWORD), false);
    assert.deepEqual(accounts.users().map(({ name, role, must_change }) => [name, role, must_change]), [[
      "admin",
      "admin",
      true,
    ]]);
  }));

Deno.test("Accounts.add() refuses a name in use and a short password", () =>
  withAccounts(async (accounts) => {
    await accounts.add("ann", "viewer", PASSWORD);
    await assert.rejects(accounts.add("ann", "viewer", PASSWORD), refused("conflict"));
    await assert.rejects(accounts.add("bob", "viewer", "short"), refused("invalid"));
  }));

Deno.test("M8: the first login is written by the one who makes the user, and undone with it", () =>
  withAccounts(async (accounts) => {
    await assert.rejects(
      accounts.first("admin", PASSWORD, () => {
        throw new Error("no disk");
      }),
      /no disk/,
    );
    assert.deepEqual(accounts.users(), [], "no user without its password on disk");
    const written: string[] = [];
    const made = await Promise.all(
      ["a", "b"].map((name) => accounts.first(name, PASSWORD, () => written.push(name))),
    );
    assert.deepEqual(made.filter(Boolean).length, 1);
    assert.deepEqual(written, accounts.users().map(({ name }) => name));
  }));

const renewed = (accounts: Accounts, token: string): string => {
  const found = accounts.refresh(token);
  assert.equal(found.state, "renewed");
  return found.state === "renewed" ? found.refresh : "";
};

Deno.test("Accounts.refresh() rotates; within the grace a late tab gets a conflict and the login continues", () =>
  withAccounts(async (accounts, clock) => {
    await accounts.add("ann", "admin", PASSWORD);
    const { session, refresh } = accounts.begin("ann", "test");
    const second = renewed(accounts, refresh);
    assert.notEqual(second, refresh);
    clock.now += 4_000;
    assert.equal(accounts.refresh(refresh).state, "late");
    assert.equal(accounts.isOpen(session), true);
    const third = renewed(accounts, second);
    assert.equal(accounts.isOpen(session), true);
    clock.now += 13 * 3_600_000;
    assert.equal(accounts.refresh(third).state, "ended", "a login ends by itself");
  }));

for (const generations of [1, 2, 3]) {
  Deno.test(`H6: a refresh token that was exchanged ${generations} times since ends the login`, () =>
    withAccounts(async (accounts, clock) => {
      await accounts.add("ann", "admin", PASSWORD);
      const { session, refresh } = accounts.begin("ann", "test");
      let theirs = refresh;
      for (let n = 0; n < generations; n++) theirs = renewed(accounts, theirs);
      clock.now += 6_000;
      assert.deepEqual(accounts.refresh(refresh), { state: "stolen", session, user: "ann" });
      assert.equal(accounts.isOpen(session), false);
      assert.equal(accounts.refresh(theirs).state, "ended", "and the thief's login has ended too");
    }));
}

Deno.test("H6: within the grace only the token before is late; an older one and a made-up one end the login", () =>
  withAccounts(async (accounts) => {
    await accounts.add("ann", "admin", PASSWORD);
    const first = accounts.begin("ann", "test");
    renewed(accounts, renewed(accounts, first.refresh));
    assert.equal(accounts.refresh(first.refresh).state, "stolen");
    const second = accounts.begin("ann", "test");
    assert.equal(accounts.refresh(`${second.session}.made-up`).state, "stolen");
    assert.equal(
      accounts.refresh("0123456789abcdef01234567.made-up").state,
      "ended",
      "a login that is not there",
    );
  }));

Deno.test("operator 10: a clock that is set back does not stretch the grace, not even over a restart", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-auth-" });
  const database = openDatabase(`${folder}/legend.db`);
  const [wall, steady] = [{ now: 1_700_000_000_000 }, { now: 5_000 }];
  const open = () => new Accounts(database, () => wall.now, () => steady.now);
  try {
    const accounts = open();
    await accounts.add("ann", "admin", PASSWORD);
    const { refresh } = accounts.begin("ann", "test");
    renewed(accounts, refresh);
    wall.now -= 3_600_000;
    steady.now += 4_000;
    assert.equal(accounts.refresh(refresh).state, "late");
    steady.now += 2_000;
    assert.equal(accounts.refresh(refresh).state, "stolen");
    const other = accounts.begin("ann", "test");
    renewed(accounts, other.refresh);
    assert.equal(open().refresh(other.refresh).state, "late", "in the same millisecond");
    wall.now += 4_999;
    assert.equal(open().refresh(other.refresh).state, "late");
    wall.now += 1;
    assert.equal(open().refresh(other.refresh).state, "stolen");
    const last = accounts.begin("ann", "test");
    renewed(accounts, last.refresh);
    wall.now -= 3_600_000;
    assert.equal(open().refresh(last.refresh).state, "stolen");
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Accounts by the system's own clocks: a token that was exchanged a moment ago is late, not stolen", () =>
  withAccounts(async (_, __, database) => {
    const accounts = new Accounts(database);
    await accounts.add("ann", "admin", PASSWORD);
    // A machine that stood still for seconds may say otherwise.
    for (let isSlow = true; isSlow;) {
      const begin = performance.now();
      const { refresh } = accounts.begin("ann", "test");
      renewed(accounts, refresh);
      const { state } = accounts.refresh(refresh);
      isSlow = performance.now() - begin > 4_000;
      if (!isSlow) assert.equal(state, "late");
    }
  }));

Deno.test("Accounts: a new password and a new role end logins; a new password can keep the one it came by", () =>
  withAccounts(async (accounts) => {
    await accounts.add("ann", "admin", PASSWORD);
    await accounts.add("bob", "admin", PASSWORD);
    const [kept, other] = [accounts.begin("ann", "a"), accounts.begin("ann", "b")];
    await accounts.setPassword("ann", "another good password", false, kept.session);
    assert.deepEqual([accounts.isOpen(kept.session), accounts.isOpen(other.session)], [true, false]);
    accounts.change("ann", { role: "admin", disabled: false });
    assert.equal(accounts.isOpen(kept.session), true, "nothing has changed");
    accounts.change("ann", { role: "viewer" });
    assert.equal(accounts.isOpen(kept.session), false);
    await assert.rejects(accounts.setPassword("eve", PASSWORD), refused("not_found"));
  }));

Deno.test("hashPassword() costs at least 2^14 rounds of scrypt", async () => {
  const [kind, N, r, p] = (await hashPassword(PASSWORD)).split("$");
  assert.equal(kind, "scrypt");
  assert.ok(Number(N) >= 16_384 && Number(r) >= 8 && Number(p) >= 1);
});

Deno.test("Accounts: the last admin cannot be made anything else, a disabled user has no login", () =>
  withAccounts(async (accounts) => {
    await accounts.add("ann", "admin", PASSWORD);
    assert.throws(() => accounts.change("ann", { role: "viewer" }), refused("conflict"));
    await accounts.add("bob", "admin", PASSWORD);
    const { session } = accounts.begin("bob", "test");
    accounts.change("bob", { disabled: true });
    assert.equal(accounts.isOpen(session), false);
    assert.equal(accounts.passwordOf("bob")!.user.disabled, true);
  }));

Deno.test("Accounts: a user who is not the last admin can be disabled and removed, also where no user is an admin", () =>
  withAccounts(async (accounts) => {
    await accounts.add("vic", "viewer", PASSWORD);
    accounts.change("vic", { disabled: true });
    assert.equal(accounts.user("vic")?.disabled, true);
    await accounts.add("ann", "admin", PASSWORD);
    await accounts.add("bob", "admin", PASSWORD);
    accounts.change("bob", { disabled: true });
    accounts.remove("bob");
    accounts.remove("vic");
    assert.throws(() => accounts.change("ann", { disabled: true }), refused("conflict"));
    assert.throws(() => accounts.remove("ann"), refused("conflict"));
    assert.deepEqual(accounts.users().map(({ name, disabled }) => [name, disabled]), [["ann", false]]);
  }));

Deno.test("Accounts.keyHolder() accepts a key until it expires or is revoked, and no altered one", () =>
  withAccounts((accounts, clock) => {
    const { id, key } = accounts.addKey("ci", ["read", "control"], "ann", clock.now + 1_000);
    assert.deepEqual(accounts.keyHolder(key)?.scopes, ["read", "control"]);
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === "a" ? "b" : "a";
      assert.equal(
        accounts.keyHolder(key.slice(0, at) + other + key.slice(at + 1)),
        undefined,
        `letter ${at}`,
      );
    }
    clock.now += 1_001;
    assert.equal(accounts.keyHolder(key), undefined);
    clock.now -= 1_001;
    accounts.revokeKey(id);
    assert.equal(accounts.keyHolder(key), undefined);
    return Promise.resolve();
  }));

Deno.test("Tokens.verify() takes its own token until it expires, and none of 1,000 mutated ones", async () => {
  const clock = { now: 1_700_000_000_000 };
  const options = { secret: "s".repeat(32), issuer: "i", audience: "a", now: () => clock.now };
  const tokens = new Tokens(options);
  const token = await tokens.sign("ann", "admin", "session");
  assert.equal((await tokens.verify(token, "bearer")).name, "ann");
  let state = 1;
  const random = (end: number) => (state = (state * 48_271) % 2_147_483_647) % end;
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  const bits = (text: string) =>
    text.split(".").map((part) => atob(part.replaceAll("-", "+").replaceAll("_", "/"))).join(".");
  for (let n = 0; n < 1_000; n++) {
    const at = random(token.length);
    const mutated = token.slice(0, at) + letters[random(letters.length)] + token.slice(at + random(2));
    let same = mutated === token;
    try {
      // The last letter of base64 has bits that mean nothing.
      same ||= bits(mutated) === bits(token);
    } catch {
      // Not base64 any more: another token.
    }
    if (!same) await assert.rejects(tokens.verify(mutated, "bearer"), refused("unauthorized"), mutated);
  }
  const none = `${btoa('{"alg":"none"}')}.${token.split(".")[1]}.`;
  await assert.rejects(tokens.verify(none, "bearer"), refused("unauthorized"));
  for (const other of [{ secret: "t".repeat(32) }, { issuer: "j" }, { audience: "b" }]) {
    await assert.rejects(
      new Tokens({ ...options, ...other }).verify(token, "bearer"),
      refused("unauthorized"),
    );
  }
  clock.now += 15 * 60_000 + 1_000;
  await assert.rejects(tokens.verify(token, "bearer"), refused("unauthorized"));
});

Deno.test("Tokens: a ticket opens one connection and nothing else", async () => {
  const tokens = new Tokens({ secret: "s".repeat(32), issuer: "i", audience: "a" });
  const ticket = await tokens.sign("ann", "viewer", "session", true);
  const { exp, iat } = JSON.parse(atob(ticket.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
  assert.equal(exp - iat, 30);
  await assert.rejects(tokens.verify(ticket, "bearer"), refused("unauthorized"));
  assert.equal((await tokens.verify(ticket, "ticket")).by, "ticket");
  await assert.rejects(tokens.verify(ticket, "ticket"), refused("unauthorized"));
  await assert.rejects(
    tokens.verify(await tokens.sign("ann", "viewer", "s"), "ticket"),
    refused("unauthorized"),
  );
});

Deno.test("may() gives each role and scope what the contract says", () => {
  const rights: Right[] = [
    "open",
    "self",
    "read",
    "metrics",
    "audit",
    "control",
    "jobs",
    "models",
    "config",
    "admin",
  ];
  const person = (role: Role) => ({ name: "x", role, scopes: [], by: "cookie" as const, expires: 0 });
  const key = (scope: Scope) => ({ name: "k", scopes: [scope], by: "key" as const, expires: 0 });
  const rows: [string, Parameters<typeof may>[0], string][] = [
    ["stranger", undefined, "open"],
    ["viewer", person("viewer"), "open self read metrics"],
    ["auditor", person("auditor"), "open self read metrics audit"],
    ["admin", person("admin"), rights.join(" ")],
    ["key read", key("read"), "open read metrics"],
    ["key control", key("control"), "open control"],
    ["key metrics", key("metrics"), "open metrics"],
    ["key config", key("config"), "open config"],
    ["key jobs", key("jobs"), "open jobs"],
    ["key models", key("models"), "open models"],
    [
      "master",
      { name: "master", scopes: [], master: true, by: "key", expires: 0 },
      "open read metrics audit control jobs models config admin",
    ],
  ];
  for (const [name, principal, expected] of rows) {
    assert.equal(rights.filter((right) => may(principal, right)).join(" "), expected, name);
  }
});

Deno.test("TokenBuckets.take() gives a burst, then its rate, to each by itself", () => {
  const clock = { now: 0 };
  const buckets = new TokenBuckets(10, 3, () => clock.now);
  assert.deepEqual([1, 2, 3, 4].map(() => buckets.take("a")), [0, 0, 0, 1]);
  assert.equal(buckets.take("b"), 0);
  clock.now += 100;
  assert.deepEqual([buckets.take("a"), buckets.take("a")], [0, 1]);
});

Deno.test("Tokens.verify(): what is remembered of a bearer does not vouch for a cookie", async () => {
  const tokens = new Tokens({ secret: "s".repeat(32), issuer: "i", audience: "a" });
  const token = await tokens.sign("ann", "viewer", "session");
  assert.equal((await tokens.verify(token, "bearer")).by, "bearer");
  assert.equal(tokens.known(token, "cookie"), undefined);
  assert.equal((await tokens.verify(token, "cookie")).by, "cookie");
});

Deno.test("Accounts.remove() ends a user with their logins, but never the last admin", () =>
  withAccounts(async (accounts) => {
    await accounts.first("admin", PASSWORD);
    await accounts.add("alice", "viewer", PASSWORD);
    const { session } = accounts.begin("alice", "test");
    assert.ok(accounts.isOpen(session));
    accounts.remove("alice");
    assert.equal(accounts.isOpen(session), false);
    assert.deepEqual(accounts.users().map(({ name }) => name), ["admin"]);
    assert.throws(() => accounts.remove("alice"), refused("not_found"));
    assert.throws(() => accounts.remove("admin"), refused("conflict"));
    assert.deepEqual(accounts.users().map(({ name, disabled }) => [name, disabled]), [["admin", false]]);
  }));

Deno.test("Accounts.remove() removes a user whole or not at all", () =>
  withAccounts(async (accounts, _, database) => {
    await accounts.first("admin", PASSWORD);
    await accounts.add("alice", "viewer", PASSWORD);
    const { session } = accounts.begin("alice", "test");
    database.exec("create trigger held before delete on users begin select raise(abort, 'held'); end");
    assert.throws(() => accounts.remove("alice"), /held/);
    assert.equal(accounts.user("alice")?.disabled, false);
    assert.equal(accounts.isOpen(session), true);
  }));

Deno.test("Accounts.rotateKey() gives a key of the same rights and ends the other at once", () =>
  withAccounts((accounts, clock) => {
    const old = accounts.addKey("grafana", ["read", "metrics"], "admin", clock.now + 1_000);
    const next = accounts.rotateKey(old.id, "local:0", clock.now + 9_000);
    assert.equal(accounts.keyHolder(old.key), undefined);
    assert.deepEqual(accounts.keyHolder(next.key)?.scopes, ["read", "metrics"]);
    assert.deepEqual(accounts.keys().map(({ label, created_by, revoked }) => [label, created_by, revoked]), [
      ["grafana", "admin", true],
      ["grafana", "local:0", false],
    ]);
    assert.throws(() => accounts.rotateKey(old.id, "local:0", clock.now + 9_000), refused("conflict"));
    assert.throws(() => accounts.rotateKey("nothing", "local:0", clock.now + 9_000), refused("not_found"));
    return Promise.resolve();
  }));
