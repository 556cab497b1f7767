import { control as wireControl, jobs, type Long } from "../proto/wire.ts";
import { Buffer } from "node:buffer";
import { configValue } from "../core/config/load.ts";
import { AppError, UsageError } from "../core/errors.ts";
import type { LogGap, LogTopic, StoredRecord, TopicLimits } from "../core/log/log.ts";
import { bytesToMirror } from "../proto/mirror.ts";
import { topicDefinition, TOPICS } from "../proto/topics.ts";
import { type Command, type Context, EXIT } from "./command.ts";

const WAIT_MS = 500;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Limits of the embedded log from the configuration. */
export function topicLimits(context: Context): Required<TopicLimits> {
  const config = context.config();
  return {
    segmentBytes: configValue<number>(config, "log.segment_bytes"),
    retentionBytes: configValue<number>(config, "log.retention_bytes"),
    retentionMs: configValue<number>(config, "log.retention_hours") * 3_600_000,
  };
}

export const topicsCreate: Command = {
  name: "topics create",
  args: "",
  summary: "Make all topics that are missing",
  run(_, context) {
    const log = context.log();
    const before = new Set(log.topics());
    for (const { name } of TOPICS) {
      log.topic(name, { ...topicLimits(context), create: true })[Symbol.dispose]();
    }
    const made = TOPICS.filter(({ name }) => !before.has(name)).length;
    context.out(`${made} topics made, ${TOPICS.length - made} were there\n`);
    return EXIT.done;
  },
};

export const topicsList: Command = {
  name: "topics list",
  args: "",
  summary: "List the topics: offsets, bytes, groups",
  flags: [{ name: "json", doc: "One JSON object a line" }],
  run({ flags }, context) {
    const log = context.log();
    for (const name of log.topics()) {
      using topic = log.topic(name);
      const { start, end, bytes, groups } = topic.info();
      const row = {
        topic: name,
        partition: 0,
        start: String(start),
        end: String(end),
        bytes: String(bytes),
        groups,
      };
      const line = `${name}  ${end - start} records (${start}..${end})  ${bytes} bytes${
        groups.length ? `  groups ${groups}` : ""
      }`;
      context.out(flags.json ? `${JSON.stringify(row)}\n` : `${line}\n`);
    }
    return EXIT.done;
  },
};

export const topicsTail: Command = {
  name: "topics tail",
  args: "TOPIC",
  summary: "Print a topic's records in the JSON mirror, one a line",
  flags: [
    { name: "from", value: "OFFSET", doc: "First offset, `start` or `end`; without it the last 10 records" },
    { name: "follow", doc: "Wait for new records until interrupted" },
    { name: "limit", value: "N", doc: "Stop after N records" },
  ],
  async run({ args, flags }, context) {
    const [name] = args;
    if (!name || args.length > 1) {
      throw new UsageError("Cannot tail: need one TOPIC; see `legend topics list`");
    }
    const limit = flags.limit === undefined ? Infinity : naturalNumber("limit", flags.limit);
    using topic = context.log().topic(name);
    const { start, end } = topic.info();
    using reader = topic.reader(firstOffset(flags.from, start, end));
    let printed = 0;
    while (printed < limit && !context.signal.aborted) {
      const answer = reader.read();
      if ("gap" in answer) {
        context.say(gapLine(name, answer.gap));
        continue;
      }
      for (const record of answer.records.slice(0, limit - printed)) {
        context.out(`${JSON.stringify(tailLine(name, record))}\n`);
      }
      printed += answer.records.length;
      if (answer.records.length > 0) continue;
      if (!flags.follow) break;
      await topic.wait(reader.offset, WAIT_MS);
    }
    return EXIT.done;
  },
};

export const topicsVerify: Command = {
  name: "topics verify",
  args: "[TOPIC…]",
  summary: "Read every record back and check its checksum",
  run({ args }, context) {
    const log = context.log();
    let damaged = 0;
    for (const name of args.length > 0 ? args : log.topics()) {
      using topic = log.topic(name);
      const { records, gaps } = readThrough(topic);
      for (const gap of gaps) context.say(gapLine(name, gap));
      damaged += gaps.filter(({ cause }) => cause === "damage").length;
      context.out(`${name}: ${records} records read, ${gaps.length} gaps\n`);
    }
    return damaged === 0 ? EXIT.done : EXIT.failed;
  },
};

function readThrough(topic: LogTopic): { records: number; gaps: LogGap[] } {
  const gaps: LogGap[] = [];
  let records = 0;
  using reader = topic.reader(topic.info().start);
  for (;;) {
    const answer = reader.read();
    if ("gap" in answer) gaps.push(answer.gap);
    else if (answer.records.length === 0) return { records, gaps };
    else records += answer.records.length;
  }
}

function gapLine(name: string, { from, to, cause }: LogGap): string {
  const why = cause === "damage" ? "their bytes are damaged" : "retention removed them";
  return `Cannot read ${name} offsets ${from}..${to} (${to - from} records): ${why}`;
}

function firstOffset(from: string | boolean | undefined, start: bigint, end: bigint): bigint {
  if (from === undefined) return end - 10n > start ? end - 10n : start;
  if (from === "start") return start;
  if (from === "end") return end;
  if (typeof from === "string" && /^\d{1,18}$/.test(from)) return BigInt(from);
  throw new UsageError(`Cannot use --from ${from}: need an offset, start or end`);
}

function naturalNumber(flag: string, value: string | boolean): number {
  if (typeof value === "string" && /^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`Cannot use --${flag} ${value}: need a whole number`);
}

/** One record as a line: what its topic says it is, else text, else base64. */
function tailLine(name: string, record: StoredRecord): Record<string, unknown> {
  const place = {
    topic: name,
    partition: record.partition,
    offset: String(record.offset),
    timestamp_ms: record.timestampMs,
    key: record.key && readable(record.key),
    ...(record.headers.length > 0
      ? { headers: Object.fromEntries(record.headers.map(([key, value]) => [key, readable(value)])) }
      : {}),
  };
  const { value } = record;
  if (value === null) return { ...place, value: null };
  const content = topicDefinition(name)?.content;
  try {
    if (content === "envelope") return { ...place, ...bytesToMirror(value) };
    if (content === "receipt") return { ...place, type: content, data: receiptJson(value) };
    if (content === "command") return { ...place, type: content, data: commandJson(value) };
    if (content === "evidence" || content === "json") {
      return { ...place, type: content, data: JSON.parse(decoder.decode(value)) };
    }
  } catch (error) {
    // Foreign bytes are shown, not dropped: the line says why they are raw.
    if (error instanceof AppError) throw error;
    return { ...place, type: "undecodable", data: Buffer.from(value).toString("base64") };
  }
  return { ...place, type: content ?? "bytes", data: readable(value) };
}

const decimal = (number: number | Long | null | undefined) => String(number ?? 0);

function receiptJson(bytes: Uint8Array): Record<string, unknown> {
  const receipt = jobs.Receipt.decode(bytes);
  return {
    request_id: receipt.requestId,
    instance: receipt.instance,
    module: receipt.module,
    applied: receipt.applied,
    reason: receipt.reason,
    sequence: decimal(receipt.sequence),
    policy_hash: Buffer.from(receipt.policyHash).toString("hex"),
    applied_ns: decimal(receipt.appliedNs),
    first_event_ns: decimal(receipt.firstEventNs),
  };
}

function commandJson(bytes: Uint8Array): Record<string, unknown> {
  const command = wireControl.Command.decode(bytes);
  return {
    ts: Number(command.ts),
    module: wireControl.Module[command.module]?.toLowerCase(),
    action: wireControl.Action[command.action]?.toLowerCase(),
    args: command.args,
    request_id: command.requestId,
    issuer: command.issuer,
  };
}

/** Printable text as it is, other bytes as hex. */
function readable(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes);
    // deno-lint-ignore no-control-regex
    if (!/[\x00-\x08\x0e-\x1f]/.test(text)) return text;
  } catch {
    // Not UTF-8: hex below.
  }
  return Buffer.from(bytes).toString("hex");
}
