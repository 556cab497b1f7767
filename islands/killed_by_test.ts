import assert from "node:assert/strict";
import type { AuditEntry } from "../core/audit/entry.ts";
import { ENTRIES_READ, killedBy } from "./killed_by.ts";

const entry = (seq: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  seq,
  at_ms: seq,
  who: `user ${seq}`,
  action: "kill",
  module: "mev",
  detail: '{"kill":true,"came_of":[{"taken":true,"path":"socket"}]}',
  request_id: "",
  ...more,
});
const takenByNone = (seq: number) =>
  entry(seq, { detail: '{"kill":true,"came_of":[{"taken":false,"path":"none"}]}' });
const lift = (seq: number) => entry(seq, { action: "un-kill", detail: "{}" });
const other = (seq: number) => entry(seq, { module: "arbitrage" });

Deno.test("killedBy() names the kill that an agent took, and no other", () => {
  assert.deepEqual(killedBy("mev", [entry(7), entry(3)], [lift(5)]), { is: "by", kill: entry(7) });
  assert.deepEqual(killedBy("mev", [takenByNone(9), entry(7)], []), { is: "by", kill: entry(7) });
  assert.deepEqual(killedBy("mev", [other(9), entry(7)], []), { is: "by", kill: entry(7) });
  assert.deepEqual(killedBy("mev", [takenByNone(9)], [lift(5)]), { is: "asked", kill: takenByNone(9) });
  const old = entry(4, { detail: '{"kill":true}' });
  assert.deepEqual(killedBy("mev", [old], []), { is: "by", kill: old });
  const part = entry(4, {
    detail: '{"came_of":[{"taken":false,"path":"none"},{"taken":true,"path":"socket"}]}',
  });
  assert.deepEqual(killedBy("mev", [part], []), { is: "by", kill: part });
  const many = entry(4, { detail: '{"came_of":[{"taken":false,"path":"none"}],"more":9}' });
  assert.deepEqual(killedBy("mev", [many], []), { is: "by", kill: many });
});

Deno.test("killedBy() keeps a kill whose lift may have been refused", () => {
  assert.deepEqual(killedBy("mev", [entry(7)], [lift(8)]), { is: "lifted", kill: entry(7), lift: lift(8) });
  assert.deepEqual(killedBy("mev", [takenByNone(6)], [lift(8)]), { is: "unknown", all: true });
  const otherModule = entry(8, { action: "un-kill", module: "arbitrage" });
  assert.deepEqual(killedBy("mev", [entry(7)], [otherModule]), { is: "by", kill: entry(7) });
});

Deno.test("killedBy() claims nothing of kills that it has not looked at", () => {
  assert.deepEqual(killedBy("mev", [], []), { is: "unknown", all: true });
  const full = Array.from({ length: ENTRIES_READ }, (_, at) => other(1_000 - at));
  assert.deepEqual(killedBy("mev", full, []), { is: "unknown", all: false });
});
