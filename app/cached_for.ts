/** How long an answer of the agents is reused for other requests. */
const STATUS_GOOD_MS = 100;

/** Calls `ask`, but not more often than its answer changes. */
export function cachedBriefly<T>(ask: () => T): () => T {
  let [answer, at]: [T | undefined, number] = [undefined, -Infinity];
  return () => {
    const now = performance.now();
    if (now - at > STATUS_GOOD_MS) [answer, at] = [ask(), now];
    return answer!;
  };
}
