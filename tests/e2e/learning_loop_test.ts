/**
 * The learning loop on the executable: simulated history into the store, datasets and models from it, a model swapped
 * into the running agents without a restart or a gap in their sequences, and back.
 */
import assert from "node:assert/strict";
import type { ShadowComparison } from "../../core/models/shadow.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { chdb, clickHouseUrl, Part } from "../kafka/cluster.ts";
import { storeOfUrl } from "../kafka/lossless.ts";
import { endOf, modelStates, newest, sequences, settled, until } from "./evidence.ts";
import { legend, lines, type Outcome, withFolder } from "./executable.ts";
import { rowsOfGroups } from "./parquet_rows.ts";
import { byHand, KINDS, MODULES } from "./shadow_by_hand.ts";

type Module = typeof MODULES[number];

interface Trained {
  state: string;
  message: string;
  result: { version: string; auc: number | null; promoted: boolean };
}

const TRAINERS = ["xgb", "lgbm", "torch"] as const;
/** Maximum rows that the product compares. The test must stay below it, so that both use the same rows. */
const COMPARED_MAX = 50_000;

/** `legend run` on the simulator with a store of its own. */
interface Loop extends AsyncDisposable {
  readonly data: string;
  readonly log: EmbeddedLog;
  /** Flags for the whole history. */
  readonly range: readonly string[];
  call(args: readonly string[]): Promise<Outcome>;
  /** The one record that a verb prints. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Bounds the history: a killed module writes nothing to the log, however long the trainings take. */
  pauseModule(module: Module): Promise<void>;
  resume(module: Module): Promise<void>;
}

/** Versions of the trained models, by trainer. */
type Versions = Readonly<Record<Module, readonly string[]>>;

Deno.test("history becomes datasets and models, and a model decides in the running agents and goes again", () =>
  withFolder(async (data) => {
    await using loop = await startLoop(data);
    await historyIsEnough(loop);
    for (const module of MODULES) await loop.pauseModule(module);
    await scrapedFilesHaveAllRows(loop);
    const versions: Versions = { mev: await train(loop, "mev"), arbitrage: await train(loop, "arbitrage") };

    const pids = await agentPids(data);
    for (const module of MODULES) {
      const [xgb, lgbm] = versions[module] as [string, string];
      const since = await endOf(loop.log, "decision-evidence");
      await loop.resume(module);
      await shadowDecidesNothing(loop, module, lgbm);
      await deployedDecides(loop, module, xgb);
      await rolledBack(loop, module, xgb, lgbm);
      await comparisonIsRight(loop, module, xgb, lgbm, since);
    }
    for (const module of MODULES) await loop.resume(module);
    await readmeHolds(loop);
    assert.deepEqual(await agentPids(data), pids, "no agent was started again");
    await nothingIsMissing(loop);
  }));

async function startLoop(data: string): Promise<Loop> {
  const env = { LEGEND_CHDB: await chdb() };
  const begin = Math.floor(Date.now() / 1000) - 60;
  const words = [
    "run",
    "--source",
    "sim:7",
    "--speed",
    "20",
    "--port",
    String(freePort()),
    "--data-dir",
    data,
  ];
  const run = new Part(words, env).start();
  const call = (args: readonly string[]) => legend([...args, "--data-dir", data], { env });
  const log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
  return {
    data,
    log,
    range: ["--start", String(begin), "--end", String(begin + 86_400)],
    call,
    async json<T>(args: readonly string[]): Promise<T> {
      const { code, stdout, stderr } = await call([...args, "--json"]);
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
      return lines<T>(stdout)[0]!;
    },
    async pauseModule(module) {
      const { code, stderr } = await call(["kill", module, "--reason", "enough history"]);
      assert.equal(code, 0, stderr);
    },
    async resume(module) {
      const { code, stderr } = await call(["unkill", module]);
      assert.equal(code, 0, stderr);
    },
    async [Symbol.asyncDispose]() {
      await run.end();
      log[Symbol.dispose]();
    },
  };
}

async function historyIsEnough({ data }: Loop): Promise<void> {
  const store = storeOfUrl(await clickHouseUrl(data));
  const positives = async (kind: string, more: string) => {
    const [row] = await store.query<{ rows: string }>(
      `SELECT count() AS rows FROM decision_evidence WHERE JSONExtractString(evidence, 'kind') IN (${kind}) ${more}`,
    ).catch(() => [{ rows: "0" }]);
    return Number(row!.rows);
  };
  await until(
    "enough history",
    async () =>
      await positives("'sandwich'", "AND JSONExtractString(evidence, 'tier') = 'A'") > 150 &&
      await positives("'arbitrage'", "") > 500,
    120_000,
  );
}

async function scrapedFilesHaveAllRows({ data, range, json }: Loop): Promise<void> {
  const scraped = await json<
    { state: string; message: string; result: { files: { output: string; rows: number }[] } }
  >(
    ["scrape", "history.parquet", ...range],
  );
  assert.equal(scraped.state, "done");
  const all = scraped.result.files.reduce((sum, { rows }) => sum + rows, 0);
  assert.equal(scraped.message.split(" ")[0]!.replaceAll(",", ""), String(all));
  for (const { output, rows } of scraped.result.files) {
    const manifest = JSON.parse(await Deno.readTextFile(`${data}/datasets/${output}.manifest.json`));
    assert.deepEqual([manifest.rows, manifest.format], [rows, "parquet"], output);
    const [counted] = await rowsOfGroups(`${data}/datasets/${output}`);
    assert.equal(counted, rows, `${output} summed over its row groups`);
  }
}

/** A model by each trainer, with its report and a verified signature; returns their versions. */
async function train({ range, json, call }: Loop, module: Module): Promise<string[]> {
  const versions: string[] = [];
  for (const model of TRAINERS) {
    const job = await json<Trained>([
      "train",
      module,
      ...range,
      "--model",
      model,
      "--features",
      model === "xgb" ? "default" : "extended",
      "--param",
      "n_estimators=80",
    ]);
    assert.equal(job.state, "done", `${module} ${model}: ${job.message}`);
    if (module === "mev") assert.ok(job.result.auc! > 0.8, `${model}: AUC ${job.result.auc}`);
    versions.push(job.result.version);
    const svg = (await call(["model", "report", module, job.result.version])).stdout;
    assert.ok(svg.startsWith("<svg ") && svg.includes(`${module} ${job.result.version}`));
    const verified = await call(["model", "verify", module, job.result.version]);
    assert.equal(verified.code, 0, verified.stderr);
  }
  return versions;
}

/** The evidence of opportunities, each with the score of the model that decided. */
const openKind = (module: Module) => module === "mev" ? "open_sandwich" : "open_arbitrage";

async function shadowDecidesNothing(
  { data, log, call }: Loop,
  module: Module,
  version: string,
): Promise<void> {
  const kind = openKind(module);
  const shadowed = await call(["model", "shadow", module, version]);
  assert.equal(shadowed.code, 0, shadowed.stderr);
  await until(`${module} in shadow`, async () => (await status(data, module)).shadow_model === version);
  const from = await endOf(log, "decision-evidence");
  // What was decided before the shadow was there may still be on its way to the log.
  const scored = async () =>
    (await newest(log, kind, from)).findIndex(({ shadow }) => shadow?.model === version);
  await until(`a shadow score of ${module}`, async () => await scored() >= 0);
  const first = await scored();
  for (const [n, { model, shadow }] of (await newest(log, kind, from)).entries()) {
    assert.equal(model, "baseline-1", "a shadow decides nothing");
    if (n >= first) assert.ok(shadow?.model === version && shadow.score >= 0 && shadow.score <= 1);
  }
}

async function deployedDecides({ log, json }: Loop, module: Module, version: string): Promise<void> {
  const kind = openKind(module);
  const deployed = await json<{ receipts: { applied: boolean }[] }>(["model", "deploy", module, version]);
  assert.deepEqual(deployed.receipts.map(({ applied }) => applied), [true], "the agent's receipt");
  const from = await endOf(log, "decision-evidence");
  await until(
    `decisions of ${module} by ${version}`,
    async () => (await newest(log, kind, from)).length > 2,
  );
  const decided = (await newest(log, kind, from)).slice(1);
  for (const { model, score, features } of decided) {
    assert.equal(model, version);
    assert.ok(score > 0 && score < 1);
    assert.ok(Object.values(features).some((value) => value !== null));
  }
}

/** Deploys the second model over the first, and rolls back to the first. */
async function rolledBack({ data, json }: Loop, module: Module, xgb: string, lgbm: string): Promise<void> {
  const second = await json<{ receipts: { applied: boolean }[] }>(["model", "deploy", module, lgbm]);
  assert.deepEqual(second.receipts.map(({ applied }) => applied), [true]);
  const back = await json<{ version: string; receipts: { applied: boolean }[] }>([
    "model",
    "rollback",
    module,
  ]);
  assert.equal(back.version, xgb, "the one that was live before");
  // The receipt comes at once, the status a quarter of a second later.
  await until(`${xgb} in the status`, async () => (await status(data, module)).model === xgb);
}

/** `model compare` gives the same result for the evidence since an offset as counting by hand. */
async function comparisonIsRight(
  { log, call, pauseModule }: Loop,
  module: Module,
  xgb: string,
  lgbm: string,
  since: bigint,
): Promise<void> {
  let comparison: ShadowComparison | undefined;
  const compare = async () => {
    const { code, stdout } = await call(["model", "compare", module, "--json"]);
    comparison = code === 0 ? JSON.parse(stdout) : undefined;
  };
  await until(`answers for ${module}`, async () => {
    await compare();
    return comparison?.live === xgb && comparison?.judged !== null;
  });
  // Nothing more is written to the log while the comparison is repeated by hand from the log.
  await pauseModule(module);
  const expected = byHand(await settled(log, KINDS[module], since), module, xgb, lgbm);
  assert.ok(expected.decisions < COMPARED_MAX, `${expected.decisions} decisions are too many to compare`);
  await until(`the comparison of ${module}`, async () => {
    await compare();
    return comparison?.decisions === expected.decisions && comparison?.answered === expected.answered;
  });
  const { judged, passes, mean_difference } = comparison!;
  assert.deepEqual(passes, expected.passes);
  assert.equal(judged!.live.positives, expected.positives);
  assert.ok(judged!.live.rows === expected.answered && judged!.shadow.rows === expected.answered);
  for (
    const [ours, other] of [
      [mean_difference, expected.mean_difference],
      [judged!.live.brier, expected.brier.live],
      [judged!.shadow.brier, expected.brier.shadow],
    ]
  ) {
    assert.ok(Math.abs(ours! - other!) < 1e-5, `${ours} and ${other}`);
  }
}

/** The README's own lines, with this history's dates and their output. */
async function readmeHolds({ data, range, call }: Loop): Promise<void> {
  let version = "";
  for (const line of await readmeLines()) {
    const words = line.replace(/--start \S+ --end \S+/, range.join(" ")).replace("VERSION", version)
      .split(" ");
    const { code, stdout, stderr } = await call(words.slice(1));
    assert.equal(code, 0, `${line}: ${stderr}`);
    version = /^([0-9a-f]{12}): AUC/.exec(stdout)?.[1] ?? version;
  }
  await until(
    "the shadow in the status",
    async () => (await status(data, "mev")).shadow_model === version,
  );
}

async function nothingIsMissing({ log }: Loop): Promise<void> {
  for (const name of ["arbitrage-decisions-proto", "sandwich-decisions-proto"]) {
    for (const [producer, list] of await sequences(log, name)) {
      assert.deepEqual(list, list.map((_, at) => at + 1), `${producer} on ${name} has no hole`);
    }
  }
  const states = await modelStates(log);
  for (const module of MODULES) {
    for (const state of ["live", "shadow", "reaped"]) {
      assert.ok(states.has(`${module} ${state}`), `${module} ${state}`);
    }
  }
}

/** Commands of the README's section on models, without the comments after them. */
async function readmeLines(): Promise<string[]> {
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  const [, block = ""] = /## From history to a model\n[^`]*(?:`[^`]+`[^`]*)*?```\n([^`]*)```/.exec(readme) ??
    [];
  const lines = block.trim().split("\n").map((line) => line.split("  ")[0]!);
  assert.ok(lines.length >= 5 && lines.every((line) => line.startsWith("legend ")), block);
  return lines;
}

async function status(
  data: string,
  module: string,
): Promise<{ pid: number; model: string; shadow_model: string }> {
  return JSON.parse(await Deno.readTextFile(`${data}/agents/${module}.status.json`));
}

const agentPids = (data: string) =>
  Promise.all(MODULES.map(async (module) => (await status(data, module)).pid));
