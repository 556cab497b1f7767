import assert from "node:assert/strict";
import type { Act } from "./entry.ts";
import { Refusals } from "./refusals.ts";

const refusal = (who: string, address: string) => ({
  who,
  action: "login refused",
  what: "unauthorized",
  address,
});

function collected(fails = { now: false }) {
  const written: Act[][] = [];
  const logged: string[] = [];
  const refusals = new Refusals({
    write: (acts) => {
      if (fails.now) return Promise.reject(new Error("Cannot write: the disk is full"));
      written.push([...acts]);
      return Promise.resolve();
    },
    say: (line) => logged.push(line),
  });
  return { refusals, written, said: logged };
}

const total = (acts: readonly Act[]) =>
  acts.reduce(
    (sum, { detail }) => sum + Number(/(\d+) times$/.exec(detail)?.[1] ?? (/once$/.test(detail) ? 1 : NaN)),
    0,
  );

Deno.test("M1: refusals of one name and address are one entry with a count", async () => {
  const { refusals, written } = collected();
  for (let n = 0; n < 591; n++) refusals.add(refusal("admin", "192.0.2.1"));
  refusals.add(refusal("bob", "192.0.2.1"));
  await refusals.flush();
  await refusals.flush();
  assert.equal(written.length, 1, "nothing new, nothing written");
  assert.deepEqual(written[0]!.map(({ who, action, detail }) => [who, action, detail]), [
    ["admin", "login refused", "unauthorized, from 192.0.2.1, 591 times"],
    ["bob", "login refused", "unauthorized, from 192.0.2.1, once"],
  ]);
});

Deno.test("M1: many names and addresses are few entries, and every refusal is counted in one of them", async () => {
  const { refusals, written } = collected();
  for (let n = 0; n < 10_000; n++) refusals.add(refusal(`name${n}`, `192.0.2.${n % 250}`));
  await refusals.flush();
  assert.equal(written[0]!.length, 17);
  assert.deepEqual(
    written[0]!.filter(({ who }) => who === "others").map(({ detail }) => detail),
    ["of other names or for other reasons, from all addresses, 9984 times"],
  );
  assert.equal(total(written[0]!), 10_000);
  const one = collected();
  for (let n = 0; n < 1_000; n++) one.refusals.add(refusal(`name${n}`, "192.0.2.1"));
  await one.refusals.flush();
  assert.equal(one.written[0]!.length, 17);
  assert.equal(total(one.written[0]!), 1_000);
});

Deno.test("M1: entries caused by strangers leave room for refusals of logged-in users", async () => {
  const { refusals, written } = collected();
  const refused = (who: string, address: string) => ({ who, action: "refused", what: "POST /x", address });
  for (let n = 0; n < 250; n++) {
    refusals.add(refusal(`name${n}`, `192.0.2.${n}`));
    refusals.add(refused(`192.0.2.${n}`, `192.0.2.${n}`));
  }
  for (let n = 0; n < 40; n++) refusals.add(refused(`user${n}`, `198.51.100.${n}`));
  await refusals.flush();
  const names = written[0]!.map(({ who }) => who);
  assert.equal(names.filter((who) => who.startsWith("user")).length, 40);
  assert.equal(names.filter((who) => !who.startsWith("user")).length, 16 + 2);
  assert.equal(total(written[0]!), 540);
});

Deno.test("M1: a household's IPv6 addresses have the entries of one address", async () => {
  const { refusals, written } = collected();
  const refused = (n: number, network: string) =>
    refusals.add({
      who: `user${n}`,
      action: "refused",
      what: "POST /x",
      address: `2001:db8:0:${network}::${n}`,
    });
  for (let n = 1; n <= 100; n++) refused(n, "7");
  refused(1, "8");
  await refusals.flush();
  assert.equal(written[0]!.length, 16 + 1 + 1);
  assert.ok(
    written[0]!.some(({ detail }) => detail.endsWith("from 2001:db8:0:7::/64, 84 times")),
    JSON.stringify(written[0]),
  );
});

Deno.test("M1: what cannot be written is reported once, counted further, and written when possible", async () => {
  const fails = { now: true };
  const { refusals, written, said: logged } = collected(fails);
  for (let round = 0; round < 3; round++) {
    refusals.add(refusal("admin", "192.0.2.1"));
    await refusals.flush();
  }
  assert.deepEqual([written, logged], [[], ["Cannot write: the disk is full"]]);
  fails.now = false;
  await refusals.flush();
  assert.equal(total(written[0]!), 3);
});
