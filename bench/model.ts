/** Models: one row, batches and building an artefact, against compiled trees, ONNX Runtime and XGBoost; training. */
import { readThrough } from "../core/log/follow.ts";
import { Library } from "../ffi/library.ts";
import { featureNames, judge, openBooster, type TrainedModel } from "../ffi/models.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { must } from "../tools/command.ts";
import { CACHE, EXECUTABLE, LIBRARY, ROOT, SHARED } from "../tools/paths.ts";
import { LIGHTGBM, XGBOOST } from "../tools/pins.ts";
import { trainersFolder } from "../tools/trainers.ts";
import { type BenchRow, median } from "./bench.ts";

const FEATURES = 11;
const SIZES = [100, 500];
const PACKAGES = [
  ...[XGBOOST, LIGHTGBM].map(({ name, version }) => `${name}==${version}`),
  "tl2cgen==1.0.0",
  "treelite==4.8.1",
  "onnxruntime==1.32.0",
  "onnxmltools",
  "onnx",
  "scikit-learn",
];

/** Python with the peers' packages. */
async function python(): Promise<string> {
  const venv = `${CACHE}/bench-py`;
  if (!await Deno.stat(`${venv}/.complete`).then(() => true, () => false)) {
    await must("python3", ["-m", "venv", venv]);
    await must(`${venv}/bin/pip`, ["install", "-q", ...PACKAGES]);
    await Deno.writeTextFile(`${venv}/.complete`, "");
  }
  return `${venv}/bin/python`;
}

/** The numbers on a peer's last line; its libraries may print lines before it. */
const peer = async (program: string, args: string[]) => {
  const output = await must(program, [`${ROOT}/bench/peers/models.py`, ...args], { capture: true });
  return output.trim().split("\n").at(-1)!.split(" ").map(Number);
};

async function example(name: string, args: string[]): Promise<string> {
  return await must("cargo", ["run", "--release", "-q", "-p", "model", "--example", name, "--", ...args], {
    cwd: `${ROOT}/ffi`,
    capture: true,
  });
}

/** Milliseconds to build an artefact, seven times. */
async function madeMs(folder: string): Promise<number[]> {
  const made: number[] = [];
  for (let n = 0; n < 7; n++) {
    made.push(Number(await example("make_artefact", [`${folder}/model.json`, `${folder}/ours.so`])));
  }
  return made;
}

/** Nanoseconds for a single row and for a row in a batch, by implementation. */
async function modelTimes(folder: string): Promise<Map<string, { single: number; batch: number }>> {
  const output = await example("model_bench", [
    `${folder}/rows.f32`,
    String(FEATURES),
    `ours=ours=${folder}/ours.so`,
    `file=so=${folder}/ours.so`,
    `gcc=so=${folder}/ifelse.so`,
    `tl2cgen=tl2cgen=${folder}/tl2cgen.so`,
  ]);
  return new Map(
    output.trim().split("\n").map((line) => {
      const [name, single, batch] = line.split(" ");
      return [name!, { single: Number(single), batch: Number(batch) }];
    }),
  );
}

/** Result rows for a model of this size: nanoseconds of ours and of a peer. */
const rowsOf = (trees: number) =>
(
  name: string,
  value: number,
  peer: string,
  peer_value: number,
  limit: number,
): BenchRow => ({
  name: `model_${trees}x6_${name}`,
  value,
  unit: "ns",
  peer,
  peer_value,
  ratio: peer_value / value,
  figure: { better: "higher", limit },
});

async function rowsOfSize(program: string, folder: string, trees: number): Promise<BenchRow[]> {
  const [gccSeconds] = await peer(program, ["prepare", folder, String(trees)]);
  const made = await madeMs(folder);
  const times = await modelTimes(folder);
  const ours = times.get("ours")!;
  const [onnx, xgbBatch] = await peer(program, ["runtime", folder, String(trees)]);
  const row = rowsOf(trees);
  return [
    row("row_gcc", ours.single, "gcc -O2 if/else", times.get("gcc")!.single, 3),
    row("row_tl2cgen", ours.single, "tl2cgen", times.get("tl2cgen")!.single, 3),
    row("row_onnx", ours.single, "ONNX Runtime (Python)", onnx!, 10),
    row("batch_1000", ours.batch, "XGBoost inplace_predict", xgbBatch!, 2),
    {
      name: `model_${trees}x6_file`,
      value: times.get("file")!.single,
      unit: "ns, the artefact's own code",
      ratio: 1,
    },
    {
      name: `model_${trees}x6_made`,
      value: median(made),
      unit: "ms",
      peer: "gcc -O2",
      peer_value: gccSeconds! * 1_000,
      ratio: median(made) / 50,
      figure: { better: "lower", limit: 1 },
    },
  ];
}

export async function modelBench(): Promise<BenchRow[]> {
  const program = await python();
  const rows: BenchRow[] = [];
  for (const trees of SIZES) {
    const folder = await Deno.makeTempDir({ prefix: "legend-bench-model-" });
    try {
      rows.push(...await rowsOfSize(program, folder, trees));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  return [...rows, ...await trainingBench(program)];
}

interface DataSet {
  readonly name: string;
  readonly x: Float32Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer>;
  readonly features: number;
  readonly cut: number;
}

/** Seeded: one set of plain numbers, and one with ties, NaN and one positive in fifty. */
function dataSets(): DataSet[] {
  // mulberry32
  let state = 12_345;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const make = (name: string, count: number, odd: boolean): DataSet => {
    const x = new Float32Array(count * FEATURES);
    const y = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      const own = x.subarray(row * FEATURES, (row + 1) * FEATURES);
      for (let k = 0; k < FEATURES; k++) own[k] = odd && k % 2 ? Math.round(2 * normal()) / 2 : normal();
      const margin = 1.5 * own[0]! - own[1]! * own[2]! + Math.sin(2 * own[3]!) - (odd ? 6 : 0.5);
      y[row] = uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
      if (odd) { for (let k = 0; k < FEATURES; k++) if (uniform() < 0.1) own[k] = NaN; }
    }
    return { name, x, y, features: FEATURES, cut: Math.floor(count * 0.8) };
  };
  return [make("plain", 100_000, false), make("odd", 100_000, true)];
}

/**
 * The sandwich features of the program-executed blocks, as the agents write them; repeated until a training takes long
 * enough to measure.
 */
async function executed(library: Library): Promise<DataSet> {
  await must(`${ROOT}/compile.sh`, ["--slim", "--fast"]);
  const data = await Deno.makeTempDir({ prefix: "legend-bench-executed-" });
  try {
    const source = ["--source", `file:${SHARED}/executed/blocks`];
    const accounts = ["--accounts", `${SHARED}/executed/accounts_start.ndjson.zst`];
    await must(EXECUTABLE, ["run", ...source, ...accounts, "--data-dir", data], { capture: true });
    const { names } = featureNames(library, "mev");
    using log = new EmbeddedLog(library, `${data}/log`);
    using topic = await log.topic("decision-evidence");
    const rows: number[][] = [];
    const labels: number[] = [];
    for await (const block of readThrough(topic, "start")) {
      for (const { value } of "records" in block ? block.records : []) {
        const { kind, tier, features } = JSON.parse(new TextDecoder().decode(value!));
        if (!/^(wide_)?sandwich$/.test(kind) || !features) continue;
        rows.push(names.map((name) => features[name] ?? NaN));
        labels.push(tier === "A" ? 1 : 0);
      }
    }
    const cut = Math.floor(rows.length * 0.7);
    const x = Float32Array.from([...repeated(rows.slice(0, cut)), ...rows.slice(cut)].flat());
    const y = Float32Array.from([...repeated(labels.slice(0, cut)), ...labels.slice(cut)]);
    return { name: "executed", x, y, features: names.length, cut: cut * REPEATS };
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

const REPEATS = 1_000;
const repeated = <T>(list: readonly T[]): T[] => Array.from({ length: REPEATS }, () => list).flat();

const ROUNDS = 200;

const ENGINES = ["xgb", "lgbm"] as const;
type Engine = typeof ENGINES[number];

/** Parameters, by the engine's own names. */
function paramsOf(kind: Engine): Record<string, string | number> {
  const threads = navigator.hardwareConcurrency;
  return kind === "xgb"
    ? {
      objective: "binary:logistic",
      eval_metric: "logloss",
      tree_method: "hist",
      max_depth: 6,
      eta: 0.08,
      subsample: 0.9,
      colsample_bytree: 0.8,
      lambda: 1.2,
      seed: 7,
      seed_per_iteration: "true",
      nthread: threads,
      verbosity: 0,
    }
    : {
      objective: "binary",
      metric: "binary_logloss",
      max_depth: 6,
      num_leaves: 63,
      learning_rate: 0.08,
      bagging_fraction: 0.9,
      bagging_freq: 1,
      feature_fraction: 0.8,
      lambda_l2: 1.2,
      seed: 7,
      num_threads: threads,
      deterministic: "true",
      force_row_wise: "true",
      verbosity: -1,
    };
}

/** Writes the file for the Python peer; returns its path. */
async function written({ x, y, features, cut }: DataSet): Promise<string> {
  const file = await Deno.makeTempFile();
  const head = Float32Array.of(y.length, features, cut);
  const all = new Float32Array(head.length + x.length + y.length);
  all.set(head);
  all.set(x, head.length);
  all.set(y, head.length + x.length);
  await Deno.writeFile(file, new Uint8Array(all.buffer));
  return file;
}

/** A training through our Worker's path: its time, and how well the model ranks unseen rows. */
async function train(
  library: Library,
  folder: string,
  kind: Engine,
  { x, y, features, cut }: DataSet,
): Promise<{ seconds: number; auc: number }> {
  const params = Object.entries(paramsOf(kind)).map(([key, value]): [string, string] => [key, String(value)]);
  const begin = performance.now();
  await using training = await openBooster(
    library,
    { kind, folder, n_features: features, train_rows: cut, params },
    { rows: x, labels: y },
  );
  for (let n = 0; n < ROUNDS;) n += (await training.rounds(ROUNDS - n)).losses.length;
  using model: TrainedModel = await training.model(ROUNDS);
  const seconds = (performance.now() - begin) / 1000;
  const answers = await model.predict(x.slice(cut * features), y.length - cut);
  return { seconds, auc: judge(library, y.slice(cut), answers).auc ?? 0 };
}

/** The same engine through our Worker's path and through its Python package. */
async function trainingBench(program: string): Promise<BenchRow[]> {
  const library = new Library(LIBRARY);
  const folder = await trainersFolder();
  const rows: BenchRow[] = [];
  for (const data of [...dataSets(), await executed(library)]) {
    const { name } = data;
    const file = await written(data);
    for (const kind of ENGINES) {
      const params = paramsOf(kind);
      const [ours, theirs]: [number[], number[]] = [[], []];
      let [auc, theirAuc] = [0, 0];
      for (let round = 0; round < 3; round++) {
        const trained = await train(library, folder, kind, data);
        ours.push(trained.seconds);
        auc = trained.auc;
        const [seconds, area] = await peer(program, [
          "train",
          file,
          kind,
          JSON.stringify({ ...params, rounds: ROUNDS }),
        ]);
        theirs.push(seconds!);
        theirAuc = area!;
      }
      rows.push(
        {
          name: `train_${kind}_${name}`,
          value: median(ours),
          unit: "s",
          peer: "its Python package",
          peer_value: median(theirs),
          ratio: median(ours) / median(theirs),
          figure: { better: "lower", limit: 1.1 },
        },
        {
          name: `train_${kind}_${name}_auc`,
          value: auc,
          unit: "AUC",
          peer: "its Python package",
          peer_value: theirAuc,
          ratio: Math.abs(auc - theirAuc),
          figure: { better: "lower", limit: 0.002 },
        },
      );
    }
    await Deno.remove(file);
  }
  return rows;
}
