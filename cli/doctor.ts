import { SINK_TOPICS } from "../services/sink.ts";
import { sinkPlaceProblem } from "../services/sink_check.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { agentStatuses, decidingText, isOver, MODULES, readAgents } from "../core/control/control.ts";
import { controlSeed } from "../core/control/control_key.ts";
import { checkWritable } from "../core/platform/data_dir.ts";
import { checkDatabase } from "../core/platform/database.ts";
import { AppError } from "../core/platform/errors.ts";
import { freeBytes } from "../core/platform/atomic_file.ts";
import { sourceLine } from "../core/decisions/funnel.ts";
import { linkStatus } from "../core/platform/link_status.ts";
import { readThrough } from "../core/log/follow.ts";
import { apiStatus, crashing, partsStatus, silenceOf, workerStatus } from "../core/platform/parts.ts";
import { proveNoLoss } from "../core/store/proof.ts";
import { SCHEMA_VERSION } from "../core/store/schema.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import { TOPICS } from "../proto/topics.ts";
import { askApi } from "./api_probe.ts";
import { checkAudit, UNCHECKED } from "./audit_check.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { storeOf, usesStore } from "../app/stores.ts";
import { registryOf } from "../app/registry.ts";

/** The result of one check. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** True: the state cannot be determined; this is neither success nor failure. */
  readonly unknown?: true;
}

const DISK_FREE_MIN_BYTES = 1 << 30;

/** Runs a check; its failure is a finding and does not end the verb. */
async function inspect(name: string, check: () => Promise<string> | string): Promise<Finding> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { name, ok: false, detail: error.message };
  }
}

const fail = (message: string): never => {
  throw new AppError("failed", message);
};

/** A part by its last status; one that is expected and has no status is missing. */
function partFinding(
  name: string,
  status: { at_ms: number; trouble?: string | null } | null,
  start: string,
): Finding {
  if (!status) return { name, ok: false, detail: `it does not run, start it with \`${start}\`` };
  const silence = silenceOf(Date.now() - status.at_ms);
  if (silence) {
    return { name, ok: false, detail: `${silence}: it has ended or hangs; see its last log lines` };
  }
  return { name, ok: !status.trouble, detail: status.trouble ?? "it runs" };
}

/** The agents of this host: each module is expected, unless its source has ended. */
function agentFindings(path: string): Finding[] {
  const { agents: statuses, unreadable } = readAgents(path);
  return MODULES.map((module): Finding => {
    const name = `agent ${module}`;
    const damaged = unreadable.find((one) => one.module === module);
    if (damaged) return { name, ok: false, detail: damaged.reason };
    const status = statuses.find((one) => one.module === module);
    if (!status) return { name, ok: false, detail: "it has never run here, start `legend run`" };
    const source = `source: ${sourceLine([status])}`;
    if (isOver(status)) return { name, ok: true, detail: `done; ${source}` };
    if (status.state !== "running") {
      return { name, ok: false, detail: `${status.error ?? `it is ${status.state}`}, start \`legend run\`` };
    }
    const at_ms = Number(BigInt(status.at_ns) / 1_000_000n);
    const found = partFinding(name, { at_ms, trouble: status.trouble }, "legend run");
    if (!found.ok) return found;
    const version = status.model ?? "baseline";
    return { ...found, detail: `${decidingText(status)}; ${source}; model ${version}` };
  });
}

/** Compares the desired model (`latest`) with the one that a running agent scores with. */
function modelFindings(context: Context): Finding[] {
  const registry = registryOf(context);
  return agentStatuses(context.dataDir().path).filter(({ state }) => state === "running").map(
    ({ module, model, model_refused }): Finding => {
      const name = `model ${module}`;
      const desired = registry.list(module).latest ?? null;
      if (model_refused) {
        return { name, ok: false, detail: `${model_refused.version} was refused: ${model_refused.reason}` };
      }
      const ok = desired === null || desired === model;
      const runs = model ?? "the baseline";
      return {
        name,
        ok,
        detail: ok ? `${runs} runs` : `${desired} should run, but ${runs} runs; deploy it again`,
      };
    },
  );
}

/** Reads back what the data folder holds. */
async function fileFindings(context: Context): Promise<Finding[]> {
  const { path } = context.dataDir();
  return [
    await inspect("legend.db", () => {
      const wrong = checkDatabase(`${path}/legend.db`);
      if (wrong === null) return "every page is intact";
      return fail(wrong.isDamaged ? `${wrong.problem}; put back a copy of ${path}/legend.db` : wrong.problem);
    }),
    await inspect("log", async () => {
      const damaged: string[] = [];
      const headers: string[] = [];
      let records = 0;
      for (const name of await context.outbox().topics()) {
        using topic = await context.outbox().topic(name);
        headers.push(...await topic.damage());
        for await (const block of readThrough(topic, "start")) {
          if ("records" in block) records += block.records.length;
          else if (block.gap.cause === "damage") damaged.push(`${name} ${block.gap.from}..${block.gap.to}`);
        }
      }
      if (damaged.length > 0) {
        fail(
          `records are damaged and left out: ${
            damaged.slice(0, 8).join(", ")
          }; \`legend topics verify\` lists all`,
        );
      }
      if (headers.length > 0) {
        fail(
          `no record is lost, but headers are damaged: ${
            headers.slice(0, 8).join(", ")
          }; the disk may be failing`,
        );
      }
      return `${records} records, every checksum is correct`;
    }),
  ];
}

/** Whether the system reports that its clock is synchronized; commands are refused when two hosts differ by seconds. */
function clockFinding(): Finding {
  const name = "clock";
  try {
    Deno.statSync("/run/systemd/timesync/synchronized");
    return { name, ok: true, detail: "synchronized by the system" };
  } catch {
    const detail =
      "this host cannot check whether it is right; hosts whose clocks differ by 5 s refuse each other";
    return { name, ok: true, unknown: true, detail };
  }
}

/** That nothing is stored for queries is not a fault, but not well either. */
function noStore(context: Context): Finding {
  const detail = context.setting("store.enabled")
    ? "this build has no store, set CLICKHOUSE_URL"
    : "`store.enabled` is false";
  return { name: "store", ok: true, unknown: true, detail };
}

/** Which configuration file is in use, and why. */
export function configText(context: Context): string {
  const file = context.configFile();
  if (file === null) return "no file: defaults, environment and values set at run time";
  return file.by === "legend run"
    ? `${file.path}, which \`legend run\` was given`
    : `${file.path}, by ${file.by}`;
}

async function findings(context: Context): Promise<Finding[]> {
  const { path } = context.dataDir();
  const kafka = kafkaOf(context.config());
  return [
    ...await hostFindings(context),
    ...await partFindings(context),
    ...kafka ? [await kafkaFinding(context, kafka.brokers), await linkFinding(path)] : [],
    ...usesStore(context)
      ? [await storeFinding(context), await sameLogFinding(context), await lossFinding(context)]
      : [],
  ];
}

/** What this host has: its folder, its files, its keys, and the status of its agents. */
async function hostFindings(context: Context): Promise<Finding[]> {
  const { path } = context.dataDir();
  return [
    { name: "version", ok: true, detail: context.version },
    await inspect("data folder", () => {
      checkWritable(path);
      const free = freeBytes(path);
      if (free < DISK_FREE_MIN_BYTES) fail(`${path} has ${free} bytes free, need ${DISK_FREE_MIN_BYTES}`);
      return `${path}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
    }),
    { name: "configuration", ok: true, detail: configText(context) },
    clockFinding(),
    ...agentFindings(path),
    ...modelFindings(context),
    ...await fileFindings(context),
    await inspect("control key", () => {
      controlSeed(path, "");
      return "it can be used";
    }),
    await inspect("audit", async () => {
      const { entries, heads, faults } = await checkAudit(context);
      // The key has its own line.
      const others = faults.filter((fault) => !fault.startsWith(UNCHECKED));
      if (others.length > 0) fail(`${others.join("; ")}; see \`legend audit verify\``);
      const doubt = faults.length > 0 ? `; ${UNCHECKED}` : "";
      return `${entries} entries and ${heads[0]!.count} heads are intact${doubt}`;
    }),
  ];
}

/** The parts that should run. */
async function partFindings(context: Context): Promise<Finding[]> {
  const { path } = context.dataDir();
  const parts = partsStatus(path);
  const found: Finding[] = [];
  const isLive = agentStatuses(path).some(({ source }) => source?.class !== "file");
  if (isLive) found.push(partFinding("worker", workerStatus(path), "legend run"));
  if (parts) found.push(partFinding("supervisor", parts, "legend run"));
  const api = apiStatus(path);
  if (api || (isLive && parts?.parts.some(({ name }) => name === "api"))) {
    const at = api ?? {
      listen: context.setting("api.listen"),
      port: context.setting("api.port"),
    };
    found.push(await inspect("api", () => askApi(at, context.setting("api.path_prefix"))));
  }
  for (const { name, words } of crashing(parts)) {
    found.push({ name: `part ${name}`, ok: false, detail: words });
  }
  if (usesStore(context) && isLive) found.push(partFinding("sink", sinkStatus(path), "legend run"));
  if (!usesStore(context)) found.push(noStore(context));
  return found;
}

/** The topics on Kafka. */
function kafkaFinding(context: Context, brokers: string): Promise<Finding> {
  return inspect("kafka", async () => {
    const names = new Set(await context.log().topics());
    const missing = TOPICS.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      fail(`Kafka at ${brokers} lacks ${missing.join(", ")}; run \`legend topics create\``);
    }
    for (const { name, partitions } of TOPICS) {
      using topic = await context.log().topic(name);
      const { length } = (await topic.info()).partitions;
      if (length !== partitions) fail(`topic ${name} has ${length} partitions, need ${partitions}`);
    }
    return `${brokers}, all ${TOPICS.length} topics`;
  });
}

/** Records that wait to be sent to Kafka. */
function linkFinding(path: string): Promise<Finding> {
  return inspect("link", () => {
    const status = linkStatus(path) ??
      fail("the link has not run; start `legend run` or `legend run link`");
    if (status.trouble) fail(status.trouble);
    if (status.lost > 0) fail(`${status.lost} records were lost because the spool was full`);
    return `${status.waiting} records wait, ${status.shipped} sent`;
  });
}

/** The version of the tables. */
function storeFinding(context: Context): Promise<Finding> {
  return inspect("store", async () => {
    const [row] = await storeOf(context).query<{ version: number }>(
      "SELECT max(version) AS version FROM schema_version",
    );
    if (row?.version !== SCHEMA_VERSION) {
      fail(
        `tables are of version ${row?.version ?? 0}, need ${SCHEMA_VERSION}; run \`legend db migrate\``,
      );
    }
    return `tables of version ${SCHEMA_VERSION}`;
  });
}

/** Whether the store was filled from this log. */
function sameLogFinding(context: Context): Promise<Finding> {
  return inspect("log and store", async () => {
    const wrong: { name: string; problem: string }[] = [];
    for (const topic of SINK_TOPICS) {
      const options = { topic, library: context.library(), log: context.log() };
      const problem = await sinkPlaceProblem(storeOf(context), options);
      if (problem) wrong.push({ name: topic.name, problem });
    }
    const [first, ...others] = wrong;
    const same = others.length > 0 ? `; the same with ${others.map(({ name }) => name).join(", ")}` : "";
    if (first) fail(`${first.problem}${same}`);
    return `log ${
      context.log().identity.slice(0, 8) || "without a name"
    } is the one that the store was filled from`;
  });
}

/** Whether each record is stored exactly once. */
function lossFinding(context: Context): Promise<Finding> {
  return inspect("nothing lost, nothing duplicated", async () => {
    const proof = await proveNoLoss(storeOf(context));
    if (!proof.whole) fail(proofText(proof));
    const rows = proof.producers.reduce((sum, one) => sum + one.rows, 0);
    return `${rows} rows of ${proof.producers.length} producers, each sequence once`;
  });
}

function proofText({ producers, unbalanced, lost }: Awaited<ReturnType<typeof proveNoLoss>>): string {
  const odd = producers.filter(({ missing, doubled }) => missing > 0 || doubled > 0);
  return [
    ...odd.map(({ topic, producer, missing, doubled }) =>
      `${topic}: ${producer} lacks ${missing} records and has ${doubled} duplicates`
    ),
    ...unbalanced.map((topic) =>
      `${topic}: the number of records read is not the sum of rows, dead letters and duplicates`
    ),
    ...(lost > 0 ? [`${lost} records were deleted before the sink read them`] : []),
  ].join("; ");
}

export const doctor: VerbBody = {
  async run({ flags }, context) {
    const found = await findings(context);
    for (const finding of found) {
      const { name, ok, detail } = finding;
      context.out(
        flags.json
          ? `${JSON.stringify(finding)}\n`
          : `${finding.unknown ? "??? " : ok ? "ok  " : "BAD "} ${name}: ${detail}\n`,
      );
    }
    return found.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  },
};
