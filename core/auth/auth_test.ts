import assert from "node:assert/strict";
import { openDatabase } from "../database.ts";
import { AppError } from "../errors.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { Accounts } from "./accounts.ts";
import { may, type Right, type Role, type Scope } from "./rights.ts";
import { Tokens } from "./tokens.ts";

const PASSWORD = "correct horse battery";

async function withAccounts(
  run: (accounts: Accounts, clock: { now: number }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-auth-" });
  const database = openDatabase(`${folder}/legend.db`);
  const clock = { now: 1_700_000_000_000 };
  try {
    await run(new Accounts(database, () => clock.now), clock);
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

Deno.test("Accounts.check() takes the right password and locks a name after five wrong ones", () =>
  withAccounts(async (accounts, clock) => {
    await accounts.add("ann", "viewer", PASSWORD);
    assert.equal((await accounts.check("ann", PASSWORD)).role, "viewer");
    for (let n = 0; n < 5; n++) await assert.rejects(accounts.check("ann", "wrong"), refused("unauthorized"));
    await assert.rejects(accounts.check("ann", PASSWORD), refused("rate_limited"));
    clock.now += 61_000;
    assert.equal((await accounts.check("ann", PASSWORD)).name, "ann");
    await assert.rejects(accounts.check("nobody", PASSWORD), refused("unauthorized"));
    await assert.rejects(accounts.add("ann", "viewer", PASSWORD), refused("conflict"));
    await assert.rejects(accounts.add("bob", "viewer", "short"), refused("invalid"));
  }));

Deno.test("Accounts.refresh() rotates, and a token used again ends the whole login", () =>
  withAccounts(async (accounts, clock) => {
    await accounts.add("ann", "admin", PASSWORD);
    const { session, refresh } = accounts.begin("ann", "test");
    const second = accounts.refresh(refresh);
    assert.notEqual(second.refresh, refresh);
    // Two tabs at the same moment: the late one is refused, the login goes on.
    assert.throws(() => accounts.refresh(refresh), refused("unauthorized"));
    const third = accounts.refresh(second.refresh);
    clock.now += 10_000;
    assert.throws(() => accounts.refresh(second.refresh), refused("unauthorized"));
    assert.equal(accounts.takeReuse(), session);
    assert.throws(() => accounts.refresh(third.refresh), refused("unauthorized"));
    assert.equal(accounts.isOpen(session), false);
  }));

Deno.test("Accounts: the last admin cannot be made anything else, a disabled user has no login", () =>
  withAccounts(async (accounts) => {
    await accounts.add("ann", "admin", PASSWORD);
    assert.throws(() => accounts.change("ann", { role: "viewer" }), refused("conflict"));
    await accounts.add("bob", "admin", PASSWORD);
    const { session } = accounts.begin("bob", "test");
    accounts.change("bob", { disabled: true });
    assert.equal(accounts.isOpen(session), false);
    await assert.rejects(accounts.check("bob", PASSWORD), refused("unauthorized"));
  }));

Deno.test("Accounts.keyHolder() knows a key until it expires or is revoked, and no altered one", () =>
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
  await assert.rejects(tokens.verify(ticket, "bearer"), refused("unauthorized"));
  assert.equal((await tokens.verify(ticket, "ticket")).by, "ticket");
  await assert.rejects(tokens.verify(ticket, "ticket"), refused("unauthorized"));
  await assert.rejects(
    tokens.verify(await tokens.sign("ann", "viewer", "s"), "ticket"),
    refused("unauthorized"),
  );
});

Deno.test("may() gives each role and scope what the contract says", () => {
  const rights: Right[] = ["open", "self", "read", "metrics", "audit", "control", "config", "admin"];
  const person = (role: Role) => ({ name: "x", role, scopes: [], by: "cookie" as const, expires: 0 });
  const key = (scope: Scope) => ({ name: "k", scopes: [scope], by: "key" as const, expires: 0 });
  const rows: [string, Parameters<typeof may>[0], string][] = [
    ["nobody", undefined, "open"],
    ["viewer", person("viewer"), "open self read metrics"],
    ["auditor", person("auditor"), "open self read metrics audit"],
    ["admin", person("admin"), rights.join(" ")],
    ["key read", key("read"), "open read metrics"],
    ["key control", key("control"), "open control"],
    ["key metrics", key("metrics"), "open metrics"],
    ["key config", key("config"), "open config"],
    [
      "master",
      { name: "master", scopes: [], master: true, by: "key", expires: 0 },
      "open read metrics audit control config admin",
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
