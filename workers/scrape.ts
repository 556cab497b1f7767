/**
 * Exports rows of the store as a dataset: Parquet or JSON lines, streamed in bounded memory, with a manifest beside
 * them.
 */
import { createGzip, createZstdCompress } from "node:zlib";
import { Readable } from "node:stream";
import type { Transform } from "node:stream";
import { AppError } from "../core/platform/errors.ts";
import { Store } from "../core/store/client.ts";
import type { ScrapeResult } from "../proto/jobs.ts";
import type { ScrapeArgs } from "./scrape_args.ts";
import type { JobPorts } from "../core/jobs/worker_protocol.ts";
import { openOutput, outputOf, resolveOutput } from "./output.ts";
import { FOOTER_BYTES_MAX, footerLength, parquetRows } from "./parquet_rows.ts";
import { datasetColumns, DATASETS, type DatasetType } from "../core/store/tables.ts";

const POLL_MS = 250;
const grouped = (count: number) => count.toLocaleString("en-US");
/** The path where a user finds it. */
const pathOf = (place: string, { settings }: JobPorts) =>
  place.startsWith("s3://") ? place : resolveOutput(settings.datasetsRoot, place);
/** Maximum bytes of a row group before compression, and maximum rows. */
const ROW_GROUP = { bytes: 128 << 20, rows: 1_000_000 };
const SETTINGS = {
  max_memory_usage: 700 << 20,
  max_bytes_before_external_sort: 256 << 20,
  max_execution_time: 0,
  output_format_parquet_row_group_size: ROW_GROUP.rows,
  output_format_parquet_row_group_size_bytes: ROW_GROUP.bytes,
  output_format_json_quote_64bit_integers: 1,
};
/** Expressions for columns whose stored bytes differ from the dataset's form. */
const AS: Readonly<Record<string, string>> = { decision_id: "lower(hex(decision_id)) AS decision_id" };

/** The DEXes of an arbitrage are in its evidence: the cycle's legs, or the planned hops. */
const DEX_FILTER = {
  arb:
    `${DATASETS.arb.table}.decision_id IN (SELECT decision_id FROM decision_evidence WHERE hasAny(arrayMap(leg -> JSONExtractString(leg, 'dex'), arrayConcat(JSONExtractArrayRaw(evidence, 'cycle'), JSONExtractArrayRaw(evidence, 'hops'))), {dex:Array(String)}))`,
  mev: "has(arrayMap(dex -> concat(dex, '_sandwich'), {dex:Array(String)}), type)",
} as const;

interface Query {
  readonly count: string;
  readonly rows: string;
  readonly params: Record<string, number | readonly string[]>;
}

/** A time parameter, in milliseconds since 1970. */
const momentOf = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

function queryOf(args: ScrapeArgs, type: DatasetType): Query {
  const { table, order } = DATASETS[type];
  const where = `${table}.dt >= ${momentOf("start")} AND ${table}.dt < ${momentOf("end")}` +
    (args.dex.length > 0 ? ` AND ${DEX_FILTER[type]}` : "");
  return {
    count: `SELECT count() AS rows FROM ${table} WHERE ${where}`,
    rows: `SELECT ${
      datasetColumns(type).map((name) => AS[name] ?? name).join(", ")
    } FROM ${table} WHERE ${where} ORDER BY ${order}`,
    params: { start: args.start_ms, end: args.end_ms, ...(args.dex.length > 0 ? { dex: args.dex } : {}) },
  };
}

/** Counts what is in the files, not what was counted before: rows arrive meanwhile. */
export function scrapedText(files: ScrapeResult["files"]): string {
  const sum = (of: "rows" | "bytes") => grouped(files.reduce((sum, file) => sum + file[of], 0));
  return `${sum("rows")} rows in ${sum("bytes")} bytes`;
}

/** Runs the job. */
export async function runScrape(
  args: ScrapeArgs,
  ports: JobPorts,
): Promise<{ result: unknown; message: string }> {
  const { settings } = ports;
  if (!settings.store) throw new AppError("unavailable", settings.storeProblem);
  const address = settings.store;
  const store = new Store(() => address);
  const types = [...new Set(args.types)].sort();
  const totals = new Map<DatasetType, number>();
  for (const type of types) {
    const { count, params } = queryOf(args, type);
    const [row] = await store.query<{ rows: string }>(count, { params, signal: ports.signal });
    totals.set(type, Number(row!.rows));
  }
  const all = [...totals.values()].reduce((sum, rows) => sum + rows, 0);
  if (all === 0) {
    const day = (ms: number) => new Date(ms).toISOString();
    throw new AppError(
      "not_found",
      `Cannot scrape: no rows of ${types.join(" and ")} between ${day(args.start_ms)} and ${
        day(args.end_ms)
      }${args.dex.length > 0 ? ` of ${args.dex.join(", ")}` : ""}`,
    );
  }
  const files: ScrapeResult["files"] = [];
  let before = 0;
  for (const type of types) {
    const total = totals.get(type)!;
    if (total === 0) continue;
    const known = await publishedBefore(args, type, ports);
    if (known) {
      files.push(known);
      before += total;
      continue;
    }
    files.push(
      await scrapeOne(store, args, type, total, ports, (rows) => {
        const done = before + Math.min(rows, total);
        ports.progress(Math.min(0.99, done / all), `${grouped(done)} of ${grouped(all)} rows`);
      }),
    );
    before += total;
  }
  return { result: { files } satisfies ScrapeResult, message: scrapedText(files) };
}

async function scrapeOne(
  store: Store,
  args: ScrapeArgs,
  type: DatasetType,
  total: number,
  ports: JobPorts,
  report: (rows: number) => void,
): Promise<ScrapeResult["files"][number]> {
  const { rows: sql, params } = queryOf(args, type);
  const place = outputOf(args, type);
  const output = await openOutput(place, ports);
  try {
    const queryId = `legend-scrape-${ports.id}-${ports.token}-${type}`;
    const parquet = args.format === "parquet";
    const format = parquet ? "Parquet" : "JSONEachRow";
    const method = args.compress === "none" ? "none" : args.compress;
    const body = store.stream(`${sql}\nFORMAT ${format}`, {
      params,
      settings: { ...SETTINGS, output_format_parquet_compression_method: method },
      signal: ports.signal,
      queryId,
    });
    using _progress = watchQuery(store, queryId, report);
    const seen = parquet ? new ParquetEnd() : new Lines();
    // The rows are counted as the store sent them, before compression.
    const plain = async function* () {
      for await (const block of body) {
        ports.signal.throwIfAborted();
        seen.take(block);
        yield block;
      }
    };
    const bytes = parquet || args.compress === "none" ? plain() : compressed(plain(), args.compress);
    for await (const chunk of bytes) await output.write(chunk);
    const rows = seen.rows();
    // No header shows that a store ended a stream early: only the file itself does. Rows that were added meanwhile are
    // accepted.
    if (rows === null || rows < total) {
      throw new AppError(
        "unavailable",
        `Cannot scrape ${type}: the store gave ${rows ?? "a cut file"} instead of ${total} rows`,
      );
    }
    const { bytes: size, sha256 } = await output.commit();
    const manifest = {
      schema: "dataset-1",
      type,
      file: place.split("/").at(-1),
      rows,
      bytes: size,
      sha256,
      format: args.format,
      compress: args.compress,
      columns: datasetColumns(type),
      range: { start_ms: args.start_ms, end_ms: args.end_ms },
      dex: args.dex,
      query: { sql, params },
      version: ports.settings.version,
    };
    await writeManifest(`${place}.manifest.json`, manifest, ports);
    return { type, output: place, path: pathOf(place, ports), rows, bytes: size, sha256 };
  } finally {
    await output.discard();
  }
}

/** The complete result of an earlier run of this job: its manifest, which is written last, has the same request. */
async function publishedBefore(
  args: ScrapeArgs,
  type: DatasetType,
  ports: JobPorts,
): Promise<ScrapeResult["files"][number] | undefined> {
  const { token, settings } = ports;
  const place = outputOf(args, type);
  if (token === 1 || place.startsWith("s3://")) return undefined;
  const path = `${resolveOutput(settings.datasetsRoot, place)}.manifest.json`;
  const text = await Deno.readTextFile(path).catch(() => "");
  if (text === "") return undefined;
  const manifest = JSON.parse(text);
  const { rows: sql, params } = queryOf(args, type);
  if (JSON.stringify(manifest.query) !== JSON.stringify({ sql, params })) return undefined;
  const { rows, bytes, sha256 } = manifest;
  return { type, output: place, path: pathOf(place, ports), rows, bytes, sha256 };
}

/** Written as an output of its own, so that it is complete or absent. */
async function writeManifest(place: string, manifest: unknown, ports: JobPorts): Promise<void> {
  const output = await openOutput(place, ports);
  try {
    await output.write(new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
    await output.commit();
  } finally {
    await output.discard();
  }
}

/** Polls the store for the progress of a query. */
function watchQuery(store: Store, queryId: string, report: (rows: number) => void): Disposable {
  const timer = setInterval(async () => {
    const [row] = await store.query<{ rows: string }>(
      "SELECT read_rows AS rows FROM system.processes WHERE query_id = {id:String}",
      { params: { id: queryId } },
    ).catch(() => []);
    if (row) report(Number(row.rows));
  }, POLL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function compressed(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  how: "zstd" | "gzip",
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const packer: Transform = how === "zstd" ? createZstdCompress() : createGzip();
  const from = Readable.from(body);
  from.on("error", (error) => packer.destroy(error));
  return from.pipe(packer);
}

class Lines {
  #rows = 0;

  take(chunk: Uint8Array): void {
    for (const byte of chunk) if (byte === 10) this.#rows += 1;
  }

  rows(): number | null {
    return this.#rows;
  }
}

/** Keeps the last bytes of a Parquet stream. */
class ParquetEnd {
  #tail: Uint8Array[] = [];
  #bytes = 0;

  take(chunk: Uint8Array): void {
    this.#tail.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - this.#tail[0]!.length >= FOOTER_BYTES_MAX) this.#bytes -= this.#tail.shift()!.length;
  }

  rows(): number | null {
    const tail = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#tail) {
      tail.set(part, at);
      at += part.length;
    }
    const length = footerLength(tail);
    return length === null || length + 8 > tail.length
      ? null
      : parquetRows(tail.subarray(tail.length - 8 - length, -8));
  }
}
