"""Times of other implementations: if/else by gcc, tl2cgen, ONNX Runtime, XGBoost's batches; training by the packages.

models.py prepare FOLDER TREES   trains on seeded data, writes rows, model.json, ifelse.so, tl2cgen.so, model.onnx; prints AUC
models.py runtime FOLDER TREES   prints ns of one row in ONNX Runtime, ns of a batch of 1,000 in XGBoost's C API
models.py train DATA KIND PARAMS prints seconds and AUC of the Python package on DATA (rows, features, train rows, x, y)
"""
import ctypes, json, os, statistics, subprocess, sys, time
import numpy as np

FEATURES = 11
THREADS = 1


def data(rows, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    margin = 1.5 * x[:, 0] - x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) - 0.5
    y = (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.float32)
    return x, y


def ifelse(model, path):
    """Each tree as nested ifs, compiled with gcc -O2: the output of a simple code generator."""
    learner = json.load(open(model))["learner"]
    score = float(learner["learner_model_param"]["base_score"].strip("[]"))
    out = ["#include <math.h>", "#include <stddef.h>"]
    trees = learner["gradient_booster"]["model"]["trees"]
    for number, tree in enumerate(trees):
        left, right = tree["left_children"], tree["right_children"]
        def node(at, depth):
            pad = "  " * depth
            if left[at] < 0:
                return f"{pad}return {float(tree['split_conditions'][at])!r}f;\n"
            feature, value = tree["split_indices"][at], float(tree["split_conditions"][at])
            miss = "" if not tree["default_left"][at] else f" || x[{feature}] != x[{feature}]"
            return (f"{pad}if (x[{feature}] < {value!r}f{miss}) {{\n{node(left[at], depth + 1)}{pad}}} else {{\n"
                    f"{node(right[at], depth + 1)}{pad}}}\n")
        out.append(f"static float t{number}(const float *x) {{\n{node(0, 1)}}}")
    calls = "".join(f"  s += t{number}(x);\n" for number in range(len(trees)))
    base = float(np.log(score / (1 - score)))
    out.append(f"float treelite_predict(const float *x, size_t n) {{\n  float s = {base!r}f;\n{calls}"
               "  return 1.0f / (1.0f + expf(-s));\n}")
    source = path.replace(".so", ".c")
    open(source, "w").write("\n".join(out))
    begin = time.perf_counter()
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", path, source, "-lm"], check=True)
    return time.perf_counter() - begin


def prepare(folder, trees):
    import onnxmltools, tl2cgen, treelite, xgboost as xgb
    from onnxmltools.convert.common.data_types import FloatTensorType
    x, y = data(60_000, 3)
    model = xgb.XGBClassifier(n_estimators=trees, max_depth=6, learning_rate=0.1, n_jobs=2, tree_method="hist")
    model.fit(x[:50_000], y[:50_000])
    x[50_000:].tofile(f"{folder}/rows.f32")
    model.get_booster().save_model(f"{folder}/model.json")
    seconds = ifelse(f"{folder}/model.json", f"{folder}/ifelse.so")
    loaded = treelite.frontend.load_xgboost_model(f"{folder}/model.json")
    tl2cgen.export_lib(loaded, toolchain="gcc", libpath=f"{folder}/tl2cgen.so", params={"parallel_comp": 2})
    onnx = onnxmltools.convert_xgboost(model, initial_types=[("x", FloatTensorType([None, FEATURES]))])
    open(f"{folder}/model.onnx", "wb").write(onnx.SerializeToString())
    print(f"{seconds:.3f}")


def runtime(folder, trees):
    import onnxruntime as ort, xgboost as xgb
    x = np.fromfile(f"{folder}/rows.f32", dtype=np.float32).reshape(-1, FEATURES)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = THREADS
    session = ort.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    rows = [np.ascontiguousarray(x[at:at + 1]) for at in range(2_000)]
    singles = []
    for _ in range(7):
        begin = time.perf_counter_ns()
        for row in rows:
            session.run(names[-1:], {"x": row})
        singles.append((time.perf_counter_ns() - begin) / len(rows))
    booster = xgb.Booster(model_file=f"{folder}/model.json")
    booster.set_param({"nthread": THREADS})
    batches = []
    for _ in range(15):
        begin = time.perf_counter_ns()
        for at in range(0, 10_000, 1_000):
            booster.inplace_predict(x[at:at + 1_000])
        batches.append((time.perf_counter_ns() - begin) / 10)
    print(f"{statistics.median(singles):.1f} {statistics.median(batches):.1f}")


def train(path, kind, params):
    raw = np.fromfile(path, dtype=np.float32)
    rows, features, cut = (int(number) for number in raw[:3])
    x = raw[3:3 + rows * features].reshape(rows, features)
    y = raw[3 + rows * features:3 + rows * features + rows]
    params, rounds = json.loads(params), None
    rounds = params.pop("rounds")
    begin = time.perf_counter()
    if kind == "xgb":
        import xgboost as xgb
        train, test = xgb.DMatrix(x[:cut], y[:cut]), xgb.DMatrix(x[cut:], y[cut:])
        begin = time.perf_counter()
        train, test = xgb.DMatrix(x[:cut], y[:cut]), xgb.DMatrix(x[cut:], y[cut:])
        model = xgb.train(params, train, rounds, evals=[(test, "watched")], verbose_eval=False)
        seconds = time.perf_counter() - begin
        answers = model.predict(test)
    else:
        import lightgbm as lgb
        begin = time.perf_counter()
        train = lgb.Dataset(x[:cut], y[:cut], params=params)
        test = lgb.Dataset(x[cut:], y[cut:], reference=train, params=params)
        model = lgb.train(params, train, rounds, valid_sets=[test])
        seconds = time.perf_counter() - begin
        answers = model.predict(x[cut:])
    from sklearn.metrics import roc_auc_score
    print(f"{seconds:.4f} {roc_auc_score(y[cut:], answers):.6f}")


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "train":
        train(*rest)
    else:
        {"prepare": prepare, "runtime": runtime}[verb](rest[0], int(rest[1]))
