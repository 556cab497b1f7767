/** The exit codes that the process returns to its caller. */

/** Every exit code and when it is given: the one table that all verbs obey. */
export const EXITS = [
  { name: "done", code: 0, when: "done: the request was carried out" },
  { name: "failed", code: 1, when: "failed: it was tried and did not happen, or a check found a fault" },
  {
    name: "usage",
    code: 2,
    when: "wrong usage: an unknown verb, flag, word or key, or a value that cannot be used",
  },
  {
    name: "notReady",
    code: 3,
    when:
      "not ready: something it needs is missing, busy or unreachable (data folder, lock, port, store, Kafka, agent)",
  },
] as const;

export const EXIT = { done: 0, failed: 1, usage: 2, notReady: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
