/** Training engines, models and their registry. Rows are float32 `[rows, features]`, row-major; NaN = not known. */
import { check, type Library, utf8 } from "./library.ts";
import type { ModuleName } from "../core/control/control.ts";
import type {
  Judgement,
  ModelAbout,
  ModelList,
  ModelProof,
  ModelSlot,
  ModelState,
  TrainerKind,
} from "../core/models/models.ts";

/** Names of a module's features; the first `default` of them are the default set. */
export interface FeatureNames {
  names: string[];
  default: number;
  /** Hash of each set, as artefacts carry it. */
  schema: { default: string; extended: string };
}

export function featureNames(library: Library, module: ModuleName): FeatureNames {
  const text = utf8(module);
  const { legend_features } = library.symbols;
  return JSON.parse(library.text((out, size) => legend_features(text, text.length, out, size)));
}

type Bytes = Uint8Array<ArrayBuffer>;
const bytesOf = (numbers: Float32Array<ArrayBuffer>): Bytes =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Rows with their labels, 0 or 1. */
export interface LabelledRows {
  readonly rows: Float32Array<ArrayBuffer>;
  readonly labels: Float32Array<ArrayBuffer>;
}

/** A trained model in memory. */
export class TrainedModel implements Disposable {
  constructor(readonly library: Library, readonly handle: number) {}

  /** Sets its calibration from rows that it was not trained on. */
  async calibrate({ rows, labels }: LabelledRows): Promise<{ slope: number; offset: number }> {
    const [x, y] = [bytesOf(rows), bytesOf(labels)];
    const { legend_model_calibrate } = this.library.symbols;
    return JSON.parse(
      await this.library.textAsync((out, size) =>
        legend_model_calibrate(this.handle, x, x.length, y, y.length, out, size)
      ),
    );
  }

  /** How much the log loss grows when each feature is shuffled. */
  async importance({ rows, labels }: LabelledRows): Promise<number[]> {
    const [x, y] = [bytesOf(rows), bytesOf(labels)];
    const { legend_model_importance } = this.library.symbols;
    return JSON.parse(
      await this.library.textAsync((out, size) =>
        legend_model_importance(this.handle, x, x.length, y, y.length, out, size)
      ),
    );
  }

  async predict(rows: Float32Array<ArrayBuffer>, count: number): Promise<Float32Array<ArrayBuffer>> {
    const x = bytesOf(rows);
    const answers = new Float32Array(Math.max(count, 512));
    const { legend_model_predict } = this.library.symbols;
    const out = bytesOf(answers);
    check(await legend_model_predict(this.handle, x, x.length, out, out.length), out);
    return answers.subarray(0, count);
  }

  [Symbol.dispose](): void {
    this.library.symbols.legend_model_close(this.handle);
  }
}

/** One training, some rounds at a time. */
export interface Training extends AsyncDisposable {
  /**
   * Continues for at most `max` rounds and about 50 ms, but at least one round. Returns the log loss of the watched
   * rows after each round, and whether nothing more can be learned.
   */
  rounds(max: number): Promise<{ losses: number[]; finished: boolean }>;
  /** What the first `rounds` rounds gave. */
  model(rounds: number): Promise<TrainedModel>;
  /** The engine's own probabilities for these rounds; missing for a network, which is our own code. */
  predict?(
    rounds: number,
    rows: Float32Array<ArrayBuffer>,
    count: number,
  ): Promise<Float32Array<ArrayBuffer>>;
}

export interface BoosterOptions {
  readonly kind: Exclude<TrainerKind, "torch">;
  /** The folder of the engines. */
  readonly folder: string;
  readonly n_features: number;
  /** Rows that are trained on; those after them are watched. */
  readonly train_rows: number;
  readonly params: readonly (readonly [string, string])[];
}

/** XGBoost or LightGBM. */
export async function openBooster(
  library: Library,
  options: BoosterOptions,
  { rows, labels }: LabelledRows,
): Promise<Training> {
  const text = utf8(JSON.stringify(options));
  const [x, y] = [bytesOf(rows), bytesOf(labels)];
  const { symbols } = library;
  const { value: handle } = await library.callAsync((out, size) =>
    symbols.legend_trainer_open(text, text.length, x, x.length, y, y.length, out, size)
  );
  return {
    async rounds(max) {
      const answer = await library.textAsync((out, size) =>
        symbols.legend_trainer_rounds(handle, max, out, size)
      );
      const [losses, finished] = JSON.parse(answer) as [number[], boolean];
      return { losses, finished };
    },
    async model(rounds) {
      const { value } = await library.callAsync((out, size) =>
        symbols.legend_trainer_model(handle, rounds, out, size)
      );
      return new TrainedModel(library, value);
    },
    async predict(rounds, rows, count) {
      const x = bytesOf(rows);
      const answers = new Float32Array(Math.max(count, 512));
      const out = bytesOf(answers);
      check(await symbols.legend_trainer_predict(handle, rounds, x, x.length, out, out.length), out);
      return answers.subarray(0, count);
    },
    [Symbol.asyncDispose]: () => symbols.legend_trainer_close(handle),
  };
}

/** A small network; a round is one pass over all rows. The model of an earlier round is kept as it was then. */
export function openNetwork(
  library: Library,
  options: { n_features: number; train_rows: number; learning_rate: number; seed: number; weight: number },
  { rows, labels }: LabelledRows,
  lossOf: (model: TrainedModel) => Promise<number>,
): Training {
  const { n_features, train_rows, learning_rate, seed, weight } = options;
  const x = bytesOf(rows.subarray(0, train_rows * n_features) as Float32Array<ArrayBuffer>);
  const y = bytesOf(labels.subarray(0, train_rows) as Float32Array<ArrayBuffer>);
  const { symbols } = library;
  const { value: handle } = library.call((out, size) =>
    symbols.legend_network_open(x, x.length, n_features, learning_rate, seed, out, size)
  );
  // Early stopping asks for the best round, which has passed by then: the best so far is kept.
  const models: TrainedModel[] = [];
  let best = { loss: Infinity, round: 0 };
  return {
    async rounds() {
      await library.textAsync((out, size) =>
        symbols.legend_network_epoch(handle, x, x.length, y, y.length, weight, out, size)
      );
      const { value } = library.call((out, size) => symbols.legend_network_model(handle, out, size));
      const model = new TrainedModel(library, value);
      const loss = await lossOf(model);
      const round = models.push(model);
      if (loss < best.loss) best = { loss, round };
      models.forEach((known, at) => {
        if (at + 1 !== best.round && at + 1 !== round) known[Symbol.dispose]();
      });
      return { losses: [loss], finished: false };
    },
    model(rounds) {
      const model = models[rounds - 1];
      if (!model) throw new Error(`Cannot return the network of round ${rounds}: it is not kept`);
      return Promise.resolve(model);
    },
    [Symbol.asyncDispose]: () => {
      symbols.legend_network_close(handle);
      return Promise.resolve();
    },
  };
}

/** How good probabilities are. */
export function judge(
  library: Library,
  labels: Float32Array<ArrayBuffer>,
  probabilities: Float32Array<ArrayBuffer>,
): Judgement {
  const [y, p] = [bytesOf(labels), bytesOf(probabilities)];
  const { legend_judge } = library.symbols;
  return JSON.parse(library.text((out, size) => legend_judge(y, y.length, p, p.length, out, size)));
}

/** Answers of a registered artefact. */
export async function artefactPredict(
  library: Library,
  path: string,
  rows: Float32Array<ArrayBuffer>,
  count: number,
): Promise<Float32Array<ArrayBuffer>> {
  const [text, x] = [utf8(path), bytesOf(rows)];
  const answers = new Float32Array(Math.max(count, 512));
  const out = bytesOf(answers);
  const { legend_artefact_predict } = library.symbols;
  check(await legend_artefact_predict(text, text.length, x, x.length, out, out.length), out);
  return answers.subarray(0, count);
}

/** The models of a data folder. */
export class ModelRegistry {
  constructor(
    readonly library: Library,
    readonly dataDir: string,
    /** A key other than the installation's own. */
    readonly signSkHex = "",
    /** Whether models that contain code may be used: that code has all rights of the process. */
    readonly foreign = false,
  ) {}

  #request<T>(module: ModuleName, kind: string, more: Record<string, unknown> = {}): T {
    const sign_sk_hex = this.signSkHex || null;
    const text = utf8(
      JSON.stringify({
        data_dir: this.dataDir,
        module,
        sign_sk_hex,
        foreign: this.foreign,
        request: { kind, ...more },
      }),
    );
    const { legend_registry } = this.library.symbols;
    return JSON.parse(this.library.text((out, size) => legend_registry(text, text.length, out, size)));
  }

  list(module: ModuleName): ModelList {
    return this.#request(module, "list");
  }

  verify(module: ModuleName, version: string): { usable: boolean; reason?: string; foreign?: boolean } {
    return this.#request(module, "verify", { version });
  }

  /** Names the version of a link; running agents see it at once. `null` takes the name away. */
  select(module: ModuleName, slot: ModelSlot, version: string | null, requestId = ""): void {
    this.#request(module, "select", { slot, version, request_id: requestId });
  }

  /** The current and the desired state, cheap enough to be polled all the time. */
  state(module: ModuleName): ModelState {
    return this.#request(module, "state");
  }

  /** Installs a version from another host: `artefact` is a file with its bytes. Throws the reason when it is refused. */
  install(module: ModuleName, version: string, artefact: string, proof: ModelProof): void {
    this.#request(module, "install", { version, artefact, ...proof });
  }

  sign(module: ModuleName, text: string): string {
    return this.#request<{ signature: string }>(module, "sign", { text }).signature;
  }

  /** Why a signed text is not trusted; null when it is. */
  refusal(module: ModuleName, text: string, signature: string): string | null {
    return this.#request<{ refused: string | null }>(module, "check", { text, signature }).refused;
  }

  path(module: ModuleName, version: string): string {
    return `${this.dataDir}/models/lib${module}_v${version}.so`;
  }

  /** Makes an artefact of a trained model and registers it. */
  register(
    module: ModuleName,
    model: TrainedModel,
    about: ModelAbout,
    golden: Float32Array<ArrayBuffer>,
  ): Promise<{ version: string; bytes: number }> {
    return this.#register(module, model.handle, { about }, bytesOf(golden));
  }

  /** Registers a shared object that was made outside this program. */
  import(module: ModuleName, file: string): Promise<{ version: string; bytes: number }> {
    return this.#register(module, 0, { about: { source: "imported" }, file }, new Uint8Array(0));
  }

  async #register(
    module: ModuleName,
    handle: number,
    more: Record<string, unknown>,
    golden: Bytes,
  ): Promise<{ version: string; bytes: number }> {
    const { dataDir: data_dir, signSkHex, foreign } = this;
    const options = { data_dir, module, sign_sk_hex: signSkHex || null, foreign, ...more };
    const text = utf8(JSON.stringify(options));
    const { legend_model_register } = this.library.symbols;
    return JSON.parse(
      await this.library.textAsync((out, size) =>
        legend_model_register(handle, text, text.length, golden, golden.length, out, size)
      ),
    );
  }
}
