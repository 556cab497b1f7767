/** `legend bench`: figures of this machine. In a checkout, `deno task bench` measures the peers beside them. */
import { AppError } from "../core/platform/errors.ts";
import { diskProblem } from "../core/platform/atomic_file.ts";
import { readThrough } from "../core/log/follow.ts";
import { machine } from "../core/platform/machine.ts";
import { capture, Decoder, Replay } from "../ffi/engine.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

const RUNS = 5;
/** Blocks of the simulated chain that is decoded and replayed. */
const BLOCKS = 100;
const LOG = { batches: 20, records: 100, bytes: 1024 };
const TOPIC = "bench";

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

type Measure = (context: Context, folder: string) => Promise<Figure[]> | Figure[];

const MEASURES: Readonly<Record<string, Measure>> = { decode, replay, log };

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const perSecond = (count: number, ms: number) => count / (ms / 1000);

/** The median of several results of `run`, after one warm-up run. */
function repeated(run: () => number): number {
  run();
  return median(Array.from({ length: RUNS }, run));
}

function decode(context: Context, folder: string): Figure[] {
  const out = `${folder}/chain.journal`;
  capture(context.library(), { sources: ["sim:7"], out, blocks: BLOCKS });
  const value = repeated(() => {
    using decoder = new Decoder(context.library(), { paths: [out] });
    const begin = performance.now();
    while (decoder.read().length > 0);
    return perSecond(decoder.summary().transactions, performance.now() - begin);
  });
  return [{ name: "decode", value, unit: "transactions/s" }];
}

function replay(context: Context): Figure[] {
  const value = repeated(() => {
    using stream = new Replay(context.library(), { sources: ["sim:7"], blocks: BLOCKS });
    const begin = performance.now();
    let last = new Uint8Array();
    for (let block = stream.read(); block.length > 0; block = stream.read()) last = block.slice();
    const ms = performance.now() - begin;
    const summary = new TextDecoder().decode(last).trim().split("\n").at(-1)!;
    return perSecond((JSON.parse(summary) as { transactions: number }).transactions, ms);
  });
  return [{ name: "replay", value, unit: "transactions/s" }];
}

async function log(context: Context, folder: string): Promise<Figure[]> {
  const written: number[] = [];
  const read: number[] = [];
  const value = new Uint8Array(LOG.bytes).fill(7);
  const records = Array.from({ length: LOG.records }, () => ({ key: null, value, timestampMs: Date.now() }));
  for (let run = 0; run < RUNS; run++) {
    const embedded = new EmbeddedLog(context.library(), `${folder}/log-${run}`);
    using topic = await embedded.topic(TOPIC, { create: true, force: true });
    let begin = performance.now();
    for (let batch = 0; batch < LOG.batches; batch++) await topic.append(records);
    written.push(perSecond(LOG.batches * LOG.records, performance.now() - begin));
    begin = performance.now();
    let count = 0;
    for await (const block of readThrough(topic, "start")) {
      if ("records" in block) count += block.records.length;
    }
    read.push(perSecond(count, performance.now() - begin));
  }
  return [
    { name: "log_append", value: median(written), unit: "records/s" },
    { name: "log_read", value: median(read), unit: "records/s" },
  ];
}

function ownFolder(dir: string | undefined): string {
  try {
    return Deno.makeTempDirSync({ prefix: "legend-bench-", ...(dir === undefined ? {} : { dir }) });
  } catch (cause) {
    throw new AppError(
      "failed",
      `Cannot measure in ${dir ?? "the folder for temporary files"}: ${diskProblem(cause)}`,
      {
        cause,
      },
    );
  }
}

export const bench: VerbBody = {
  async run({ args, flags }, context) {
    const names = args.length > 0 ? [...new Set(args)] : Object.keys(MEASURES);
    const folder = ownFolder(flags.folder as string | undefined);
    try {
      for (const name of names) {
        for (const figure of await MEASURES[name]!(context, folder)) {
          const rounded = { ...figure, value: Number(figure.value.toPrecision(4)) };
          const text = `${figure.name.padEnd(12)} ${rounded.value} ${figure.unit}`;
          context.out(flags.json ? `${JSON.stringify({ ...rounded, machine: machine() })}\n` : `${text}\n`);
        }
      }
      if (!flags.json) context.out(`${machine()}\n`);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
    return EXIT.done;
  },
};
