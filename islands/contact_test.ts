import assert from "node:assert/strict";
import { blindness, type Contact } from "./contact.ts";

const contact = (of: Partial<Contact>): Contact => ({
  waiting_since: null,
  answered_at: null,
  answered_ms: null,
  is_unreachable: false,
  login_ended_at: null,
  ...of,
});

Deno.test("what does not answer is named three seconds after the last answer, at whatever moment the clock looks", () => {
  const frozen = contact({ answered_at: 10_000, waiting_since: 10_990 });
  for (let first = 12_500; first < 12_750; first += 50) assert.equal(blindness(first, frozen), null);
  for (let tick = 12_750; tick <= 13_000; tick += 50) {
    assert.deepEqual(blindness(tick, frozen), { who: "silent", for_ms: tick - 10_000 });
  }
});

Deno.test("a page that slept between its questions does not count its sleep", () => {
  const woken = contact({ answered_at: 10_000, waiting_since: 700_000 });
  assert.equal(blindness(701_000, woken), null);
  assert.deepEqual(blindness(702_000, woken), { who: "silent", for_ms: 3_000 });
});

Deno.test("a page without open requests is not blind, nor is one at the moment of a refused connection", () => {
  assert.equal(blindness(99_000, contact({ answered_at: 1_000 })), null);
  const refused = contact({ answered_at: 1_000, waiting_since: 1_990, is_unreachable: true });
  assert.equal(blindness(2_000, refused), null);
  assert.equal(blindness(3_000, refused)?.who, "unreachable");
});
