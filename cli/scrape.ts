import { UsageError } from "../core/platform/errors.ts";
import { scrapeArgs } from "../proto/jobs.ts";
import { checkOutput } from "../workers/output.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { submitAndWait } from "./job.ts";
import { allowedBuckets, datasetsRoot } from "./run_worker.ts";

/** zod's first problem as one line. */
export function firstProblem(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const [first] = issues;
  return first ? `${first.path.map(String).join(".") || "arguments"}: ${first.message}` : "unknown";
}

export const scrape: VerbBody = {
  async run(call, context) {
    const args = argsOf(call);
    const parsed = scrapeArgs.safeParse(args);
    if (!parsed.success) throw new UsageError(`Cannot scrape: ${firstProblem(parsed.error.issues)}`);
    checkOutput(parsed.data, datasetsRoot(context), allowedBuckets(context));
    return await submitAndWait(call, context, "scrape", parsed.data);
  },
};

function argsOf({ args, flags, all }: Invocation): Record<string, unknown> {
  const [output] = args as [string];
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
