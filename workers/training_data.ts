/**
 * Training data from the store: the features that the agents wrote into the evidence, and a label that was only known
 * later. mev: a landed sandwich whose pool state was known is positive when re-execution made it tier A. arbitrage: an
 * open cycle is positive when, within two slots, another party landed a cycle over at least two of its pools with a net
 * above 0. Cycles that failed or never landed are the negatives.
 */
import { createHash } from "node:crypto";
import { AppError } from "../core/platform/errors.ts";
import type { ModuleName } from "../core/control/control.ts";
import { LandedCycles, poolsSql } from "../core/decisions/landed_cycles.ts";
import type { Store } from "../core/store/client.ts";

const ROWS_MAX = 2_000_000;
/** With fewer rows of a label, training is refused. */
const LABEL_ROWS_MIN = 10;
/** Share of the time range used for training; the rest is the later slice. */
const TRAIN_SHARE = 0.8;
/** Of the training share, the last part is for validation: it stops the training and sets the calibration. */
const WATCHED_SHARE = 0.15;
/** When training has seen all groups of the later slice, one in this many groups is held out for that slice. */
const HELD_OUT = 3;

export interface Example {
  readonly atMs: number;
  readonly id: string;
  readonly label: 0 | 1;
  /** Attackers' cluster; all rows of a group are on the same side of the split. */
  readonly group: string;
  readonly dex: string;
  readonly features: Float32Array;
}

export interface Split {
  readonly train: Example[];
  readonly watched: Example[];
  readonly test: Example[];
  /** How the split was made, for the report. */
  readonly how: string;
}

type Row = [string, string, string, string, string, (number | null)[]];

/** What examples are read from. */
interface Reading {
  readonly store: Store;
  readonly params: Record<string, number | readonly string[]>;
  readonly signal: AbortSignal;
}

/** All examples of a range, ordered by time. */
export async function loadExamples(
  store: Store,
  module: ModuleName,
  range: { start_ms: number; end_ms: number },
  names: readonly string[],
  signal: AbortSignal,
): Promise<Example[]> {
  const reading = { store, params: { start: range.start_ms, end: range.end_ms, names }, signal };
  return module === "mev" ? await attacks(reading) : await openArbitrages(reading);
}

/** SQL for decisions of some kinds with their features; `label`, `group` and `dex` become columns. */
function decisionsSql(kinds: string, label: string, group: string, dex: string): string {
  return `SELECT toString(toUnixTimestamp64Milli(dt)), lower(hex(decision_id)), ${label}, ${group}, ${dex},
    arrayMap(name -> toFloat32(JSONExtract(evidence, 'features', name, 'Nullable(Float64)')), {names:Array(String)})
    FROM decision_evidence
    WHERE dt >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AND dt < fromUnixTimestamp64Milli({end:Int64}, 'UTC')
    AND JSONExtractString(evidence, 'kind') IN (${kinds}) AND JSONType(evidence, 'features') = 'Object'
    ORDER BY dt, decision_id LIMIT 1 BY decision_id LIMIT ${ROWS_MAX}`;
}

/** Landed sandwiches: label 1 is an attack of tier A. */
async function attacks({ store, params, signal }: Reading): Promise<Example[]> {
  const rows = await read<Row>(
    store,
    decisionsSql(
      "'sandwich', 'wide_sandwich'",
      "JSONExtractString(evidence, 'tier')",
      "JSONExtractString(evidence, 'attackers', 1)",
      "JSONExtractString(evidence, 'front', 1, 'dex')",
    ),
    params,
    signal,
  );
  return rows.map(([atMs, id, tier, group, dex, features]) => ({
    atMs: Number(atMs),
    id,
    label: tier === "A" ? 1 : 0,
    group,
    dex,
    features: numbers(features),
  }));
}

/** Open arbitrages: label 1 is one whose cycle landed. */
async function openArbitrages(reading: Reading): Promise<Example[]> {
  const { store, params, signal } = reading;
  const open = await read<Row>(
    store,
    decisionsSql(
      "'open_arbitrage'",
      "toString(JSONExtractUInt(evidence, 'slot'))",
      poolsSql("hops"),
      "JSONExtractString(evidence, 'hops', 1, 'dex')",
    ),
    params,
    signal,
  );
  const cycles = await landedCycles(reading);
  return open.map(([atMs, id, slotText, list, dex, features]) => {
    const mine = list.split(",");
    const taker = cycles.taker(Number(slotText), mine);
    return {
      atMs: Number(atMs),
      id,
      label: taker === undefined ? 0 : 1,
      group: taker ?? mine.toSorted().join(","),
      dex,
      features: numbers(features),
    };
  });
}

/** Cycles that landed with a profit, up to a minute after the range: they may belong to an opportunity in it. */
async function landedCycles({ store, params, signal }: Reading): Promise<LandedCycles<string>> {
  const landed = await read<[slot: string, pools: string, attacker: string]>(
    store,
    `SELECT toString(JSONExtractUInt(evidence, 'slot')), ${
      poolsSql("cycle")
    }, JSONExtractString(evidence, 'attackers', 1)
    FROM decision_evidence
    WHERE dt >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AND dt < fromUnixTimestamp64Milli({end:Int64}, 'UTC') + INTERVAL 1 MINUTE
    AND JSONExtractString(evidence, 'kind') = 'arbitrage' AND toInt128OrZero(JSONExtractString(evidence, 'net_raw')) > 0
    ORDER BY dt, decision_id LIMIT 1 BY decision_id LIMIT ${ROWS_MAX}`,
    params,
    signal,
  );
  const cycles = new LandedCycles<string>();
  for (const [slot, list, attacker] of landed) cycles.add(Number(slot), list.split(","), attacker);
  return cycles;
}

const numbers = (list: readonly (number | null)[]) => Float32Array.from(list, (value) => value ?? NaN);

async function read<T>(
  store: Store,
  sql: string,
  params: Record<string, number | readonly string[]>,
  signal: AbortSignal,
): Promise<T[]> {
  const body = store.stream(`${sql}\nFORMAT JSONCompactEachRow`, {
    params,
    signal,
    settings: {
      max_memory_usage: 1 << 30,
      max_execution_time: 600,
      output_format_json_quote_denormals: 0,
      // Evidence is long, so it is read in small blocks, and only what is extracted from it is sorted.
      max_block_size: 2_048,
      max_threads: 2,
      query_plan_execute_functions_after_sorting: 0,
      max_bytes_before_external_sort: 256 << 20,
    },
  });
  const rows: T[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  for await (const block of body) {
    const lines = (rest + decoder.decode(block, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) rows.push(JSON.parse(line));
  }
  if (rest.trim()) {
    throw new AppError("unavailable", `Cannot read training data: the store's answer was cut off`);
  }
  return rows;
}

/** Hash of the examples' bytes, for the lineage: the same data has the same hash. */
export function datasetHash(examples: readonly Example[]): string {
  const hash = createHash("sha256");
  for (const { atMs, id, label, group, features } of examples) {
    hash.update(`${atMs} ${id} ${label} ${group}\n`);
    hash.update(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  }
  return hash.digest("hex");
}

/**
 * Splits off a later slice whose groups training has not seen. Throws `invalid` when the data is not enough to learn
 * from.
 */
export function split(examples: readonly Example[], module: ModuleName): Split {
  const count = (rows: readonly Example[], label: 0 | 1) => rows.filter((row) => row.label === label).length;
  const enough = (what: string, rows: readonly Example[], min: number) => {
    const [negative, positive] = [count(rows, 0), count(rows, 1)];
    if (negative >= min && positive >= min) return;
    throw new AppError(
      "invalid",
      `Cannot train ${module}: of ${rows.length} rows ${what}, ${positive} are positive and ${negative} negative, need at least ${min} of each; take a longer range`,
    );
  };
  enough("in the range", examples, 2 * LABEL_ROWS_MIN);
  const cut = examples[Math.floor(examples.length * TRAIN_SHARE)]!.atMs;
  const [early, late] = [examples.filter((row) => row.atMs < cut), examples.filter((row) => row.atMs >= cut)];
  const seen = new Set(early.map((row) => row.group));
  let learned = early;
  let test = late.filter((row) => !seen.has(row.group));
  let how = "the last fifth of the rows, without groups that were used in training";
  if (count(test, 0) < LABEL_ROWS_MIN || count(test, 1) < LABEL_ROWS_MIN) {
    const held = (row: Example) => createHash("sha256").update(row.group).digest()[0]! % HELD_OUT === 0;
    learned = early.filter((row) => !held(row));
    test = late.filter(held);
    how = `the last fifth of the rows, only groups that were held out of training (one in ${HELD_OUT})`;
  }
  const at = Math.floor(learned.length * (1 - WATCHED_SHARE));
  const [train, watched] = [learned.slice(0, at), learned.slice(at)];
  enough("for training", train, LABEL_ROWS_MIN);
  enough("for early stopping and calibration", watched, 2);
  return { train, watched, test, how };
}

/** Rows and labels of examples, the first `count` features of each. */
export function matrix(
  examples: readonly Example[],
  count: number,
): { rows: Float32Array<ArrayBuffer>; labels: Float32Array<ArrayBuffer> } {
  const rows = new Float32Array(examples.length * count);
  const labels = new Float32Array(examples.length);
  examples.forEach(({ features, label }, at) => {
    rows.set(features.subarray(0, count), at * count);
    labels[at] = label;
  });
  return { rows, labels };
}
