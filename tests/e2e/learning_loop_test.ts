/**
 * The loop that learns, on the executable: simulated history into the store, datasets and models out of it, a model
 * swapped into the running agents without a restart or a hole in their sequences, and back.
 */
import assert from "node:assert/strict";
import { jobs, realtime } from "../../proto/wire.ts";
import { readThrough } from "../../core/log/follow.ts";
import type { ShadowComparison } from "../../core/models/shadow.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { chdb, clickHouseUrl, Part } from "../kafka/cluster.ts";
import { storeOfUrl } from "../kafka/lossless.ts";
import { legend, lines, withFolder } from "./executable.ts";
import { pause } from "../../core/platform/pause.ts";

interface Evidence {
  decision_id: string;
  kind: string;
  slot: number;
  model: string;
  score: number;
  shadow: { model: string; score: number } | null;
  features: Record<string, number | null>;
  trigger: string;
  hops: { pool: string }[];
  gate_terms: { term: string; limit: number }[];
  tier: string | null;
  net_raw: string;
  cycle: { pool: string }[];
  victims: { signature: string }[];
}

interface Trained {
  state: string;
  message: string;
  result: { version: string; auc: number | null; promoted: boolean };
}

const MODULES = ["mev", "arbitrage"] as const;
const TRAINERS = ["xgb", "lgbm", "torch"] as const;
/** What the product compares at most; so that both look at the same rows, the test must stay below. */
const COMPARED_MAX = 50_000;

async function until(what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await pause(100);
  }
}

/** The evidence of kinds from an offset on. */
async function newest(log: EmbeddedLog, kinds: string, from: bigint): Promise<Evidence[]> {
  using topic = await log.topic("decision-evidence");
  const found: Evidence[] = [];
  for await (const block of readThrough(topic, from)) {
    if ("gap" in block) continue;
    for (const { value } of block.records) {
      const evidence = JSON.parse(new TextDecoder().decode(value!)) as Evidence;
      if (kinds.split(" ").includes(evidence.kind)) found.push(evidence);
    }
  }
  return found;
}

/** As `newest`, once the publisher has written what it was handed before the kill. */
async function settled(log: EmbeddedLog, kinds: string, from: bigint): Promise<Evidence[]> {
  let end = -1n;
  await until("the end of the evidence", async () => {
    // Nothing more comes: that is all that there is to see.
    await pause(500);
    const before = end;
    end = await endOf(log, "decision-evidence");
    return end === before;
  });
  return await newest(log, kinds, from);
}

async function endOf(log: EmbeddedLog, name: string): Promise<bigint> {
  using topic = await log.topic(name);
  return (await topic.info()).partitions[0]!.end;
}

/** Sequences of each producer on a topic, all of them. */
async function sequences(log: EmbeddedLog, name: string): Promise<Map<string, number[]>> {
  using topic = await log.topic(name);
  const found = new Map<string, number[]>();
  for await (const block of readThrough(topic, "start")) {
    assert.ok("records" in block);
    for (const { value } of block.records) {
      const { producerId, seq } = realtime.Envelope.decode(value!);
      const list = found.get(producerId);
      if (list) list.push(Number(seq));
      else found.set(producerId, [Number(seq)]);
    }
  }
  return found;
}

Deno.test("history becomes datasets and models, and a model decides in the running agents and goes again", () =>
  withFolder(async (data) => {
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
    const json = async <T>(args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await call([...args, "--json"]);
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
      return lines<T>(stdout)[0]!;
    };
    using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
    try {
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
      // The history is bounded: a killed module puts nothing on the log, however long the trainings take.
      const pauseModule = async (module: typeof MODULES[number]) => {
        const { code, stderr } = await call(["kill", module, "--reason", "enough history"]);
        assert.equal(code, 0, stderr);
      };
      const resume = async (module: typeof MODULES[number]) => {
        const { code, stderr } = await call(["unkill", module]);
        assert.equal(code, 0, stderr);
      };
      for (const module of MODULES) await pauseModule(module);
      const range = ["--start", String(begin), "--end", String(begin + 86_400)];

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

      const versions: Record<string, string[]> = { mev: [], arbitrage: [] };
      for (const module of MODULES) {
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
          versions[module]!.push(job.result.version);
          const svg = (await call(["model", "report", module, job.result.version])).stdout;
          assert.ok(svg.startsWith("<svg ") && svg.includes(`${module} ${job.result.version}`));
          const verified = await call(["model", "verify", module, job.result.version]);
          assert.equal(verified.code, 0, verified.stderr);
        }
      }

      const pids = await agentPids(data);
      for (const module of MODULES) {
        const [xgb, lgbm] = versions[module]!;
        const kind = module === "mev" ? "open_sandwich" : "open_arbitrage";
        const since = await endOf(log, "decision-evidence");
        await resume(module);
        const shadowed = await call(["model", "shadow", module, lgbm!]);
        assert.equal(shadowed.code, 0, shadowed.stderr);
        await until(`${module} in shadow`, async () => (await status(data, module)).shadow_model === lgbm);
        let from = await endOf(log, "decision-evidence");
        await until(`a shadow score of ${module}`, async () => (await newest(log, kind, from)).length > 0);
        for (const { model, shadow } of await newest(log, kind, from)) {
          assert.equal(model, "baseline-1", "a shadow decides nothing");
          assert.ok(shadow?.model === lgbm && shadow!.score >= 0 && shadow!.score <= 1);
        }

        const deployed = await json<{ receipts: { applied: boolean }[] }>(["model", "deploy", module, xgb!]);
        assert.deepEqual(deployed.receipts.map(({ applied }) => applied), [true], "the agent's receipt");
        from = await endOf(log, "decision-evidence");
        await until(
          `decisions of ${module} by ${xgb}`,
          async () => (await newest(log, kind, from)).length > 2,
        );
        const decided = (await newest(log, kind, from)).slice(1);
        for (const { model, score, features } of decided) {
          assert.equal(model, xgb);
          assert.ok(score > 0 && score < 1);
          assert.ok(Object.values(features).some((value) => value !== null));
        }

        const second = await json<{ receipts: { applied: boolean }[] }>(["model", "deploy", module, lgbm!]);
        assert.deepEqual(second.receipts.map(({ applied }) => applied), [true]);
        const back = await json<{ version: string; receipts: { applied: boolean }[] }>([
          "model",
          "rollback",
          module,
        ]);
        assert.equal(back.version, xgb, "the one that was live before");
        // The receipt comes at once, the status a quarter of a second later.
        await until(`${xgb} in the status`, async () => (await status(data, module)).model === xgb);

        let told: ShadowComparison | undefined;
        const compare = async () => {
          const { code, stdout } = await call(["model", "compare", module, "--json"]);
          told = code === 0 ? JSON.parse(stdout) : undefined;
        };
        await until(`answers for ${module}`, async () => {
          await compare();
          return told?.live === xgb && told?.judged !== null;
        });
        // Nothing more comes onto the log while the comparison is done again by hand, out of the log.
        await pauseModule(module);
        const wanted = byHand(await settled(log, KINDS[module], since), module, xgb!, lgbm!);
        assert.ok(wanted.decisions < COMPARED_MAX, `${wanted.decisions} decisions are too many to compare`);
        await until(`the comparison of ${module}`, async () => {
          await compare();
          return told?.decisions === wanted.decisions && told?.answered === wanted.answered;
        });
        const { judged, passes, mean_difference } = told!;
        assert.deepEqual(passes, wanted.passes);
        assert.equal(judged!.live.positives, wanted.positives);
        assert.ok(judged!.live.rows === wanted.answered && judged!.shadow.rows === wanted.answered);
        for (
          const [ours, other] of [
            [mean_difference, wanted.mean_difference],
            [judged!.live.brier, wanted.brier.live],
            [judged!.shadow.brier, wanted.brier.shadow],
          ]
        ) {
          assert.ok(Math.abs(ours! - other!) < 1e-5, `${ours} and ${other}`);
        }
      }
      for (const module of MODULES) await resume(module);
      // The README's own lines, with this history's days and what they print.
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
      assert.deepEqual(await agentPids(data), pids, "no agent was started again");
      for (const name of ["arbitrage-decisions-proto", "sandwich-decisions-proto"]) {
        for (const [producer, list] of await sequences(log, name)) {
          assert.deepEqual(list, list.map((_, at) => at + 1), `${producer} on ${name} has no hole`);
        }
      }
      const told = new Set<string>();
      using events = await log.topic("model-events-proto");
      for await (const block of readThrough(events, "start")) {
        if ("gap" in block) continue;
        for (const { value } of block.records) {
          const { module, state } = jobs.ModelEvent.decode(value!);
          told.add(`${module} ${state}`);
        }
      }
      for (const module of MODULES) {
        for (const state of ["live", "shadow", "reaped"]) {
          assert.ok(told.has(`${module} ${state}`), `${module} ${state}`);
        }
      }
    } finally {
      await run.end();
    }
  }));

const KINDS = {
  mev: "open_sandwich sandwich wide_sandwich",
  arbitrage: "open_arbitrage arbitrage",
} as const;

/** The comparison of a shadow, by looking up for each decision what landed; linear in both. */
function byHand(all: readonly Evidence[], module: typeof MODULES[number], live: string, shadow: string) {
  const once = [...new Map(all.map((one) => [one.decision_id, one])).values()];
  const scored = once.filter((one) => one.kind.startsWith("open_") && one.shadow);
  const landed = once.filter((one) =>
    module === "mev" ? one.tier === "A" : one.kind === "arbitrage" && BigInt(one.net_raw) > 0n
  );
  const victims = new Set(landed.flatMap((one) => (one.victims ?? []).map(({ signature }) => signature)));
  const cyclesOfSlot = Map.groupBy(landed, ({ slot }) => slot);
  const newestSlot = [...scored, ...landed].reduce((newest, { slot }) => Math.max(newest, slot), 0);
  const rows = scored.filter((one) => one.model === live && one.shadow!.model === shadow);
  const scoreMin = (one: Evidence) => one.gate_terms.find(({ term }) => term === "score_min")!.limit;
  const passes = { both: 0, live_only: 0, shadow_only: 0, neither: 0 };
  for (const one of rows) {
    const words = [one.score >= scoreMin(one), one.shadow!.score >= scoreMin(one)].join();
    if (words === "true,true") passes.both++;
    if (words === "true,false") passes.live_only++;
    if (words === "false,true") passes.shadow_only++;
    if (words === "false,false") passes.neither++;
  }
  const answered = rows.filter(({ slot }) => newestSlot - slot > (module === "mev" ? 4 : 2));
  const taken = (one: Evidence) =>
    [0, 1, 2].some((later) =>
      (cyclesOfSlot.get(one.slot + later) ?? []).some(({ cycle }) => {
        const pools = new Set(cycle.map(({ pool }) => pool));
        return one.hops.filter(({ pool }) => pools.has(pool)).length >= 2;
      })
    );
  const label = new Map(
    answered.map((one) => [one, Number(module === "mev" ? victims.has(one.trigger) : taken(one))]),
  );
  const mean = (of: (one: Evidence) => number, list: readonly Evidence[]) =>
    list.reduce((sum, one) => sum + of(one), 0) / list.length;
  return {
    decisions: rows.length,
    answered: answered.length,
    positives: answered.reduce((sum, one) => sum + label.get(one)!, 0),
    passes,
    mean_difference: mean((one) => Math.abs(one.score - one.shadow!.score), rows),
    brier: {
      live: mean((one) => (one.score - label.get(one)!) ** 2, answered),
      shadow: mean((one) => (one.shadow!.score - label.get(one)!) ** 2, answered),
    },
  };
}

/** Commands of the README's section on models, without what it says behind them. */
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

/** Rows of a Parquet file by an independent reader in another language. */
async function rowsOfGroups(file: string): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", READ_FOOTER, file],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map(Number);
}

/** The rows of all row groups summed, out of the footer: another way than the product's, which reads the total. */
const READ_FOOTER = `
import struct, sys
data = open(sys.argv[1], 'rb').read()
assert data[:4] == b'PAR1' and data[-4:] == b'PAR1'
size = struct.unpack('<I', data[-8:-4])[0]
at = len(data) - 8 - size
def varint():
    global at
    value = shift = 0
    while True:
        byte = data[at]; at += 1
        value |= (byte & 127) << shift
        if byte < 128: return value
        shift += 7
zig = lambda: (lambda v: (v >> 1) ^ -(v & 1))(varint())
def value(kind):
    global at
    if kind in (1, 2): return kind == 1
    if kind == 3:
        at += 1; return data[at - 1]
    if kind in (4, 5, 6): return zig()
    if kind == 7:
        at += 8; return None
    if kind == 8:
        size = varint(); at += size; return None
    if kind == 9:
        head = data[at]; at += 1
        count = head >> 4
        if count == 15: count = varint()
        return [value(head & 15) for _ in range(count)]
    fields, number = {}, 0
    while True:
        head = data[at]; at += 1
        if head == 0: return fields
        number = number + (head >> 4) if head >> 4 else zig()
        fields[number] = value(head & 15)
footer = value(12)
print(sum(group[3] for group in footer[4]))
`;
