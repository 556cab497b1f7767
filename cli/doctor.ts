import { SINK_TOPICS } from "../agents/sink.ts";
import { placeTrouble } from "../agents/sink_place.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { agentStatuses, readAgents } from "../core/control.ts";
import { AppError } from "../core/errors.ts";
import { freeBytes } from "../core/files.ts";
import { linkStatus } from "../core/link.ts";
import { serverAddress } from "../core/store/address.ts";
import { proveNoLoss } from "../core/store/proof.ts";
import { SCHEMA_VERSION } from "../core/store/schema.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import { TOPICS } from "../proto/topics.ts";
import { checkAudit } from "./audit_check.ts";
import { type Command, type Context, EXIT } from "./command.ts";
import { storeOf } from "./db.ts";
import { hasClickHouse } from "./run_store.ts";

/** One thing looked at. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A status older than this is of a part that does not run. */
const SILENT_MS = 5_000;
const DISK_FREE_MIN_BYTES = 1 << 30;

const usesStore = (context: Context) =>
  serverAddress(context.config()) !== null || (context.setting<boolean>("store.enabled") && hasClickHouse());

/** Runs a check whose failure is a finding, not the end. */
async function look(name: string, check: () => Promise<string> | string): Promise<Finding> {
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

async function findings(context: Context): Promise<Finding[]> {
  const { path } = context.dataDir();
  const found = [
    await look("data folder", () => {
      const free = freeBytes(path);
      if (free < DISK_FREE_MIN_BYTES) fail(`${path} has ${free} bytes free, need ${DISK_FREE_MIN_BYTES}`);
      return `${path}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
    }),
    ...readAgents(path).unreadable.map(({ module, reason }): Finding => ({
      name: `agent ${module}`,
      ok: false,
      detail: reason,
    })),
    ...agentStatuses(path).map((status): Finding => {
      const age = Date.now() - Number(BigInt(status.at_ns) / 1_000_000n);
      // Captured files end, and the agent with them.
      const ok = status.state === "done" || (status.state === "running" && age < SILENT_MS);
      const state = status.killed ? "killed" : status.state;
      return {
        name: `agent ${status.module}`,
        ok,
        detail: `${state}, told ${(age / 1000).toFixed(0)} s ago`,
      };
    }),
  ];
  found.push(
    await look("audit", async () => {
      const { entries, heads, faults } = await checkAudit(context);
      if (faults.length > 0) fail(`${faults.join("; ")}; see \`legend audit verify\``);
      return `${entries} entries and ${heads[0]!.count} heads are whole`;
    }),
  );
  const kafka = kafkaOf(context.config());
  if (kafka) {
    found.push(
      await look("kafka", async () => {
        const names = new Set(await context.log().topics());
        const missing = TOPICS.filter(({ name }) => !names.has(name)).map(({ name }) => name);
        if (missing.length > 0) {
          fail(`Kafka at ${kafka.brokers} lacks ${missing.join(", ")}; run \`legend topics create\``);
        }
        for (const { name, partitions } of TOPICS) {
          using topic = await context.log().topic(name);
          const { length } = (await topic.info()).partitions;
          if (length !== partitions) fail(`topic ${name} has ${length} partitions, need ${partitions}`);
        }
        return `${kafka.brokers}, all ${TOPICS.length} topics`;
      }),
      await look("link", () => {
        const status = linkStatus(path) ??
          fail("the link has not run; start `legend run` or `legend run link`");
        if (status.trouble) fail(status.trouble);
        if (status.lost > 0) fail(`${status.lost} records were lost because the spool was full`);
        return `${status.waiting} records wait, ${status.shipped} sent`;
      }),
    );
  }
  if (usesStore(context)) {
    found.push(
      await look("store", async () => {
        const [row] = await storeOf(context).query<{ version: number }>(
          "SELECT max(version) AS version FROM schema_version",
        );
        if (row?.version !== SCHEMA_VERSION) {
          fail(
            `tables are of version ${row?.version ?? 0}, need ${SCHEMA_VERSION}; run \`legend db migrate\``,
          );
        }
        return `tables of version ${SCHEMA_VERSION}`;
      }),
      await look("log and store", async () => {
        const wrong: { name: string; trouble: string }[] = [];
        for (const topic of SINK_TOPICS) {
          const options = { topic, library: context.library(), log: context.log() };
          const trouble = await placeTrouble(storeOf(context), options);
          if (trouble) wrong.push({ name: topic.name, trouble });
        }
        const [first, ...others] = wrong;
        const same = others.length > 0 ? `; the same with ${others.map(({ name }) => name).join(", ")}` : "";
        if (first) fail(`${first.trouble}${same}`);
        return `log ${
          context.log().identity.slice(0, 8) || "without a name"
        } is the one that the store was filled from`;
      }),
      await look("nothing lost, nothing doubled", async () => {
        const proof = await proveNoLoss(storeOf(context));
        if (!proof.whole) fail(proofText(proof));
        const rows = proof.producers.reduce((sum, one) => sum + one.rows, 0);
        return `${rows} rows of ${proof.producers.length} producers, each sequence once`;
      }),
    );
  }
  return found;
}

function proofText({ producers, unbalanced, lost }: Awaited<ReturnType<typeof proveNoLoss>>): string {
  const odd = producers.filter(({ missing, doubled }) => missing > 0 || doubled > 0);
  return [
    ...odd.map(({ topic, producer, missing, doubled }) =>
      `${topic}: ${producer} misses ${missing} and has ${doubled} twice`
    ),
    ...unbalanced.map((topic) => `${topic}: records taken are not rows + dead letters + duplicates`),
    ...(lost > 0 ? [`${lost} records were gone before the sink read them`] : []),
  ].join("; ");
}

export const doctor: Command = {
  name: "doctor",
  args: "",
  data: "read",
  summary: "Look at everything legend needs and say what is wrong and what to do",
  flags: [{ name: "json", doc: "One JSON object a line" }],
  async run({ flags }, context) {
    const found = await findings(context);
    for (const finding of found) {
      const { name, ok, detail } = finding;
      context.out(
        flags.json ? `${JSON.stringify(finding)}\n` : `${ok ? "ok  " : "BAD "} ${name}: ${detail}\n`,
      );
    }
    return found.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  },
};

interface Objective {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

async function objectives(context: Context): Promise<Objective[]> {
  const { path } = context.dataDir();
  const list: Objective[] = agentStatuses(path).map((status) => ({
    name: `agent ${status.module} silent`,
    value: (Date.now() - Number(BigInt(status.at_ns) / 1_000_000n)) / 1000,
    limit: 5,
    unit: "s",
  }));
  const link = linkStatus(path);
  if (kafkaOf(context.config())) {
    list.push({
      name: "records that wait for Kafka",
      value: link?.waiting ?? Infinity,
      limit: 10_000,
      unit: "records",
    });
  }
  if (!usesStore(context)) return list;
  const sink = sinkStatus(path);
  const lag = sink?.topics.reduce((sum, topic) => sum + topic.lag, 0) ?? Infinity;
  list.push({ name: "sink lag", value: lag, limit: 50_000, unit: "records" });
  const [fresh] = await storeOf(context).query<{ rows: string; age: string | null }>(
    "SELECT countIf(stored_at >= now() - 10) AS rows, if(count() = 0, NULL, dateDiff('second', max(stored_at), now())) AS age FROM metrics_typed WHERE stored_at >= now() - 3600",
  );
  list.push({
    name: "age of the newest row",
    value: fresh?.age === null ? Infinity : Number(fresh?.age),
    limit: 10,
    unit: "s",
  });
  const proof = await proveNoLoss(storeOf(context));
  const wrong = proof.producers.reduce((sum, { missing, doubled }) => sum + missing + doubled, proof.lost);
  list.push({
    name: "records lost or doubled",
    value: wrong + proof.unbalanced.length,
    limit: 0,
    unit: "records",
  });
  return list;
}

export const slo: Command = {
  name: "slo",
  args: "",
  data: "read",
  summary: "Hold freshness, lag and loss against their objectives",
  flags: [{ name: "json", doc: "One JSON object a line" }],
  async run({ flags }, context) {
    const list = await objectives(context);
    for (const { name, value, limit, unit } of list) {
      const met = value <= limit;
      const row = { name, value: Number.isFinite(value) ? value : null, limit, unit, met };
      const text = `${met ? "met   " : "MISSED"} ${name}: ${
        Number.isFinite(value) ? value : "none"
      } ${unit}, at most ${limit}`;
      context.out(`${flags.json ? JSON.stringify(row) : text}\n`);
    }
    return list.every(({ value, limit }) => value <= limit) ? EXIT.done : EXIT.failed;
  },
};
