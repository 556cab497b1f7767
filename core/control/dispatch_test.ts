import assert from "node:assert/strict";
import { dispatch, type DispatchDeps } from "./dispatch.ts";
import type { Receipt, Sent } from "./control.ts";

const receipt = (instance: string, more: Partial<Receipt> = {}): Receipt => ({
  request_id: "r",
  instance,
  module: "mev",
  applied: true,
  reason: "",
  sequence: "1",
  policy_hash: "",
  applied_ns: "1",
  first_event_ns: "0",
  genuine: true,
  ...more,
});
const own: Sent = {
  request_id: "r",
  at_ms: 1,
  path: "socket",
  taken: true,
  receipt: receipt("mev-here"),
  log_error: null,
  agent_error: null,
};
const send = (deps: Partial<DispatchDeps>) =>
  dispatch({
    here: () => Promise.resolve(own),
    hasOwn: () => true,
    others: () => [],
    receipts: () => [],
    ...deps,
  })({ module: "mev", action: "kill", args: {}, issuer: "test", role: "admin", request_id: "r" }).all;
const names = (sent: readonly Sent[]) =>
  sent.map(({ receipt, agent_error }) => receipt?.instance ?? agent_error);

Deno.test("every agent is answered for by its own receipt, this host's first", async () => {
  const others = () => [{ instance: "mev-one", age_s: 1 }, { instance: "mev-two", age_s: 1 }];
  const receipts = () => [receipt("mev-two"), receipt("mev-one"), receipt("mev-three")];
  assert.deepEqual(names(await send({ others, receipts })), ["mev-here", "mev-one", "mev-two"]);
  assert.deepEqual(names(await send({ others, receipts, hasOwn: () => false })), ["mev-one", "mev-two"]);
  assert.deepEqual(names(await send({ hasOwn: () => false })), ["mev-here"]);
});

Deno.test("an agent that was not heard of for long is named at once", async () => {
  const sent = await send({ others: () => [{ instance: "mev-gone", age_s: 700 }] });
  assert.deepEqual(names(sent), [
    "mev-here",
    "mev-gone last reported 12 min ago; it will obey when it is back",
  ]);
});

Deno.test("a receipt that no agent of this installation signed is not an answer", async () => {
  const sent = await send({
    others: () => [{ instance: "mev-gone", age_s: 700 }],
    receipts: () => [receipt("mev-gone", { genuine: false })],
  });
  assert.equal(sent[1]!.receipt, null);
});
