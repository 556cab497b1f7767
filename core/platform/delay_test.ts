import assert from "node:assert/strict";
import { delay } from "./delay.ts";

/** Longer than any test. */
const LONG_MS = 2 ** 31 - 1;

Deno.test("delay() ends with its signal, also with one that came before", async () => {
  const stop = new AbortController();
  const paused = delay(LONG_MS, stop.signal);
  stop.abort();
  await paused;
  await delay(LONG_MS, stop.signal);
});

Deno.test("delay() leaves nothing on a signal that outlives it", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners += 1, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners -= 1, remove(...args));
  for (let at = 0; at < 10; at++) await delay(0, signal);
  assert.equal(listeners, 0);
});
