/** An artefact gives the same results as its trainer: in our evaluator, and loaded by another program. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { Library } from "../../ffi/library.ts";
import { featureNames, type LabelledRows, ModelRegistry, openBooster } from "../../ffi/models.ts";
import type { ModelAbout } from "../../core/models/models.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { trainersFolder } from "../../tools/trainers.ts";
import { withFolder } from "./executable.ts";

const ROWS = 10_000;
const TOLERANCE = 1e-6;

/** Seeded rows with values that break comparisons and sums; the label depends on the first feature. */
function oddRows(count: number, features: number, seed: number): LabelledRows {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const odd = [NaN, Infinity, -Infinity, 1e-40, -1e-42, 0, -0, 3.4e38, -3.4e38];
  const rows = new Float32Array(count * features);
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const truth = 4 * uniform() - 2;
    labels[row] = uniform() < 1 / (1 + Math.exp(-3 * truth)) ? 1 : 0;
    for (let k = 0; k < features; k++) {
      const plain = k === 0 ? truth : 4 * uniform() - 2;
      rows[row * features + k] = uniform() < 0.15 ? odd[Math.floor(uniform() * odd.length)]! : plain;
    }
  }
  return { rows, labels };
}

/** Loads the shared object as any program would. */
const CTYPES = `
import ctypes, struct, sys
path, rows, features = sys.argv[1], sys.argv[2], int(sys.argv[3])
predict = ctypes.CDLL(path).treelite_predict
predict.restype = ctypes.c_float
predict.argtypes = [ctypes.POINTER(ctypes.c_float), ctypes.c_size_t]
data = open(rows, 'rb').read()
row = ctypes.c_float * features
answers = [predict(row.from_buffer_copy(data, at), features) for at in range(0, len(data), 4 * features)]
sys.stdout.buffer.write(struct.pack('<%df' % len(answers), *answers))
`;

for (const kind of ["xgb", "lgbm"] as const) {
  Deno.test(`${kind}: trainer, tables, and the artefact in Python's ctypes agree on ${ROWS} rows with NaN, infinities and denormals`, () =>
    withFolder(async (folder) => {
      const library = new Library(LIBRARY);
      const features = 11;
      const data = oddRows(6_000, features, 1);
      // XGBoost cannot train on infinity, and the agents' rows have none; it is still evaluated on some.
      data.rows.forEach((value, at) => (data.rows[at] = Math.abs(value) === Infinity ? NaN : value));
      const params: [string, string][] = kind === "xgb"
        ? [["objective", "binary:logistic"], ["eval_metric", "logloss"], ["tree_method", "hist"], [
          "max_depth",
          "7",
        ], ["nthread", "2"]]
        : [["objective", "binary"], ["metric", "binary_logloss"], ["num_leaves", "63"], ["max_depth", "7"], [
          "verbosity",
          "-1",
        ]];
      await using training = await openBooster(
        library,
        { kind, folder: await trainersFolder(), n_features: features, train_rows: 5_000, params },
        data,
      );
      for (let round = 0; round < 60;) round += (await training.rounds(60 - round)).losses.length;
      using model = await training.model(60);
      const { rows } = oddRows(ROWS, features, 2);
      const theirs = await training.predict!(60, rows, ROWS);
      const ours = await model.predict(rows, ROWS);
      const { schema, names } = featureNames(library, "mev");
      const about = { kind, schema_hash: schema.extended, feature_names: names } as ModelAbout;
      openDataDir(folder);
      const registry = new ModelRegistry(library, folder);
      const { version } = await registry.register("mev", model, about, rows.slice(0, 32 * features));
      assert.deepEqual(registry.verify("mev", version), { version, usable: true, foreign: false });
      await Deno.writeFile(`${folder}/rows`, new Uint8Array(rows.buffer));
      const { success, stdout, stderr } = await new Deno.Command("python3", {
        args: ["-c", CTYPES, registry.path("mev", version), `${folder}/rows`, String(features)],
        stdout: "piped",
        stderr: "piped",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const loaded = new Float32Array(stdout.slice().buffer);
      assert.equal(loaded.length, ROWS);
      let spread = 0;
      for (let at = 0; at < ROWS; at++) {
        for (const [name, answer] of [["tables", ours[at]!], ["ctypes", loaded[at]!]] as const) {
          const off = Math.abs(answer - theirs[at]!);
          assert.ok(off <= TOLERANCE, `${name} row ${at}: ${answer}, the trainer ${theirs[at]}`);
        }
        spread = Math.max(spread, Math.abs(theirs[at]! - theirs[0]!));
      }
      assert.ok(spread > 0.3, "the model says different things of different rows");
    }));
}

for (const kind of ["xgb", "lgbm"] as const) {
  Deno.test(`${kind}: each round is reported once and in order, however many are grown at a time`, async () => {
    const library = new Library(LIBRARY);
    const rounds = 300;
    const params: [string, string][] = kind === "xgb"
      ? [["objective", "binary:logistic"], ["eval_metric", "logloss"], ["max_depth", "2"], ["eta", "0.02"]]
      : [["objective", "binary"], ["metric", "binary_logloss"], ["num_leaves", "3"], ["verbosity", "-1"]];
    const losses = async (atOnce: number): Promise<number[]> => {
      const options = {
        kind,
        folder: await trainersFolder(),
        n_features: 1,
        train_rows: 150,
        params: [...params, ["seed", "1"], [kind === "xgb" ? "nthread" : "num_threads", "1"]] as const,
      };
      const rows = Float32Array.from({ length: 200 }, (_, at) => Math.sin(at));
      const labels = rows.map((value, at) => value + Math.cos(7 * at) > 0 ? 1 : 0);
      await using training = await openBooster(library, options, { rows, labels });
      const scores: number[] = [];
      while (scores.length < rounds) {
        scores.push(...(await training.rounds(Math.min(atOnce, rounds - scores.length))).losses);
      }
      return scores;
    };
    const [one, many] = [await losses(1), await losses(rounds)];
    assert.deepEqual(many, one);
    assert.ok(one[0]! > one[20]!, "it learns");
  });
}
