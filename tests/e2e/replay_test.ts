/** `legend replay` against the labels of program-executed blocks and the facts of a real one. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lines, shared, skipShared } from "./executable.ts";
import { replay, type ReplayEvent } from "./replay.ts";

interface Label {
  id: string;
  kind: string;
  ok?: boolean;
  sig: string;
  dex: string;
  dexes?: string[];
  pool: string;
  front: string[];
  back: string[];
  tips: string[];
  links: string[];
  profit_lamports: string | null;
  victim_loss: { sig: string; loss: string }[];
}

const BLOCK = "blocks/slot_285000037.json.zst";
const EXECUTED = ["executed/blocks", "--accounts", "executed/accounts_start.ndjson.zst"];
const REEXECUTED = ["RaydiumV4", "RaydiumCPMM"];

const executed = () => replay(EXECUTED.map((arg) => (arg.startsWith("--") ? arg : shared(arg))));
const labels = async () => lines<Label>(await Deno.readTextFile(shared("executed/labels.ndjson")));
const key = ({ pool, front, back }: { pool: string; front: string[]; back: string[] }) =>
  JSON.stringify([pool, [...front].sort(), [...back].sort()]);

Deno.test("replay of a real block twice gives the same bytes, whose hash a script recomputes", {
  ignore: skipShared,
}, async () => {
  const [first, second] = [await replay([shared(BLOCK)]), await replay([shared(BLOCK)])];
  assert.equal(first.text, second.text);
  const hash = createHash("sha256");
  for (const { envelope } of first.events) hash.update(envelope, "base64");
  assert.equal(first.summary.sha256, hash.digest("hex"));
  assert.deepEqual([first.summary.events, first.summary.transactions], [first.events.length, 557]);
});

Deno.test("replay of the real block finds its three paying arbitrages and no sandwich above tier C", {
  ignore: skipShared,
}, async () => {
  const { events } = await replay([shared(BLOCK)]);
  const paying = events.filter(({ kind, net_lamports }) => kind === "arbitrage" && Number(net_lamports) > 0);
  assert.deepEqual(paying.map(({ net_lamports }) => net_lamports), ["47512", "99569", "75540"]);
  const sandwiches = events.filter(({ kind }) => kind !== "arbitrage");
  assert.ok(sandwiches.length > 0);
  assert.deepEqual(sandwiches.filter(({ tier }) => tier !== "C"), []);
  assert.ok(sandwiches.every(({ envelope }) => envelope === ""), "tier C is not published");
});

Deno.test("replay gives every re-executed sandwich tier A with the label's net and losses", {
  ignore: skipShared,
}, async () => {
  const { events } = await executed();
  const byKey = new Map(
    events.filter(({ kind }) => kind !== "arbitrage").map((event) => [key(event), event]),
  );
  const expected = (await labels()).filter(({ kind, dex }) =>
    kind.endsWith("sandwich") && REEXECUTED.includes(dex)
  );
  assert.equal(expected.length, 61);
  for (const label of expected) {
    const event = byKey.get(key(label));
    assert.ok(event, `${label.id} was not found`);
    assert.deepEqual(
      { kind: event.kind, tier: event.tier, net: event.net_lamports, tips: event.tips, links: event.links },
      { kind: label.kind, tier: "A", net: label.profit_lamports, tips: label.tips, links: label.links },
      label.id,
    );
    const losses = Object.fromEntries(event.victim_losses.map(({ signature, loss }) => [signature, loss]));
    assert.deepEqual(
      losses,
      Object.fromEntries(label.victim_loss.map(({ sig, loss }) => [sig, loss])),
      label.id,
    );
  }
});

Deno.test(
  "replay gives no negative tier A, and nothing tier A that is not labelled",
  { ignore: skipShared },
  async () => {
    const { events } = await executed();
    const all = await labels();
    const positive = new Set(all.filter(({ kind }) => kind.endsWith("sandwich")).map(key));
    type Pair = { front: string; back: string; pool: string };
    const ambiguous = lines<Pair>(await Deno.readTextFile(shared("executed/ambiguous.ndjson")));
    const isAmbiguous = (event: ReplayEvent) =>
      ambiguous.some(({ front, back, pool }) =>
        pool === event.pool && event.front.includes(front) && event.back.includes(back)
      );
    const tierA = events.filter(({ tier }) => tier === "A");
    assert.ok(tierA.length >= 61);
    assert.deepEqual(tierA.filter((event) => !positive.has(key(event)) && !isAmbiguous(event)), []);
    assert.equal(all.filter(({ kind, dex }) => kind === "negative" && REEXECUTED.includes(dex)).length, 89);
  },
);

Deno.test("replay finds the landed arbitrages with exact net and none of the failed ones", {
  ignore: skipShared,
}, async () => {
  const { events } = await executed();
  const net = new Map(
    events.filter(({ kind }) => kind === "arbitrage").map((
      event,
    ) => [event.signatures.length ? event.signatures[0] : "", event]),
  );
  const arbitrages = (await labels()).filter(({ kind }) => kind === "arbitrage");
  const landed = arbitrages.filter(({ ok, dexes }) => ok && !dexes!.some((dex) => dex.includes("DAMM")));
  assert.equal(landed.length, 42);
  for (const { sig, profit_lamports } of landed) {
    const event = net.get(sig);
    assert.ok(event, sig);
    if (profit_lamports !== null) assert.equal(event.net_lamports, profit_lamports, sig);
  }
  const failed = arbitrages.filter(({ ok }) => !ok);
  assert.equal(failed.length, 18);
  assert.deepEqual(failed.filter(({ sig }) => net.has(sig)), []);
});

Deno.test("replay without pool state calls nothing tier A", { ignore: skipShared }, async () => {
  const { events } = await replay([shared("executed/blocks")]);
  assert.deepEqual(events.filter(({ tier }) => tier === "A"), []);
  assert.ok(events.some(({ tier }) => tier === "B"));
});
