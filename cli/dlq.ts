import { Buffer } from "node:buffer";
import { readThrough } from "../core/log/follow.ts";
import type { StoredRecord } from "../core/log/log.ts";
import { AppError } from "../core/platform/errors.ts";
import { EXIT } from "../core/platform/exit.ts";
import { didYouMean } from "../core/platform/suggest.ts";
import { topicDefinition } from "../proto/topics.ts";
import { type VerbBody } from "./command.ts";

const DEAD_LETTER = "-dlq";
/** The consumer group that stores what was replayed. */
const REPLAYED = "dlq-replay";
const OWN_HEADERS = new Set(["dlq-reason", "dlq-origin"]);
const decoder = new TextDecoder();

const header = ({ headers }: StoredRecord, name: string) => {
  const found = headers.find(([known]) => known === name);
  return found ? decoder.decode(found[1]) : "";
};

/** The dead-letter topics that the arguments mean: of one topic, or all. Throws when there is no such topic. */
function meant(topics: readonly string[], args: readonly string[]): string[] {
  const dead = topics.filter((name) => name.endsWith(DEAD_LETTER));
  const [asked] = args;
  if (!asked) return dead;
  const origin = asked.endsWith(DEAD_LETTER) ? asked.slice(0, -DEAD_LETTER.length) : asked;
  const name = `${origin}${DEAD_LETTER}`;
  if (!topics.includes(name) && !topics.includes(origin) && !topicDefinition(origin)) {
    const hint = didYouMean(asked, topics);
    throw new AppError(
      "not_found",
      `Cannot read dead letters of ${asked}: there is no such topic${hint || "; see `legend topics list`"}`,
    );
  }
  return dead.filter((one) => one === name);
}

export const dlqList: VerbBody = {
  async run({ args, flags }, context) {
    const log = context.log();
    let handled = 0;
    for (const name of meant(await log.topics(), args)) {
      using topic = await log.topic(name);
      for await (const block of readThrough(topic, "start")) {
        if ("gap" in block) continue;
        for (const record of block.records) {
          const row = {
            topic: name,
            partition: record.partition,
            offset: String(record.offset),
            origin: header(record, "dlq-origin"),
            reason: header(record, "dlq-reason"),
            timestamp_ms: record.timestampMs,
            bytes: record.value?.length ?? 0,
          };
          const line =
            `${name} ${row.partition}/${row.offset}  from ${row.origin}  ${row.bytes} bytes  ${row.reason}`;
          const value = Buffer.from(record.value ?? []).toString("base64");
          context.out(`${flags.json ? JSON.stringify({ ...row, value }) : line}\n`);
          handled += 1;
        }
      }
    }
    if (handled === 0 && !flags.json) context.out("no dead letters\n");
    return EXIT.done;
  },
};

export const dlqReplay: VerbBody = {
  async run({ args, flags }, context) {
    const [asked] = args as [string];
    const report = (replayed: number, text: string) =>
      context.out(flags.json ? `${JSON.stringify({ topic: asked, replayed })}\n` : `${text}\n`);
    const log = context.log();
    const names = meant(await log.topics(), args);
    if (names.length === 0) {
      report(0, `0 records replayed: ${asked} has no dead letters`);
      return EXIT.done;
    }
    let replayed = 0;
    for (const name of names) {
      using dead = await log.topic(name);
      const { partitions } = await dead.info();
      const place = await Promise.all(partitions.map((_, at) => dead.committed(REPLAYED, at)));
      const from = place.map((committed) => committed?.offset ?? 0n);
      using origin = await context.outbox().topic(name.slice(0, -DEAD_LETTER.length), { create: true });
      for await (const block of readThrough(dead, from)) {
        if ("gap" in block || block.records.length === 0) continue;
        await origin.append(block.records.map(({ key, value, headers, timestampMs }) => ({
          key,
          value,
          timestampMs,
          headers: headers.filter(([name]) => !OWN_HEADERS.has(name) && name !== "legend-from"),
        })));
        // After the append: a stop in between replays a block again, which the sink recognizes by its sequences.
        for (const { partition, offset } of block.records) from[partition] = offset + 1n;
        for (const [at, offset] of from.entries()) await dead.commit(REPLAYED, { offset, lost: 0n }, at);
        replayed += block.records.length;
      }
    }
    report(replayed, `${replayed} records replayed`);
    return EXIT.done;
  },
};
