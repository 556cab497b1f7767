import { SINK_TOPICS, TopicSink } from "../services/sink.ts";
import { lockFile } from "../core/platform/data_dir.ts";
import { AppError } from "../core/platform/errors.ts";
import { StatusFile } from "../core/platform/atomic_file.ts";
import { type SinkCounters, type SinkStatus, sinkStatusFile } from "../core/store/sink_status.ts";
import { serverAddress } from "../core/store/address.ts";
import { migrate } from "../core/store/schema.ts";
import type { Context } from "./context.ts";
import { schemaOptions, storeOf } from "./stores.ts";
import { delay } from "../core/platform/delay.ts";

const STATUS_MS = 250;
const RETRY_MS = 1_000;
/** How long this host's own store may take to start. */
const STORE_STARTS_MS = 15_000;

/**
 * Stores published records until the signal ends it, or until everything is stored (`untilStored`). Throws
 * `unavailable` when another sink runs.
 */
export async function runSink(context: Context, untilStored: boolean): Promise<void> {
  const { path, instance } = context.dataDir();
  using _lock = lockFile(
    `${path}/sink.lock`,
    () => new AppError("unavailable", `Cannot start the sink: another one runs in ${path}, stop it first`),
  );
  const store = storeOf(context);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const file = new StatusFile(sinkStatusFile(path), context.say);
  const writeStatus = (trouble: string | null, topics: SinkCounters[]) => {
    const status: SinkStatus = { at_ms: Date.now(), trouble, topics };
    file.write(status);
  };
  if (!await prepare(context, writeStatus)) return;
  const sinks = SINK_TOPICS.map((topic) =>
    new TopicSink({
      topic,
      library: context.library(),
      log: context.log(),
      outbox: context.outbox(),
      store,
      owner: instance,
      signal,
    })
  );
  const running = Promise.all(sinks.map((sink) => sink.run()));
  let logged: string | null = null;
  const timer = setInterval(() => {
    const topics = sinks.map(({ counters }) => counters);
    const trouble = topics.find(({ trouble }) => trouble)?.trouble ?? null;
    writeStatus(trouble, topics);
    if (gist(trouble) !== gist(logged)) context.say(trouble ?? "the store answers again");
    logged = trouble;
    const stored = topics.every(({ lag, looked, trouble }) => looked && lag === 0 && !trouble);
    if (untilStored && stored) stop.abort();
  }, STATUS_MS);
  try {
    await running;
  } finally {
    clearInterval(timer);
  }
}

/** The same problem with other figures, or of another topic, is not logged again. */
const gist = (trouble: string | null) =>
  SINK_TOPICS.reduce(
    (text, { name }) => text?.replaceAll(name, "topic") ?? null,
    trouble?.replace(/\([^)]*\)/g, "").replace(/\d+/g, "0") ?? null,
  );

/** Waits for the store and updates its tables; false when the run ends before. */
async function prepare(
  context: Context,
  writeStatus: (trouble: string | null, topics: SinkCounters[]) => void,
): Promise<boolean> {
  const begin = performance.now();
  let logged = "";
  while (!context.signal.aborted) {
    try {
      await migrate(storeOf(context), schemaOptions(context));
      writeStatus(null, []);
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      writeStatus(error.message, []);
      // This host's own store starts beside the sink; a configured server should already be there.
      const late = performance.now() - begin > STORE_STARTS_MS || serverAddress(context.config()) !== null;
      if (late && error.message !== logged) context.say(error.message);
      if (late) logged = error.message;
    }
    await delay(RETRY_MS, context.signal);
  }
  return false;
}
