import assert from "node:assert/strict";
import { AppError } from "../platform/errors.ts";
import { FairQueue } from "../platform/limits/fair_queue.ts";
import type { User } from "./accounts.ts";
import { DeviceTokens } from "./device.ts";
import { checksAtOnce, LoginGate } from "./login_gate.ts";
import { hashPassword } from "./passwords.ts";
import { delay } from "../platform/delay.ts";

const PASSWORD = "correct horse battery";
const hash = await hashPassword(PASSWORD);
const ann: User = { name: "ann", role: "admin", must_change: false, created_ms: 0, disabled: false };

/** A gate that knows ann, and off, who is disabled; `known`: where ann has logged in. */
function gate(known: string[] = [], waitMs = Infinity, pause?: () => Promise<void>) {
  const clock = { now: 0 };
  const made = new LoginGate({
    passwordOf: (name) =>
      name === "ann"
        ? { user: ann, hash }
        : name === "off"
        ? { user: { ...ann, name, disabled: true }, hash }
        : undefined,
    hasLoggedIn: (name, address) => name === "ann" && known.includes(address),
    now: () => clock.now,
    holdMs: 5,
    waitMs,
    ...(pause ? { pause } : {}),
  });
  const code = (name: string, password: string, address: string, device?: string) =>
    made.check(name, password, { address, ...(device ? { device } : {}) }).then(
      (user) => user.name,
      (error) => error instanceof AppError ? error.code : String(error),
    );
  return { code, clock };
}

const times = async (count: number, call: () => Promise<string>) => {
  const codes: string[] = [];
  for (let n = 0; n < count; n++) codes.push(await call());
  return codes;
};

Deno.test("LoginGate: a name that does not exist costs a look at a password as well", async () => {
  let shortest = Infinity;
  for (const name of ["stranger", "off", "ann"]) {
    const { code } = gate();
    const begin = performance.now();
    assert.equal(await code(name, "wrong", "192.0.2.1"), "unauthorized");
    shortest = Math.min(shortest, performance.now() - begin);
  }
  // 2^14 rounds of scrypt take tens of milliseconds on any machine, no look takes none.
  assert.ok(shortest > 5, `${shortest} ms`);
});

Deno.test("checksAtOnce() leaves a small host a processor", () =>
  assert.deepEqual([1, 2, 3, 4, 64].map(checksAtOnce), [1, 1, 2, 2, 2]));

Deno.test("LoginGate: the right password logs in, and right ones are never too many", async () => {
  const { code } = gate();
  assert.deepEqual(new Set(await times(25, () => code("ann", PASSWORD, "192.0.2.1"))), new Set(["ann"]));
  assert.equal(await code("off", PASSWORD, "192.0.2.1"), "unauthorized");
});

Deno.test("M1: names that exist and names that do not get the same answers, one after the other and at once", async () => {
  for (const inTurn of [true, false]) {
    const answers = await Promise.all(["ann", "off", "stranger"].map((name) => {
      const { code } = gate();
      const call = () => code(name, "wrong", "192.0.2.1");
      return inTurn ? times(30, call) : Promise.all(Array.from({ length: 30 }, call));
    }));
    assert.deepEqual(answers[0], answers[2]);
    assert.deepEqual(answers[1], answers[2]);
    // However many come at once: each was counted before it was judged.
    assert.equal(answers[0]!.filter((one) => one === "unauthorized").length, 5);
    assert.equal(answers[0]!.filter((one) => one === "rate_limited").length, 25);
  }
});

Deno.test("operator 22: wrong passwords at one address lock no one out at another", async () => {
  const { code, clock } = gate();
  await times(30, () => code("ann", "wrong", "192.0.2.1"));
  assert.equal(await code("ann", PASSWORD, "192.0.2.1"), "rate_limited");
  assert.equal(await code("ann", PASSWORD, "192.0.2.2"), "ann");
  clock.now += 60_000;
  assert.equal(
    await code("ann", PASSWORD, "192.0.2.1"),
    "ann",
    "a minute later the address has attempts again",
  );
});

Deno.test("M1: an address that tries many names is refused, and another one is not", async () => {
  const { code } = gate();
  let n = 0;
  const codes = await times(40, () => code(`name${n++}`, "wrong", "192.0.2.1"));
  assert.equal(codes.filter((one) => one === "unauthorized").length, 20);
  assert.equal(await code("ann", PASSWORD, "192.0.2.1"), "rate_limited", "ann was never here before");
  assert.equal(await code("ann", PASSWORD, "192.0.2.9"), "ann");
});

Deno.test("M1: strangers at the same address lock out neither a known browser nor a known name", async () => {
  const hold = { isLong: false };
  const { code } = gate(
    ["192.0.2.1"],
    Infinity,
    () => hold.isLong ? new Promise(() => {}) : Promise.resolve(),
  );
  let n = 0;
  await times(40, () => code(`name${n++}`, "wrong", "192.0.2.1"));
  assert.equal(
    await code("ann", "wrong", "192.0.2.1"),
    "rate_limited",
    "what is wrong is answered as anything from here",
  );
  hold.isLong = true;
  assert.equal(await code("ann", PASSWORD, "192.0.2.1"), "ann");
  hold.isLong = false;
  await times(30, () => code("ann", "wrong", "192.0.2.1"));
  assert.equal(await code("ann", PASSWORD, "192.0.2.1"), "rate_limited", "her name here is used up");
  assert.equal(await code("ann", PASSWORD, "192.0.2.1", "d1"), "ann", "her browser is not");
  const counts = [...Array(10).fill("unauthorized"), ...Array(5).fill("rate_limited")];
  assert.deepEqual(await times(15, () => code("ann", "wrong", "192.0.2.1", "d1")), counts);
  assert.equal(await code("ann", PASSWORD, "192.0.2.1", "d2"), "ann");
});

Deno.test("M1: when an address has used up its attempts, a name that logs in from there is refused like any other", async () => {
  const ends: (() => void)[] = [];
  const hold = { isLong: false };
  const { code } = gate(
    ["192.0.2.1"],
    Infinity,
    () => hold.isLong ? new Promise((resolve) => ends.push(resolve)) : Promise.resolve(),
  );
  let n = 0;
  await times(40, () => code(`name${n++}`, "wrong", "192.0.2.1"));

  // Not later: its check takes a while, its refusal does not.
  const order: string[] = [];
  const report = (name: string) =>
    code(name, "wrong", "192.0.2.1").then((answer) => order.push(`${name} ${answer}`));
  await Promise.all(["ann", "stranger"].map(report));
  assert.deepEqual(order, ["ann rate_limited", "stranger rate_limited"]);

  // Not sooner: its check is done, as others are that came after it, and it waits like the others.
  hold.isLong = true;
  const both = Promise.all(["ann", "stranger"].map(report));
  const [endOfAnn, endOfUnknown] = ends;
  for (let m = 0; m < 3; m++) assert.equal(await code("ann", PASSWORD, "192.0.2.1"), "ann");
  assert.equal(order.length, 2);
  endOfUnknown!();
  endOfAnn!();
  await both;
  assert.deepEqual(order.slice(2).toSorted(), ["ann rate_limited", "stranger rate_limited"]);
});

Deno.test("LoginGate: a thousand refusals are held back at once, one more is given at once", async () => {
  const holds: (() => void)[] = [];
  const { code } = gate([], Infinity, () => new Promise((resolve) => holds.push(resolve)));
  // The address has used up what it has; each further attempt is a refusal.
  let n = 0;
  await times(20, () => code(`name${n++}`, "wrong", "192.0.2.1"));
  const held = Array.from({ length: 1_000 }, () => code("stranger", "wrong", "192.0.2.1"));
  assert.equal(holds.length, 1_000);
  assert.equal(await code("stranger", "wrong", "192.0.2.1"), "rate_limited");
  assert.equal(holds.length, 1_000);
  for (const end of holds) end();
  assert.deepEqual(new Set(await Promise.all(held)), new Set(["rate_limited"]));
  const next = code("stranger", "wrong", "192.0.2.1");
  assert.equal(holds.length, 1_001, "there is room again");
  holds.at(-1)!();
  assert.equal(await next, "rate_limited");
});

Deno.test("M1: an attempt that would wait for too long is refused, whatever its name", async () => {
  const { code } = gate([], 0);
  const answers = await Promise.all([
    code("stranger", "wrong", "192.0.2.1"),
    ...["ann", "stranger", "off"].map((name, n) => code(name, "wrong", `192.0.2.${n + 2}`)),
  ]);
  // The first is judged; with two checks at once the second too. None waits for more than no time.
  assert.equal(answers[0], "unauthorized");
  assert.deepEqual(answers.slice(2), ["rate_limited", "rate_limited"]);
});

Deno.test("M1: a known browser's attempt is judged, however long the checks of strangers take", async () => {
  const { code } = gate([], 0);
  const strangers = Promise.all([1, 2, 3].map((n) => code("stranger", "wrong", `192.0.2.${n}`)));
  assert.equal(await code("ann", PASSWORD, "192.0.2.9", "d1"), "ann");
  await strangers;
});

Deno.test("DeviceMarks.idOf() knows its own mark for its own name, and nothing else", () => {
  const tokens = new DeviceTokens("s".repeat(32));
  const token = tokens.make("ann");
  const id = tokens.idOf(token, "ann");
  assert.match(id!, /^[0-9a-f]{24}$/);
  assert.notEqual(tokens.idOf(tokens.make("ann"), "ann"), id);
  assert.equal(tokens.idOf(token, "bob"), undefined);
  assert.equal(new DeviceTokens("t".repeat(32)).idOf(token, "ann"), undefined);
  const odd = [
    "",
    "a.b.c",
    token.slice(1),
    `${token}x`,
    token.replace(/^./, (c) => c === "0" ? "1" : "0"),
    "x".repeat(9_999),
  ];
  for (const other of [undefined, ...odd]) assert.equal(tokens.idOf(other, "ann"), undefined, String(other));
});

Deno.test("FairQueue: lanes take turns, a full lane is refused, and those that go first go first", async () => {
  const queue = new FairQueue({ atOnce: 1, laneMax: 3, waitingMax: 5, waitMaxMs: Infinity });
  const order: string[] = [];
  const gates: (() => void)[] = [];
  const work = (name: string) => () => {
    order.push(name);
    return new Promise<void>((resolve) => gates.push(resolve));
  };
  const done = [queue.run("a", work("a1")), queue.run("a", work("a2")), queue.run("a", work("a3"))];
  assert.ok(queue.run("a", work("a4")));
  assert.equal(await queue.run("a", work("a5")), null, "a has its share");
  done.push(queue.run("b", work("b1")));
  done.push(queue.run("c", work("c1"), true));
  assert.equal(await queue.run("d", work("d1")), null, "enough waits in all");
  while (order.length < 6) {
    gates.at(-1)!();
    await delay(0);
  }
  gates.at(-1)!();
  await Promise.all(done);
  assert.deepEqual(order, ["a1", "c1", "a2", "b1", "a3", "a4"]);
});

/** A queue with a clock of its own; what it started, and how to end the oldest of that. */
function clocked(waitMaxMs: number) {
  const clock = { now: 0 };
  const started: string[] = [];
  const gates: (() => void)[] = [];
  const queue = new FairQueue({ atOnce: 1, laneMax: 99, waitingMax: 99, waitMaxMs }, () => clock.now);
  const run = (name: string, goesFirst = false) =>
    queue.run(name, () => {
      started.push(name);
      return new Promise<string>((resolve) => gates.push(() => resolve(name)));
    }, goesFirst);
  const endAfter = (ms: number) => {
    clock.now += ms;
    gates.shift()!();
  };
  return { run, started, endAfter };
}

Deno.test("FairQueue: what would wait for longer than it may is refused at once; what goes first is heard, however long it waits", async () => {
  const { run, started, endAfter } = clocked(150);
  const first = run("a");
  endAfter(400);
  assert.equal(await first, "a");
  // One took 400 ms, of which a quarter counts: two that are there take 200 ms.
  const [second, third] = [run("b"), run("c")];
  assert.equal(await run("d"), null);
  const known = run("known", true);
  assert.equal(await run("e"), null);
  endAfter(151);
  assert.equal(await second, "b");
  endAfter(0);
  assert.equal(await known, "known");
  // The turn of the third one came too late.
  assert.equal(await third, null);
  assert.deepEqual(started, ["a", "b", "known"]);
});

Deno.test("FairQueue: what waited for longer than it may is refused when its turn comes, and never started", async () => {
  const { run, started, endAfter } = clocked(200);
  const [first, late] = [run("a"), run("late")];
  endAfter(201);
  assert.equal(await first, "a");
  assert.equal(await late, null);
  const after = run("c");
  endAfter(0);
  assert.equal(await after, "c");
  assert.deepEqual(started, ["a", "c"]);
});
