import { control as wireControl, jobs, type Long } from "../proto/wire.ts";
import { Buffer } from "node:buffer";
import { AppError, UsageError } from "../core/platform/errors.ts";
import { readThrough } from "../core/log/follow.ts";
import type { LogGap, ReadFrom, StoredRecord } from "../core/log/log.ts";
import { bytesToMirror } from "../proto/mirror.ts";
import { receiptJson } from "../proto/receipt.ts";
import { ALL_TOPICS, topicDefinition } from "../proto/topics.ts";
import { number } from "./flag_value.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

const WAIT_MS = 500;
const decoder = new TextDecoder("utf-8", { fatal: true });

export const topicsCreate: VerbBody = {
  async run({ flags }, context) {
    const log = context.log();
    const before = new Set(await log.topics());
    for (const { name } of ALL_TOPICS) {
      (await log.topic(name, { create: true, force: true }))[Symbol.dispose]();
    }
    const made = ALL_TOPICS.filter(({ name }) => !before.has(name)).length;
    const there = ALL_TOPICS.length - made;
    context.out(
      flags.json
        ? `${JSON.stringify({ made, there })}\n`
        : `${made} topics created, ${there} existed already\n`,
    );
    return EXIT.done;
  },
};

export const topicsList: VerbBody = {
  async run({ flags }, context) {
    const log = context.log();
    for (const name of await log.topics()) {
      using topic = await log.topic(name);
      const { partitions, start, end, bytes } = await topic.info();
      const groups = await topic.groups();
      if (flags.json) {
        for (const [partition, { start, end }] of partitions.entries()) {
          const row = {
            topic: name,
            partition,
            start: String(start),
            end: String(end),
            bytes: String(bytes),
            groups,
          };
          context.out(`${JSON.stringify(row)}\n`);
        }
        continue;
      }
      const parts = partitions.length > 1 ? `  ${partitions.length} partitions` : ` (${start}..${end})`;
      const size = bytes > 0n ? `  ${bytes} bytes` : "";
      const names = groups.length ? `  groups ${groups}` : "";
      context.out(`${name}  ${end - start} records${parts}${size}${names}\n`);
    }
    return EXIT.done;
  },
};

export const topicsLag: VerbBody = {
  async run({ flags }, context) {
    const log = context.log();
    let printed = 0;
    for (const name of await log.topics()) {
      using topic = await log.topic(name);
      const { partitions } = await topic.info();
      for (const group of await topic.groups()) {
        for (const [partition, { end }] of partitions.entries()) {
          const committed = await topic.committed(group, partition);
          if (!committed) continue;
          const { offset, lost } = committed;
          const lag = end > offset ? end - offset : 0n;
          const row = {
            topic: name,
            partition,
            group,
            offset: String(offset),
            lag: String(lag),
            lost: String(lost),
          };
          const text = `${name} ${partition}  group ${group}  at ${offset}  lag ${lag}  lost ${lost}`;
          context.out(`${flags.json ? JSON.stringify(row) : text}\n`);
          printed += 1;
        }
      }
    }
    if (printed === 0 && !flags.json) context.out("no group has read any topic yet\n");
    return EXIT.done;
  },
};

export const topicsTail: VerbBody = {
  async run({ args, flags }, context) {
    const [name] = args as [string];
    const limit = number(flags.limit) ?? Infinity;
    using topic = await context.log().topic(name);
    let printed = 0;
    const show = (answer: { records: StoredRecord[] } | { gap: LogGap }) => {
      if ("gap" in answer) return context.say(gapLine(name, answer.gap));
      for (const record of answer.records.slice(0, limit - printed)) {
        context.out(`${JSON.stringify(tailLine(name, record))}\n`);
      }
      printed += answer.records.length;
    };
    const from = firstOffset(flags.from);
    if (!flags.follow) {
      for await (const block of readThrough(topic, from)) {
        show(block);
        if (printed >= limit || context.signal.aborted) break;
      }
      return EXIT.done;
    }
    using reader = await topic.reader(from);
    while (printed < limit && !context.signal.aborted) {
      const answer = reader.read();
      show(answer);
      if ("records" in answer && answer.records.length === 0) await reader.wait(WAIT_MS);
    }
    return EXIT.done;
  },
};

export const topicsVerify: VerbBody = {
  async run({ args, flags }, context) {
    const log = context.log();
    let damaged = 0;
    for (const name of args.length > 0 ? args : await log.topics()) {
      using topic = await log.topic(name);
      let [records, gaps] = [0, 0];
      const before = damaged;
      for await (const block of readThrough(topic, "start")) {
        if ("records" in block) records += block.records.length;
        else {
          gaps += 1;
          context.say(gapLine(name, block.gap));
          if (block.gap.cause === "damage") damaged += 1;
        }
      }
      // In a pack, the damaged part may be a block's header: its records are reported as lost above.
      const isWhole = damaged === before;
      for (const file of await topic.damage()) {
        context.say(`A header of ${file} is damaged${isWhole ? "; all records can still be read" : ""}`);
        damaged += 1;
      }
      context.out(
        flags.json
          ? `${JSON.stringify({ topic: name, records, gaps })}\n`
          : `${name}: ${records} records read, ${gaps} gaps\n`,
      );
    }
    return damaged === 0 ? EXIT.done : EXIT.failed;
  },
};

function gapLine(name: string, { from, to, cause }: LogGap): string {
  const why = cause === "damage" ? "their bytes are damaged" : "retention removed them";
  return `Cannot read ${name} offsets ${from}..${to} (${to - from} records): ${why}`;
}

function firstOffset(from: string | boolean | undefined): ReadFrom {
  if (from === undefined) return { last: 10n };
  if (from === "start" || from === "end") return from;
  if (typeof from === "string" && /^\d{1,18}$/.test(from)) return BigInt(from);
  throw new UsageError(`Cannot use --from ${from}: need an offset, start or end`);
}

/** One record as a line: in its topic's format, else as text, else as base64. */
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
    if (content === "agent-report") return { ...place, type: content, data: reportJson(value) };
    if (content === "command") return { ...place, type: content, data: commandJson(value) };
    if (content === "model-event") return { ...place, type: content, data: modelEventJson(value) };
    if (content === "model-news") return { ...place, type: content, data: modelNewsJson(value) };
    if (content === "evidence" || content === "json") {
      return { ...place, type: content, data: JSON.parse(decoder.decode(value)) };
    }
  } catch (error) {
    // Records of another format are shown, not dropped: the line gives the reason for the raw form.
    if (error instanceof AppError) throw error;
    return { ...place, type: "undecodable", data: Buffer.from(value).toString("base64") };
  }
  return { ...place, type: content ?? "bytes", data: readable(value) };
}

const decimal = (number: number | Long | null | undefined) => String(number ?? 0);

function reportJson(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(decoder.decode(jobs.AgentReport.decode(bytes).statusJson));
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

function modelEventJson(bytes: Uint8Array): Record<string, unknown> {
  const { module, version, state, reason, instance, atNs } = jobs.ModelEvent.decode(bytes);
  return { module, version, state, reason, instance, at_ns: decimal(atNs) };
}

/** Without the bytes of the model. */
function modelNewsJson(bytes: Uint8Array): Record<string, unknown> {
  const { part: piece, wish: desired } = jobs.ModelNews.decode(bytes);
  if (piece) {
    const { module, version, part, parts, data } = piece;
    return { module, version, part: part ?? 0, parts, bytes: data?.length ?? 0 };
  }
  const { module, link, version, requestId, atMs } = desired ?? {};
  return { module, link, version: version ?? "", request_id: requestId ?? "", at_ms: decimal(atMs) };
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
  return bytes.toHex();
}
