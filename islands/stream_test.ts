import assert from "node:assert/strict";
import { shownOf } from "./stream.ts";

Deno.test("F23: a page takes from the stream what it shows: a table its module, any other page the agents' samples", () => {
  assert.equal(shownOf('{"module":"mev"}'), "type=arb,mev,outcome&module=mev");
  assert.equal(shownOf('{"module":"arbitrage"}'), "type=arb,mev,outcome&module=arbitrage");
  assert.equal(shownOf(undefined), "type=metrics");
});
