/** Datasets: rows of the store, as a file. */
import { type JobCall, type JobKind, momentText } from "../../core/jobs/kind.ts";
import { atField } from "../../core/platform/errors.ts";
import type { ScrapeResult } from "../../proto/jobs.ts";
import { checkOutput } from "../output.ts";
import { asked, kept, outputAt, scheduled, type ScrapeArgs } from "../scrape_args.ts";

export const scrape: JobKind<ScrapeArgs> = {
  name: "scrape",
  number: 1,
  asked,
  kept,
  envelope: "dataset",
  page: "datasets",
  form: {
    id: "ds",
    title: "New dataset",
    submit: "Start dataset",
    fields: {
      start: { label: "From UTC", hint: "2026-11-17, or 2026-11-17T06:30Z", days_back: 7 },
      end: { label: "To UTC, exclusive", hint: "later than From", days_back: -1 },
      types: { label: "Types", words: { arb: "Arbitrage", mev: "Sandwich" } },
      dex: { label: "DEX", one_or: "All" },
      format: { label: "Format", words: { parquet: "Parquet", jsonl: "JSONL" } },
      compress: { label: "Compression" },
      output: {
        label: "Output",
        hint: "a path below datasets.root, or s3://bucket/key of a bucket in s3.buckets",
        wide: true,
        begins: "export-{day}.parquet",
        fresh: true,
      },
    },
  },
  start: {
    paths: ["/api/datasets/scrape", "/api/datasets/export"],
    summary: "Write rows of the store as a dataset; answers with the job",
  },
  state: {
    paths: ["/api/datasets/status/:id", "/api/datasets/export/:id"],
    summary: "One dataset's job",
  },
  verb: {
    args: "OUTPUT",
    summary: "Write rows of the store to a Parquet or JSON file, here or on S3, with a manifest",
    flags: [
      {
        name: "type",
        value: "arb|mev",
        doc: "Only rows of arbitrages (arb) or of sandwiches (mev); may be repeated; default: both",
      },
      { name: "dex", value: "ID", doc: "Only rows of this DEX; may be repeated" },
      { name: "format", value: "parquet|jsonl", doc: "Format of the file (parquet)" },
      { name: "compress", value: "zstd|gzip|none", doc: "Compression (zstd)" },
    ],
    examples: ["legend scrape day.parquet --start 2026-11-01 --end 2026-11-02 --type mev --detach"],
    details: [
      "OUTPUT is a path below datasets.root (`<data-dir>/datasets` unless configured), or s3://bucket/key of a bucket in",
      "s3.buckets. Nothing that exists is replaced. The job runs in `legend run worker`, which is part of `legend run`.",
    ],
    read,
  },
  detail: ({ output }) => output,
  about({ types, start_ms, end_ms, format, compress }, result) {
    const files = Array.isArray(result?.files)
      ? result.files as Partial<ScrapeResult["files"][number]>[]
      : [];
    const made = files.map((file) => `${Number(file?.rows).toLocaleString("en-US")} rows in ${file?.output}`);
    const list = Array.isArray(types) ? types.join(", ") : "arb, mev";
    const times = `${momentText(start_ms)} … ${momentText(end_ms)}`;
    return [list, times, `${format ?? "parquet"} ${compress ?? "zstd"}`, made.join(", ")]
      .filter(Boolean).join(" · ");
  },
  scheduled: {
    args: scheduled,
    at: (args, range) => kept.parse({ ...args, ...range, output: outputAt(args.output, range.end_ms) }),
  },
  check: (args, { datasetsRoot, buckets }) =>
    atField("output", () => checkOutput(args, datasetsRoot, buckets)),
  run: async (args, ports) => (await import("../scrape.ts")).runScrape(args, ports),
};

function read({ args: [output], flags, all }: JobCall): unknown {
  const given = (name: string) => typeof flags[name] === "string" ? { [name]: flags[name] } : {};
  const listed = (flag: string, name: string) => all(flag).length > 0 ? { [name]: all(flag) } : {};
  return {
    output,
    ...given("start"),
    ...given("end"),
    ...listed("type", "types"),
    ...listed("dex", "dex"),
    ...given("format"),
    ...given("compress"),
  };
}
