import { UsageError } from "../core/platform/errors.ts";
import { trainArgs } from "../proto/jobs.ts";
import type { Invocation, VerbBody } from "./command.ts";
import { submitAndWait } from "./job.ts";
import { firstProblem } from "./scrape.ts";

export const train: VerbBody = {
  async run(call, context) {
    const args = argsOf(call);
    const parsed = trainArgs.safeParse(args);
    if (!parsed.success) throw new UsageError(`Cannot train: ${firstProblem(parsed.error.issues)}`);
    return await submitAndWait(call, context, "train", parsed.data);
  },
};

function argsOf({ args, flags, all }: Invocation): Record<string, unknown> {
  const [module] = args;
  const given = (name: string) => typeof flags[name] === "string" ? { [name]: flags[name] } : {};
  const params = Object.fromEntries(
    all("param").map((text) => {
      const at = text.indexOf("=");
      const value = Number(text.slice(at + 1));
      if (at < 1 || !Number.isFinite(value)) {
        throw new UsageError(`Cannot use --param ${text}: need NAME=NUMBER`);
      }
      return [text.slice(0, at), value];
    }),
  );
  return {
    module,
    range: { start: flags.start, end: flags.end },
    ...given("model"),
    ...given("features"),
    ...given("promote"),
    ...(flags.gpu ? { gpu: true } : {}),
    params,
  };
}
