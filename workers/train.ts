/** Trains a calibrated artefact from the features and labels of a range, and registers it with its lineage. */
import { AppError } from "../core/platform/errors.ts";
import type { Judgement, ModelAbout } from "../core/models/models.ts";
import { Store } from "../core/store/client.ts";
import { Library } from "../ffi/library.ts";
import {
  artefactPredict,
  featureNames,
  judge,
  ModelRegistry,
  openBooster,
  openNetwork,
  type TrainedModel,
  type Training,
} from "../ffi/models.ts";
import type { TrainResult } from "../proto/jobs.ts";
import type { TrainArgs } from "./train_args.ts";
import type { JobPorts } from "../core/jobs/worker_protocol.ts";
import { promotion } from "./promotion.ts";
import { datasetHash, type Example, loadExamples, matrix, type Split, split } from "./training_data.ts";

/** Training stops after this many rounds without a better log loss. */
const PATIENCE = { xgb: 50, lgbm: 50, torch: 15 };
/** Maximum rounds of a network: each goes over all rows. */
const EPOCHS_MAX = 200;
/** Maximum difference between the exported tables and the engine that trained them. */
const PARITY = 1e-6;
const GOLDEN_ROWS = 32;
const IMPORTANCE_ROWS_MAX = 20_000;
const LEAVES_MAX = 1_023;

/** An engine's own names for our parameters. */
function engineParams(args: TrainArgs, threads: number): [string, string][] {
  const { max_depth, learning_rate, subsample, colsample, lambda, seed } = args.params;
  const texts = (list: Record<string, string | number>) =>
    Object.entries(list).map(([name, value]): [string, string] => [name, String(value)]);
  if (args.model === "xgb") {
    return texts({
      objective: "binary:logistic",
      eval_metric: "logloss",
      tree_method: "hist",
      max_depth,
      eta: learning_rate,
      subsample,
      colsample_bytree: colsample,
      lambda,
      seed,
      // The trainer's random generator belongs to one thread, but rounds may run on any: seed it in each round.
      seed_per_iteration: "true",
      nthread: threads,
      verbosity: 0,
    });
  }
  return texts({
    objective: "binary",
    metric: "binary_logloss",
    max_depth,
    num_leaves: Math.min(LEAVES_MAX, 2 ** max_depth - 1, 255) || 2,
    learning_rate,
    bagging_fraction: subsample,
    bagging_freq: subsample < 1 ? 1 : 0,
    feature_fraction: colsample,
    lambda_l2: lambda,
    seed,
    num_threads: threads,
    deterministic: "true",
    force_row_wise: "true",
    verbosity: -1,
  });
}

/** Throws `unavailable` when this build cannot train such a model. */
function needTrainer(args: TrainArgs, settings: JobPorts["settings"]): void {
  if (args.model === "torch" || settings.trainers !== "") return;
  throw new AppError(
    "unavailable",
    "Cannot train: this build has neither XGBoost nor LightGBM, use --model torch",
  );
}

/** Runs the job. */
export async function runTrain(
  args: TrainArgs,
  ports: JobPorts,
): Promise<{ result: unknown; message: string }> {
  const { settings, signal } = ports;
  if (!settings.store) throw new AppError("unavailable", settings.storeProblem);
  needTrainer(args, settings);
  const address = settings.store;
  const store = new Store(() => address);
  const library = new Library(settings.libraryPath);
  const { names, default: defaults, schema } = featureNames(library, args.module);
  ports.progress(
    0.01,
    args.gpu ? "GPU asked for: the engines of this build run on the CPU" : "reading the store",
  );
  const examples = await loadExamples(store, args.module, args.range, names, signal);
  if (examples.length === 0) {
    throw new AppError("not_found", `Cannot train ${args.module}: no rows with features in the range`);
  }
  const parts = split(examples, args.module);
  const count = args.features === "default" ? defaults : names.length;
  ports.progress(
    0.1,
    `${parts.train.length} rows for training, ${parts.watched.length} for early stopping, ${parts.test.length} for the test`,
  );
  const { model, rounds } = await fit(library, args, parts, count, ports);
  using trained = model;
  const calibration = await trained.calibrate(matrix(parts.watched, count));
  const test = matrix(parts.test, count);
  const answers = await trained.predict(test.rows, parts.test.length);
  const metrics = judge(library, test.labels, answers);
  const few = parts.test.slice(0, IMPORTANCE_ROWS_MAX);
  const about: ModelAbout = {
    kind: args.model,
    features: args.features,
    feature_names: names.slice(0, count),
    schema_hash: schema[args.features],
    dataset: {
      start: new Date(args.range.start_ms).toISOString(),
      end: new Date(args.range.end_ms).toISOString(),
      rows: examples.length,
      positives: examples.filter((row) => row.label === 1).length,
      sha256: datasetHash(examples),
    },
    params: args.params,
    rounds,
    split: parts.how,
    calibration,
    metrics,
    importance: few.length > 0 ? await trained.importance(matrix(few, count)) : [],
    per_dex: perDex(library, parts.test, answers),
    code_version: settings.version,
  };
  ports.progress(0.97, `judged on ${metrics.rows} later rows: log loss ${metrics.log_loss.toFixed(4)}`);
  const registry = new ModelRegistry(library, settings.dataDir, settings.signSkHex);
  const step = Math.max(1, Math.floor(parts.train.length / GOLDEN_ROWS));
  const golden = matrix(parts.train.filter((_, at) => at % step === 0).slice(0, GOLDEN_ROWS), count).rows;
  // The registry stores a version once, whichever run registers it; but a run that lost the job must not register any.
  await ports.confirm();
  const { version, bytes } = await registry.register(args.module, trained, about, golden);
  const { promoted, why } = await promote(args, registry, library, version, metrics, parts.test, ports);
  const { auc, log_loss } = metrics;
  const result: TrainResult = { version, bytes, promoted, why, auc, log_loss };
  return {
    result,
    message: `${version}: ${auc === null ? "AUC not known" : `AUC ${auc.toFixed(4)}`}; ${why}`,
  };
}

/** Trains until nothing improves; returns the model of the best round. */
async function fit(
  library: Library,
  args: TrainArgs,
  parts: Split,
  count: number,
  ports: JobPorts,
): Promise<{ model: TrainedModel; rounds: number }> {
  const { settings, signal } = ports;
  const data = matrix([...parts.train, ...parts.watched], count);
  const watched = matrix(parts.watched, count);
  const train_rows = parts.train.length;
  const { n_estimators, learning_rate, seed } = args.params;
  await using training: Training = args.model === "torch"
    ? openNetwork(
      library,
      { n_features: count, train_rows, learning_rate: learning_rate / 10, seed, weight: 1 },
      data,
      async (model) => {
        const answers = await model.predict(watched.rows, parts.watched.length);
        return judge(library, watched.labels, answers).log_loss;
      },
    )
    : await openBooster(
      library,
      {
        kind: args.model,
        folder: settings.trainers,
        n_features: count,
        train_rows,
        params: engineParams(args, settings.threads),
      },
      data,
    );
  const rounds = args.model === "torch" ? Math.min(n_estimators, EPOCHS_MAX) : n_estimators;
  let best = { loss: Infinity, round: 0 };
  for (let round = 0, over = false; round < rounds && !over;) {
    signal.throwIfAborted();
    const { losses, finished } = await training.rounds(rounds - round);
    let isStale = false;
    for (const loss of losses) {
      round += 1;
      if (loss < best.loss) best = { loss, round };
      isStale = round - best.round >= PATIENCE[args.model];
      if (isStale) break;
    }
    over = finished || isStale;
    const loss = losses.at(-1)!;
    ports.progress(0.1 + 0.8 * (round / rounds), `round ${round} of ${rounds}: log loss ${loss.toFixed(5)}`);
  }
  const model = await training.model(best.round);
  const theirs = await training.predict?.(best.round, watched.rows, parts.watched.length);
  if (theirs) {
    const ours = await model.predict(watched.rows, parts.watched.length);
    const off = ours.reduce((most, answer, at) => Math.max(most, Math.abs(answer - theirs[at]!)), 0);
    if (!(off <= PARITY)) {
      throw new AppError(
        "invalid",
        `Cannot use the trained model: its tables differ from the trainer by ${off}, need ${PARITY}`,
      );
    }
  }
  return { model, rounds: best.round };
}

function perDex(
  library: Library,
  test: readonly Example[],
  answers: Float32Array<ArrayBuffer>,
): ModelAbout["per_dex"] {
  const dexes = [...new Set(test.map(({ dex }) => dex))].sort();
  return dexes.map((dex) => {
    const places = test.flatMap((row, at) => row.dex === dex ? [at] : []);
    const judgement: Judgement = judge(
      library,
      Float32Array.from(places, (at) => test[at]!.label),
      Float32Array.from(places, (at) => answers[at]!),
    );
    return {
      dex,
      rows: judgement.rows,
      positives: judgement.positives,
      auc: judgement.auc,
      log_loss: judgement.log_loss,
    };
  });
}

/** Deploys the model as requested; `if_better`: only when it wins on the later slice. */
async function promote(
  args: TrainArgs,
  registry: ModelRegistry,
  library: Library,
  version: string,
  metrics: Judgement,
  test: readonly Example[],
  ports: JobPorts,
): Promise<{ promoted: boolean; why: string }> {
  if (args.promote === "never") return { promoted: false, why: "registered" };
  if (args.promote === "shadow") {
    const refused = await ports.goLive({ module: args.module, version, link: "shadow" });
    return { promoted: false, why: refused ?? "registered and in shadow" };
  }
  const list = registry.list(args.module);
  if (list.latest === version) return { promoted: true, why: "it is live already" };
  const names = featureNames(library, args.module).names;
  const { live, why } = await promotion(list, metrics, names, async (other) => {
    const rows = matrix(test, other.feature_names!.length);
    const path = registry.path(args.module, other.version);
    return judge(library, rows.labels, await artefactPredict(library, path, rows.rows, test.length));
  });
  if (!live) return { promoted: false, why };
  const refused = await ports.goLive({ module: args.module, version, link: "latest" });
  return { promoted: refused === null, why: refused ?? why };
}
