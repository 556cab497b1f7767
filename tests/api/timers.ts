/** Lets a test advance timers: long waits without waiting. */

interface Held {
  readonly run: () => void;
  readonly everyMs: number | null;
  atMs: number;
}

/**
 * Holds each timer of at least `leastMs` that starts during `run`; `pass` advances them by a time. Shorter ones run as
 * usual.
 */
export async function withHeldTimers(
  leastMs: number,
  run: (pass: (ms: number) => void) => Promise<void>,
): Promise<void> {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const held = new Map<number, Held>();
  let [now, newest] = [0, 1e12];
  const hold = (begin: (work: () => void, ms?: number) => unknown, isInterval: boolean) =>
  (
    work: () => void,
    ms = 0,
  ) => {
    if (ms < leastMs) return begin(work, ms);
    held.set(++newest, { run: work, everyMs: isInterval ? ms : null, atMs: now + ms });
    return newest;
  };
  const drop = (end: (id?: number) => void) => (id?: number) => {
    if (id === undefined || !held.delete(id)) end(id);
  };
  Object.assign(globalThis, {
    setTimeout: hold(setTimeout, false),
    setInterval: hold(setInterval, true),
    clearTimeout: drop(clearTimeout),
    clearInterval: drop(clearInterval),
  });
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = [...held].filter(([, { atMs }]) => atMs <= end).sort(([, a], [, b]) => a.atMs - b.atMs)[0];
      if (!due) break;
      const [id, timer] = due;
      now = timer.atMs;
      if (timer.everyMs === null) held.delete(id);
      else timer.atMs += timer.everyMs;
      timer.run();
    }
    now = end;
  };
  try {
    await run(pass);
  } finally {
    Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
  }
}
