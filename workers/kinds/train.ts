/** Trainings: build a model in the registry from the store's evidence. */
import { decimal } from "../../core/platform/decimal.ts";
import { type JobCall, type JobKind, momentText } from "../../core/jobs/kind.ts";
import { UsageError } from "../../core/platform/errors.ts";
import { asked, kept, scheduled, type TrainArgs } from "../train_args.ts";

export const train: JobKind<TrainArgs> = {
  name: "train",
  number: 2,
  asked,
  kept,
  envelope: "training",
  page: "training",
  form: {
    id: "tr",
    title: "Start training of {module}",
    submit: "Start training",
    columns: 3,
    given: { module: { arbitrage: "arbitrage", mev: "sandwich" } },
    fields: {
      "range.start": { label: "From UTC", days_back: 7 },
      "range.end": { label: "To UTC, exclusive", days_back: -1 },
      features: { label: "Features", words: { default: "Default", extended: "Extended" } },
      model: { label: "Model", need_engines: ["xgb", "lgbm"] },
      "params.max_depth": { label: "max_depth" },
      "params.learning_rate": { label: "learning_rate" },
      "params.n_estimators": { label: "n_estimators" },
      gpu: { label: "Use GPU if present" },
    },
  },
  start: {
    paths: ["/api/training/start", "/api/training/train"],
    summary: "Train a model; answers with the job. `promote` other than `never` needs the right `models` too",
  },
  state: { paths: ["/api/training/status/:id", "/api/training/jobs/:id"], summary: "One training's job" },
  verb: {
    args: "MODULE",
    summary: "Train a model of arbitrage or mev from the store's evidence and register it",
    flags: [
      { name: "model", value: "xgb|lgbm|torch", doc: "XGBoost (the default), LightGBM or a small network" },
      { name: "features", value: "default|extended", doc: "Set of features (default)" },
      {
        name: "param",
        value: "NAME=NUMBER",
        doc: "max_depth, learning_rate, n_estimators, subsample, colsample, lambda, seed",
      },
      {
        name: "promote",
        value: "never|if_better|shadow",
        doc: "When the model goes live, or becomes the shadow; default: never",
      },
      { name: "gpu", doc: "Ask for a GPU; if none can be used, this is logged and the training continues" },
    ],
    examples: ["legend train mev --start 2026-11-01 --end 2026-11-08 --param max_depth=6 --detach"],
    details: ["Labels and split: docs/FEATURES.md; the report is beside the model."],
    read,
  },
  detail: ({ module, model, promote }) => `${module} ${model}, promote ${promote}`,
  about({ module, model, features, range }) {
    const { start_ms, end_ms } = (range ?? {}) as { start_ms?: unknown; end_ms?: unknown };
    const times = `${momentText(start_ms)} … ${momentText(end_ms)}`;
    return [module, model ?? "xgb", features ?? "default", times].join(" · ");
  },
  needs({ promote = "never" }) {
    if (promote === "never") return null;
    return {
      right: "models",
      why: `promote \`${promote}\` needs the right \`models\`, without it only \`never\` is accepted`,
    };
  },
  scheduled: { args: scheduled, at: (args, range) => kept.parse({ ...args, range }) },
  run: async (args, ports) => (await import("../train.ts")).runTrain(args, ports),
};

function read({ args: [module], flags, all }: JobCall): unknown {
  const given = (name: string) => typeof flags[name] === "string" ? { [name]: flags[name] } : {};
  const params = Object.fromEntries(
    all("param").map((text) => {
      const at = text.indexOf("=");
      const value = decimal(text.slice(at + 1));
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
