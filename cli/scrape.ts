import { UsageError } from "../core/errors.ts";
import { scrapeArgs } from "../proto/jobs.ts";
import { checkOutput } from "../workers/output.ts";
import { type Command, type Invocation } from "./command.ts";
import { DETACH_FLAG, submitAndWait } from "./job.ts";
import { allowedBuckets, datasetsRoot } from "./run_worker.ts";

/** zod's first problem as one line. */
export function firstProblem(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const [first] = issues;
  return first ? `${first.path.map(String).join(".") || "arguments"}: ${first.message}` : "unknown";
}

export const scrape: Command = {
  name: "scrape",
  args: "OUTPUT",
  summary: "Write rows of the store to a Parquet or JSON file, here or on S3, with a manifest",
  flags: [
    {
      name: "start",
      value: "TIME",
      doc: "From this time on: a date (00:00 UTC), ISO 8601 with its zone, or Unix seconds",
    },
    { name: "end", value: "TIME", doc: "Up to before this time" },
    { name: "type", value: "arb|mev", doc: "What; may repeat, without it both" },
    { name: "dex", value: "ID", doc: "Only of this DEX; may repeat" },
    { name: "format", value: "parquet|jsonl", doc: "parquet without it" },
    { name: "compress", value: "zstd|gzip|none", doc: "zstd without it" },
    DETACH_FLAG,
    { name: "json", doc: "The job as JSON" },
  ],
  details: [
    "OUTPUT is a path below datasets.root (`<data-dir>/datasets` unless configured), or s3://bucket/key of a bucket in",
    "s3.buckets. Nothing that exists is replaced. The job runs in `legend run worker`, which is part of `legend run`.",
  ],
  async run(call, context) {
    const args = argsOf(call);
    const parsed = scrapeArgs.safeParse(args);
    if (!parsed.success) throw new UsageError(`Cannot scrape: ${firstProblem(parsed.error.issues)}`);
    checkOutput(parsed.data, datasetsRoot(context), allowedBuckets(context));
    return await submitAndWait(call, context, "scrape", parsed.data);
  },
};

function argsOf({ args, flags, all }: Invocation): Record<string, unknown> {
  const [output, ...more] = args;
  if (!output || more.length > 0) {
    throw new UsageError("Cannot scrape: need one OUTPUT; see `legend scrape --help`");
  }
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
