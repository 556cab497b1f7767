/** Captured data, the log, and the store. */
import type { Command } from "../command.ts";
import { BLOCKS_FLAG, JSON_ANYWAY, JSON_FLAG, LOCAL_FLAG, SLOT_FLAG } from "./flags.ts";

const CAPTURED: readonly Command[] = [
  {
    name: "capture",
    args: "",
    group: "Captured data",
    summary: "Write a source's frames with their receive times to a capture journal",
    flags: [
      {
        name: "source",
        value: "SOURCE",
        doc: "Where frames come from: file:PATH (may be repeated) or sim[:SEED[@SLOT]]",
      },
      {
        name: "out",
        value: "FILE",
        doc: "The journal, with the ending .journal; decode, replay and run read it",
      },
      { name: "force", doc: "Overwrite an existing journal" },
      BLOCKS_FLAG,
      SLOT_FLAG,
      JSON_FLAG,
    ],
    examples: ["legend capture --source sim:7 --blocks 20 --out sim7.journal"],
    body: async () => (await import("../capture.ts")).capture,
  },
  {
    name: "decode",
    args: "FILE…",
    group: "Captured data",
    summary: "Print one NDJSON line for each swap leg in captured blocks and transactions",
    flags: [SLOT_FLAG, JSON_ANYWAY],
    examples: ["legend decode blocks", "legend decode --slot 285000037 block.json"],
    details: [
      "FILE: answers of getBlock or getTransaction (json, jsonParsed, base58, base64), arrays or NDJSON of",
      "{slot, block}, .zst and .gz, or folders of them. Failed transactions have no legs. The counters go to stderr.",
      "tip_services: tips by landing service, from the built-in accounts and `tips.file`. tip_candidates: other accounts that 8",
      "wallets or more have paid by a plain transfer of SOL; their figures are lower bounds.",
    ],
    endsAtOnce: true,
    body: async () => (await import("../decode.ts")).decode,
  },
  {
    name: "quote",
    args: "",
    group: "Captured data",
    summary: "Print what a pool would pay, to the unit, from a snapshot of accounts",
    flags: [
      { name: "accounts", value: "FILE", doc: "The snapshot: the pool and every account that it names" },
      { name: "pool", value: "ADDRESS", doc: "The pool" },
      { name: "in", value: "MINT", doc: "The mint that goes into the pool" },
      { name: "amount", value: "UNITS", doc: "Amount of that mint, in base units, below 2^64" },
      { name: "slot", value: "N", doc: "Slot of the swap; default: the snapshot's" },
      {
        name: "time",
        value: "SECONDS",
        doc: "Block time of the swap, Unix seconds; default: the snapshot's",
      },
      {
        name: "batch",
        value: "FILE",
        doc:
          "Quotes to make, instead of the flags above: NDJSON of {pool, accounts_file, input_mint, amount_in, slot, unix_ts}, one line each",
      },
      JSON_ANYWAY,
    ],
    examples: [
      "legend quote --accounts pool.json --pool 58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2 --in So11111111111111111111111111111111111111112 --amount 1000000000",
      "legend quote --batch quotes.ndjson",
    ],
    details: [
      "FILE: NDJSON of {pubkey, owner, data} or {accounts: {ADDRESS: {owner, data}}}, data in base64, also .zst and .gz.",
      'accounts_file is relative to the folder of the batch. An answer has out_amount ("0" where the program lands and pays',
      "nothing), in_amount (less than requested if the program fills partially), fee_amount and fee_mint; or error, where the",
      "program would refuse, an account is missing or the line is not a quote. Exit code 1: a single quote is refused, or",
      "lines of the batch are not quotes or name a snapshot that cannot be read.",
    ],
    endsAtOnce: true,
    body: async () => (await import("../quote.ts")).quote,
  },
  {
    name: "replay",
    args: "[FILE…]",
    group: "Captured data",
    data: "fill",
    summary: "Run captured data through the same code as an agent and print each event as NDJSON",
    flags: [
      {
        name: "accounts",
        value: "FILE",
        doc: "Pool state before the first slot; sandwiches in pools that it lacks are never tier A",
      },
      JSON_ANYWAY,
      {
        name: "leaders",
        value: "FILE",
        doc: "JSON of [{slot, leader}]: each line then names its slot's leader",
      },
      { name: "seed", value: "N", doc: "Without FILE: replay the simulated chain of this seed" },
      BLOCKS_FLAG,
      {
        name: "speed",
        value: "SPEED",
        doc: "Multiple of the captured speed; max (the default) does not wait",
      },
      SLOT_FLAG,
    ],
    examples: [
      "legend replay blocks",
      "legend replay --seed 7 --blocks 50",
      "legend replay --seed 7 --data-dir replayed",
    ],
    details: [
      "The same data give the same bytes: the last line has the SHA-256 over all Envelopes in order. Without --data-dir",
      "nothing is written. With it, the decisions, evidence and outcomes that agents write go to that folder's topics, for",
      "explain and all other readers; a line is printed when its records are on disk. A missing folder is created, and each",
      "replay needs one of its own: sequences begin at 1, so its log must be empty.",
      "A folder that holds something else is refused and left as it is.",
    ],
    endsAtOnce: true,
    body: async () => (await import("../replay.ts")).replay,
  },
];

const LOG: readonly Command[] = [
  {
    name: "dlq list",
    args: "[TOPIC]",
    group: "Log and store",
    data: "read",
    summary: "Show records that could not be used, with the reason",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend dlq list", "legend dlq list sandwich-decisions"],
    body: async () => (await import("../dlq.ts")).dlqList,
  },
  {
    name: "dlq replay",
    args: "TOPIC",
    group: "Log and store",
    summary:
      "Put a topic's dead letters back on it, each once; what still cannot be used becomes a dead letter again",
    flags: [JSON_FLAG],
    examples: ["legend dlq replay sandwich-decisions"],
    body: async () => (await import("../dlq.ts")).dlqReplay,
  },
  {
    name: "topics create",
    args: "",
    group: "Log and store",
    summary: "Create all topics that are missing",
    flags: [JSON_FLAG],
    examples: ["legend topics create"],
    body: async () => (await import("../topics.ts")).topicsCreate,
  },
  {
    name: "topics lag",
    args: "",
    group: "Log and store",
    data: "read",
    summary: "Show how many records of each topic each group has not read yet",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend topics lag"],
    body: async () => (await import("../topics.ts")).topicsLag,
  },
  {
    name: "topics list",
    args: "",
    group: "Log and store",
    data: "read",
    summary: "List the topics: offsets, bytes, groups",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend topics list"],
    body: async () => (await import("../topics.ts")).topicsList,
  },
  {
    name: "topics tail",
    args: "TOPIC",
    group: "Log and store",
    data: "read",
    summary: "Print a topic's records as JSON, one per line",
    flags: [
      {
        name: "from",
        value: "OFFSET",
        doc: "First offset, `start` or `end`; default: the last 10 records",
      },
      { name: "follow", doc: "Wait for new records until interrupted" },
      { name: "limit", value: "N", least: 1, doc: "Stop after N records" },
      LOCAL_FLAG,
      JSON_ANYWAY,
    ],
    examples: [
      "legend topics tail arbitrage-decisions-proto",
      "legend topics tail decision-evidence --from start --limit 3",
    ],
    body: async () => (await import("../topics.ts")).topicsTail,
  },
  {
    name: "topics verify",
    args: "[TOPIC…]",
    group: "Log and store",
    data: "read",
    summary: "Read every record back and check its checksum, and the header of each file",
    flags: [LOCAL_FLAG, JSON_FLAG],
    examples: ["legend topics verify", "legend topics verify decision-evidence"],
    body: async () => (await import("../topics.ts")).topicsVerify,
  },
];

const STORE: readonly Command[] = [
  {
    name: "db accept-log",
    args: "",
    group: "Log and store",
    summary:
      "Accept the present log although the store was filled from another one (an older copy was restored)",
    flags: [JSON_FLAG],
    examples: ["legend db accept-log"],
    details: [
      "The sink stores nothing from another log by itself: offsets and sequences mean something else there. This verb looks for the",
      "last record that both have, and the sink continues after it. Rows that the log does not have stay in the store.",
    ],
    body: async () => (await import("../db.ts")).dbAcceptLog,
  },
  {
    name: "db migrate",
    args: "",
    group: "Log and store",
    summary: "Create the store's database and tables, or bring them up to date",
    flags: [JSON_FLAG],
    examples: ["legend db migrate"],
    body: async () => (await import("../db.ts")).dbMigrate,
  },
  {
    name: "db query",
    args: "[QUERY]",
    group: "Log and store",
    data: "read",
    summary: "Run one of the named queries and print its rows as NDJSON; without QUERY, list them",
    flags: [
      { name: "param", value: "NAME=VALUE", doc: "A parameter of the query; may be repeated" },
      JSON_FLAG,
    ],
    examples: ["legend db query"],
    body: async () => (await import("../db.ts")).dbQuery,
  },
];

export const DATA_VERBS: readonly Command[] = [...CAPTURED, ...LOG, ...STORE];
