import { UsageError } from "../core/errors.ts";
import { trainArgs } from "../proto/jobs.ts";
import type { Command, Invocation } from "./command.ts";
import { DETACH_FLAG, submitAndWait } from "./job.ts";
import { firstProblem } from "./scrape.ts";

export const train: Command = {
  name: "train",
  args: "MODULE",
  summary: "Train a model of arbitrage or mev from the store's evidence and register it",
  flags: [
    {
      name: "start",
      value: "TIME",
      doc: "From this time on: a date (00:00 UTC), ISO 8601 with its zone, or Unix seconds",
    },
    { name: "end", value: "TIME", doc: "Up to before this time" },
    { name: "model", value: "xgb|lgbm|torch", doc: "XGBoost, LightGBM or a small network; xgb without it" },
    { name: "features", value: "default|extended", doc: "default without it" },
    {
      name: "param",
      value: "NAME=NUMBER",
      doc: "max_depth, learning_rate, n_estimators, subsample, colsample, lambda, seed",
    },
    { name: "promote", value: "never|if_better|shadow", doc: "What becomes of it; never without it" },
    { name: "gpu", doc: "Ask for a GPU; where none can be used it says so and goes on" },
    DETACH_FLAG,
    { name: "json", doc: "The job as JSON" },
  ],
  details: ["The labels and the split are told in docs/FEATURES.md; the report lies beside the model."],
  async run(call, context) {
    const args = argsOf(call);
    const parsed = trainArgs.safeParse(args);
    if (!parsed.success) throw new UsageError(`Cannot train: ${firstProblem(parsed.error.issues)}`);
    return await submitAndWait(call, context, "train", parsed.data);
  },
};

function argsOf({ args, flags, all }: Invocation): Record<string, unknown> {
  const [module, ...more] = args;
  if (!module || more.length > 0) throw new UsageError("Cannot train: need one MODULE, arbitrage or mev");
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
