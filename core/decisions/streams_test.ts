import assert from "node:assert/strict";
import type { Principal } from "../auth/rights.ts";
import { Accounts } from "../auth/accounts.ts";
import { openDatabase } from "../platform/database.ts";
import { holdsBy, type StreamEnd, Streams } from "./streams.ts";

const PASSWORD = "correct horse battery";

const person = (name: string, role: "admin" | "viewer", session: string, expires: number): Principal => ({
  name,
  role,
  scopes: [],
  by: "cookie",
  session,
  expires,
});

Deno.test("M3: a stream ends with its login, its user, its role, its key and its token, and others stay", async () => {
  const folder = await Deno.makeTempDir();
  const database = openDatabase(`${folder}/legend.db`);
  try {
    let now = 1_000_000_000_000;
    const accounts = new Accounts(database, () => now);
    const streams = new Streams(holdsBy(accounts, () => now));
    const ends: [string, number][] = [];
    const later = now / 1000 + 1_000;
    const open = (label: string, principal: Principal) =>
      streams.open("events", principal, ({ code }: StreamEnd) => ends.push([label, code]));
    await accounts.add("boss", "admin", PASSWORD, false);
    for (const name of ["a", "b", "c", "d"]) await accounts.add(name, "viewer", PASSWORD, false);
    const session = (name: string) => accounts.begin(name, "t").session;
    const [one, two] = [session("a"), session("a")];
    open("logout", person("a", "viewer", one, later));
    open("stays", person("a", "viewer", two, later));
    open("disabled", person("b", "viewer", session("b"), later));
    open("role", person("c", "viewer", session("c"), later));
    open("expiry", person("d", "viewer", session("d"), now / 1000 + 5));
    const key = accounts.addKey("k", ["read"], "boss", now + 1e6);
    open("key", accounts.keyHolder(key.key)!);
    open("master", { name: "master", scopes: [], master: true, by: "key", expires: Number.MAX_SAFE_INTEGER });
    streams.check();
    assert.deepEqual(ends, []);
    accounts.end(one);
    accounts.change("b", { disabled: true });
    accounts.change("c", { role: "admin" });
    accounts.revokeKey(key.id);
    streams.check();
    assert.deepEqual(ends.splice(0), [["logout", 4403], ["disabled", 4403], ["role", 4403], ["key", 4403]]);
    now += 5_000;
    streams.check();
    assert.deepEqual(ends.splice(0), [["expiry", 4401]]);
    streams.check();
    assert.deepEqual(ends, [], "an end is reported once");
    assert.equal(streams.count("events"), 2);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("M3: a key whose time is over ends its streams", async () => {
  const folder = await Deno.makeTempDir();
  const database = openDatabase(`${folder}/legend.db`);
  try {
    let now = 1_000_000_000_000;
    const accounts = new Accounts(database, () => now);
    const streams = new Streams(holdsBy(accounts, () => now));
    const { key } = accounts.addKey("k", ["read"], "boss", now + 2_000);
    const ends: StreamEnd[] = [];
    streams.open("websocket", accounts.keyHolder(key)!, (why) => ends.push(why));
    streams.check();
    assert.deepEqual(ends, []);
    now += 2_001;
    streams.check();
    assert.deepEqual(ends.map(({ code }) => code), [4401]);
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Streams bounds each principal and all together, by kind, and gives places back", () => {
  const streams = new Streams(() => null);
  const who = (name: string) => person(name, "viewer", name, 9e9);
  const given = Array.from({ length: 16 }, () => streams.open("events", who("a"), () => {}));
  assert.throws(() => streams.open("events", who("a"), () => {}), /16 of your streams/);
  streams.open("websocket", who("a"), () => {});
  streams.open("events", who("b"), () => {});
  given[0]![Symbol.dispose]();
  streams.open("events", who("a"), () => {});
  const master: Principal = { name: "master", scopes: [], master: true, by: "key", expires: 9e9 };
  for (let n = streams.count("events"); n < 500; n++) streams.open("events", master, () => {});
  assert.throws(() => streams.open("events", who("c"), () => {}), /500 streams are open/);
  assert.throws(() => streams.open("events", master, () => {}), /500 streams are open/);
});
