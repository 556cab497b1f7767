/** Flags that several verbs take. */
import type { Flag } from "../command.ts";

export const JSON_FLAG: Flag = { name: "json", doc: "NDJSON: one JSON object per line" };
/** For verbs that print nothing else: a script may pass it to every verb. */
export const JSON_ANYWAY: Flag = { name: "json", doc: "NDJSON, which is the output in any case" };
export const DETACH_FLAG: Flag = { name: "detach", doc: "Do not wait for the job: print its id" };
export const LOCAL_FLAG: Flag = {
  name: "local",
  doc: "Read the log of this host, even if Kafka is configured",
};
export const REASON: Flag = { name: "reason", value: "TEXT", doc: "Why; kept with the command" };
/** Parts that live and die with `legend run` are started with this flag. */
export const PART_FLAG: Flag = { name: "part", doc: "End with the process that started this one" };
export const SLOT_FLAG: Flag = {
  name: "slot",
  value: "N",
  doc: "Slot of a block whose file does not name it",
};
export const BLOCKS_FLAG: Flag = {
  name: "blocks",
  value: "N",
  least: 1,
  doc: "Blocks of the simulated chain (150)",
};

export const TIME_FLAGS: readonly Flag[] = [
  {
    name: "start",
    value: "TIME",
    doc: "From this time on: a date (00:00 UTC), ISO 8601 with its zone, or Unix seconds",
  },
  { name: "end", value: "TIME", doc: "Up to this time, exclusive" },
];

export const SOURCE_FLAGS: readonly Flag[] = [
  {
    name: "source",
    value: "SOURCE",
    doc:
      "Where frames come from: file:PATH (may be repeated), kafka (JSON blocks on sandwich-raw) or sim[:SEED[@SLOT]], a simulated chain",
  },
  {
    name: "accounts",
    value: "FILE",
    doc:
      "Pool state before the first slot; without it no sandwich is tier A and no open opportunity is found",
  },
  SLOT_FLAG,
  {
    name: "speed",
    value: "SPEED",
    doc: "Multiple of the simulated chain's own speed (1), or max; files are always read as fast as possible",
  },
  { name: "json", doc: "Print the counters as one JSON object at the end" },
  { name: "paper", doc: "Submit nothing (the default, and the only mode of this version)" },
];

/** The configuration keys that have a flag, except the data folder, which every verb accepts. */
export const API_FLAGS: readonly Flag[] = [
  { name: "listen", value: "ADDRESS", doc: "Address of the page and the API (127.0.0.1)" },
  { name: "port", value: "PORT", doc: "Port of the page and the API (8080)" },
  { name: "insecure-listen", doc: "Allow an address other than loopback without TLS" },
];
