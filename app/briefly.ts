/** How long what the agents said is good enough for another request. */
const STATUS_GOOD_MS = 100;

/** `ask`, but not more often than the answer changes. */
export function briefly<T>(ask: () => T): () => T {
  let [answer, at]: [T | undefined, number] = [undefined, -Infinity];
  return () => {
    const now = performance.now();
    if (now - at > STATUS_GOOD_MS) [answer, at] = [ask(), now];
    return answer!;
  };
}
