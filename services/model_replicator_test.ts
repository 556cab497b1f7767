import assert from "node:assert/strict";
import { openDataDir } from "../core/platform/data_dir.ts";
import { readThrough } from "../core/log/follow.ts";
import type { Log, LogRecord, LogTopic } from "../core/log/log.ts";
import { desiredModelText } from "../core/models/desired_models.ts";
import { Library } from "../ffi/library.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { ModelRegistry } from "../ffi/models.ts";
import { jobs, long } from "../proto/wire.ts";
import { registerSmallModel } from "../tests/e2e/small_model.ts";
import { LIBRARY } from "../tools/paths.ts";
import { ModelReplicator, type ReplicatorOptions } from "./model_replicator.ts";
import { delay } from "../core/platform/delay.ts";

const TOPIC = "model-artefacts-proto";
const KEY = "5a".repeat(32);
const LIMIT_MS = 60_000;

/** A host: a registry, a log, and a replicator that runs until `done` holds. */
class Host {
  readonly library = new Library(LIBRARY);
  readonly registry: ModelRegistry;
  readonly log: EmbeddedLog;
  readonly logged: string[] = [];

  constructor(readonly path: string, key = KEY) {
    openDataDir(path);
    this.registry = new ModelRegistry(this.library, path, key);
    this.log = new EmbeddedLog(this.library, `${path}/log`);
  }

  async replicator(
    done: () => boolean | Promise<boolean>,
    more: Partial<ReplicatorOptions> = {},
  ): Promise<void> {
    const stop = new AbortController();
    const replicator = await ModelReplicator.open({
      registry: this.registry,
      outbox: this.log,
      folder: `${this.path}/link/models`,
      signal: stop.signal,
      say: (line) => void this.logged.push(line),
      ...more,
    });
    const running = replicator.run();
    try {
      const end = performance.now() + LIMIT_MS;
      while (!(replicator.isCaughtUp && await done())) {
        if (performance.now() > end) {
          throw new Error(`not within ${LIMIT_MS} ms; said: ${this.logged.join("; ")}`);
        }
        await delay(10);
      }
    } finally {
      stop.abort();
      await running;
    }
  }

  async records(): Promise<jobs.ModelNews[]> {
    using topic = await this.log.topic(TOPIC, { create: true });
    const found: jobs.ModelNews[] = [];
    for await (const block of readThrough(topic, "start")) {
      if ("gap" in block) continue;
      for (const { value } of block.records) found.push(jobs.ModelNews.decode(value!));
    }
    return found;
  }

  async put(...values: Uint8Array[]): Promise<void> {
    using topic = await this.log.topic(TOPIC, { create: true });
    await topic.append(values.map((value): LogRecord => ({ value })));
  }

  /** A desired version as this host would sign it. */
  desired(version: string, at_ms: number, link: "latest" | "shadow" | "pin" = "latest"): jobs.IModelNews {
    const desired = { module: "mev", link, version, request_id: "r", at_ms } as const;
    const signature = this.registry.sign("mev", desiredModelText(desired));
    return { wish: { ...desired, requestId: "r", atMs: long(at_ms), signature } };
  }
}

const encode = (news: jobs.IModelNews) => jobs.ModelNews.encode(news).finish();

async function withHosts(run: (one: Host, other: Host) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-courier-" });
  const hosts = [new Host(`${folder}/one`), new Host(`${folder}/other`)] as const;
  try {
    await run(...hosts);
  } finally {
    for (const { log } of hosts) log[Symbol.dispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what one host publishes makes the other the same, piece by piece, also when both publish one model", () =>
  withHosts(async (one, other) => {
    const version = await registerSmallModel(one.registry, 1);
    one.registry.select("mev", "latest", version, "of-a-person");
    await one.replicator(async () => (await one.records()).length === 2);
    const [part, desired] = await one.records();
    assert.deepEqual([part!.part!.version, part!.part!.parts, desired!.wish!.link], [version, 1, "latest"]);
    // The same model in three pieces, brought by two hosts whose pieces mingle.
    const { data, manifest, signature } = part!.part!;
    const third = Math.ceil(data!.length / 3);
    const pieces = [0, 1, 2].map((at) =>
      encode({
        part: {
          module: "mev",
          version,
          part: at,
          parts: 3,
          data: data!.subarray(at * third, (at + 1) * third),
          ...(at === 0 ? { manifest, signature } : {}),
        },
      })
    );
    // Before them one that broke off: its second piece of nine never came.
    const brokenOff = encode({
      part: { module: "mev", version, part: 0, parts: 9, data: data!.subarray(0, 9), manifest, signature },
    });
    await other.put(
      brokenOff,
      pieces[0]!,
      pieces[0]!,
      pieces[1]!,
      pieces[2]!,
      pieces[1]!,
      pieces[2]!,
      encode(desired!),
    );
    await other.replicator(() => other.registry.state("mev").latest.version === version);
    assert.deepEqual(other.registry.verify("mev", version), { version, usable: true, foreign: false });
    assert.equal(other.registry.state("mev").request_id, "of-a-person");
    assert.equal((await other.records()).length, 8, "nothing is published twice");
    assert.deepEqual(other.logged, []);
  }));

Deno.test("what is hostile, broken or late on the topic changes nothing, and is reported if a host caused it", () =>
  withHosts(async (one, other) => {
    const version = await registerSmallModel(one.registry, 1);
    await one.replicator(async () => (await one.records()).length === 1);
    const { data, manifest, signature } = (await one.records())[0]!.part!;
    const part = { module: "mev", version, part: 0, parts: 1, data, manifest, signature };
    const altered = Uint8Array.from(data!, (byte, at) => at === 9 ? byte ^ 1 : byte);
    const desired = one.desired(version, 1_000).wish!;
    const stranger = new Host(`${one.path}-stranger`, "66".repeat(32));
    await other.put(
      new Uint8Array([255, 255, 255]),
      encode({}),
      encode({ part: { ...part, version: "../../../../tmp/x" } }),
      encode({ part: { ...part, module: "other" } }),
      encode({ part: { ...part, part: 1 } }),
      encode({ part: { ...part, part: 7, parts: 9 } }),
      encode({ part: { ...part, data: new Uint8Array(600 << 10) } }),
      encode({ part: { ...part, manifest: " ".repeat(2 << 20) } }),
      encode({ part: { ...part, data: altered } }),
      encode({ part: { ...part, signature: "" } }),
      encode({ wish: { ...desired, link: "other" } }),
      encode({ wish: { ...desired, version: "../x" } }),
      encode({ wish: { ...desired, atMs: long(2_000) } }),
      encode({ wish: { ...desired, requestId: "a\nb" } }),
      encode(stranger.desired(version, 3_000)),
      encode(one.desired(version, Date.now() + 86_400_000)),
    );
    await other.replicator(() => true);
    const state = other.registry.state("mev");
    assert.deepEqual([state.versions, state.latest.version], [[], null]);
    assert.deepEqual(other.logged.map((line) => line.replace(/[0-9a-f]{12,16}/g, "…")), [
      "Cannot accept model … of mev: its bytes differ from its manifest",
      "Cannot accept model … of mev: its signature is malformed",
      "Cannot accept … from another host as latest model of mev: its signature does not match: it was altered",
      "Cannot accept … from another host as latest model of mev: its key … is not trusted here",
      "Cannot accept … from another host as latest model of mev: its time is in the future, correct that host's clock",
    ]);
    assert.deepEqual(Array.from(Deno.readDirSync(`${other.path}/link/models`)), []);
    // Valid records are applied all the same; a desired version may arrive before its model.
    await other.put(encode({ wish: desired }), encode({ part }));
    await other.replicator(() => other.registry.state("mev").latest.version === version);
    stranger.log[Symbol.dispose]();
  }));

/** A log of which each append to a topic goes through `append`. */
function appendingBy(
  log: Log,
  append: (topic: LogTopic, records: readonly LogRecord[]) => Promise<bigint>,
): Log {
  return {
    identity: log.identity,
    topics: () => log.topics(),
    async topic(name, options) {
      const topic = await log.topic(name, options);
      return {
        name,
        append: (records) => append(topic, records),
        reader: (from) => topic.reader(from),
        info: () => topic.info(),
        groups: () => topic.groups(),
        damage: () => topic.damage(),
        commit: (...given) => topic.commit(...given),
        committed: (...given) => topic.committed(...given),
        retain: () => topic.retain(),
        [Symbol.dispose]: () => topic[Symbol.dispose](),
      };
    },
    [Symbol.dispose]: () => {},
  };
}

Deno.test("a newer desired model of another host that arrives while this host writes its own is obeyed", () =>
  withHosts(async (one, other) => {
    const version = await registerSmallModel(one.registry, 1);
    one.registry.select("mev", "shadow", version);
    const { registry } = one;
    let taken = 0;
    const outbox = appendingBy(one.log, async (topic, records) => {
      const offset = await topic.append(records);
      const isOwnRecord = records.some(({ key }) => key && new TextDecoder().decode(key) === "mev/shadow");
      if (isOwnRecord) {
        // Newer than this host's, and taken before this host's is known to be written.
        await topic.append([{ value: encode(other.desired("", Date.now() + 60_000, "shadow")) }]);
        const end = performance.now() + LIMIT_MS;
        while (taken < 2) {
          assert.ok(performance.now() < end, "the other host's desired model was not taken");
          await delay(5);
        }
      }
      return offset;
    });
    await one.replicator(() => registry.state("mev").shadow.version === null, {
      outbox,
      registry: {
        state: (module) => registry.state(module),
        path: (...given) => registry.path(...given),
        select: (...given) => registry.select(...given),
        install: (...given) => registry.install(...given),
        sign: (...given) => registry.sign(...given),
        refusal: (...given) => {
          taken += 1;
          return registry.refusal(...given);
        },
      },
    });
    assert.deepEqual(one.logged, []);
    assert.equal(
      (await one.records()).length,
      3,
      "a model and two desired models: nothing is published again",
    );
  }));
