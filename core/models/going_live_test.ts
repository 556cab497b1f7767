import assert from "node:assert/strict";
import type { Act } from "../audit/entry.ts";
import { goLive } from "./going_live.ts";

const live = {
  module: "mev",
  version: "0123456789ab",
  requestId: "r",
  who: "key:x",
  action: "promote",
} as const;

Deno.test("H7: goLive writes the audit, then points; a pin or an audit that cannot be written stops it", async () => {
  const done: string[] = [];
  const registry = (pinned: string | null) => ({
    list: () => ({ pinned }),
    select: (...words: string[]) => void done.push(words.join(" ")),
  });
  const audit = (act: Act) => void done.push(`${act.who} ${act.action} ${act.module} ${act.detail}`);
  await goLive(registry(null), audit, live);
  assert.deepEqual(done.splice(0), ["key:x promote mev 0123456789ab", "mev latest 0123456789ab r"]);
  await assert.rejects(goLive(registry("aaaaaaaaaaaa"), audit, live), /mev is pinned to aaaaaaaaaaaa/);
  assert.deepEqual(done, []);
  const full = () => Promise.reject(new Error("the disk is full"));
  await assert.rejects(goLive(registry(null), full, live), /disk is full/);
  assert.deepEqual(done, []);
});

Deno.test("H7: goLive checks at this moment whether the issuer still may, before audit and pointer, for the shadow too", async () => {
  const done: string[] = [];
  const registry = {
    list: () => ({ pinned: "aaaaaaaaaaaa" }),
    select: (...words: string[]) => void done.push(words.join(" ")),
  };
  const audit = (act: Act) => void done.push(act.action);
  for (const link of ["latest", "shadow"] as const) {
    await assert.rejects(goLive(registry, audit, { ...live, link }, () => "ann was disabled"), {
      code: "forbidden",
      message: "Cannot deploy 0123456789ab: ann was disabled; deploy it by hand",
    });
    assert.deepEqual(done, []);
  }
  // A pin holds what decides, not what is only asked beside it.
  await goLive(registry, audit, { ...live, link: "shadow" }, () => null);
  assert.deepEqual(done, ["promote", "mev shadow 0123456789ab r"]);
});
