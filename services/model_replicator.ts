/**
 * Replicates models between hosts. Every version registered here is published on the log in pieces; each deployment,
 * shadow and pin is published as a signed desired version. Each host verifies what arrives and makes its own files and
 * symlinks from it. Runs in the link, since without one there are no other hosts.
 */
import { type ModuleName, MODULES } from "../core/control/control.ts";
import { AppError, firstLineOf } from "../core/platform/errors.ts";
import { makeFolder } from "../core/platform/atomic_file.ts";
import {
  BASELINE,
  MODEL_SLOTS,
  type ModelProof,
  type ModelSlot,
  type ModelState,
} from "../core/models/models.ts";
import {
  AHEAD_MS_MAX,
  type DesiredModel,
  desiredModelText,
  isNewer,
  localDesired,
  reconcile,
} from "../core/models/desired_models.ts";
import { follow } from "../core/log/follow.ts";
import type { Log, LogRecord } from "../core/log/log.ts";
import { jobs, long } from "../proto/wire.ts";
import { delay } from "../core/platform/delay.ts";
import type { TopicName } from "../proto/topics.ts";

const TOPIC: TopicName = "model-artefacts-proto";
/** Below a broker's default limit for one record. */
const PART_BYTES = 512 << 10;
/** A larger model must be copied by hand. */
const MODEL_BYTES_MAX = 64 << 20;
const MANIFEST_LENGTH_MAX = 1 << 20;
/** Maximum models arriving at once. */
const ARRIVING_MAX = 8;
/** Maximum remembered lines, which are not logged again. */
const LOGGED_MAX = 1_000;
/** How soon a change on this host is noticed. */
const POLL_MS = 100;

const VERSION = /^[0-9a-f]{12}$/;
const REQUEST_ID = /^[A-Za-z0-9_-]{0,128}$/;

/** What the replicator needs of the registry (`ffi/models.ts`). */
export interface TravelRegistry {
  state(module: ModuleName): ModelState;
  path(module: ModuleName, version: string): string;
  select(module: ModuleName, link: ModelSlot, version: string | null, requestId?: string): void;
  install(module: ModuleName, version: string, artefact: string, proof: ModelProof): void;
  sign(module: ModuleName, text: string): string;
  refusal(module: ModuleName, text: string, signature: string): string | null;
}

export interface ReplicatorOptions {
  readonly registry: TravelRegistry;
  /** The log of this host. */
  readonly outbox: Log;
  /** A folder that only the replicator uses. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

interface Arriving {
  readonly path: string;
  readonly proof: ModelProof;
  readonly parts: number;
  /** Index of the next expected part. */
  next: number;
  bytes: number;
}

export class ModelReplicator {
  readonly #options: ReplicatorOptions;
  /** Versions that are on the log, `module/version`. */
  readonly #known = new Set<string>();
  readonly #arriving = new Map<string, Arriving>();
  /** Newest desired version of all hosts, by `module/link`. */
  readonly #newest = new Map<string, DesiredModel>();
  /** The desired version that this host last published or applied. */
  readonly #agreed: Map<string, DesiredModel>;
  readonly #logged = new Map<string, string>();
  /** Offset up to which the topic must be read before this host publishes. */
  #from = 0n;
  #caughtUp = false;
  #isCaughtUp = false;

  private constructor(options: ReplicatorOptions, agreed: Map<string, DesiredModel>) {
    this.#options = options;
    this.#agreed = agreed;
  }

  static async open(options: ReplicatorOptions): Promise<ModelReplicator> {
    const { folder, outbox } = options;
    makeFolder(folder.slice(0, folder.lastIndexOf("/")));
    makeFolder(folder);
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".part")) await Deno.remove(`${folder}/${name}`);
    }
    const text = await Deno.readTextFile(`${folder}/agreed.json`).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "{}";
      throw error;
    });
    const replicator = new ModelReplicator(options, new Map(Object.entries(JSON.parse(text))));
    using topic = await outbox.topic(TOPIC, { create: true });
    replicator.#from = (await topic.info()).end;
    return replicator;
  }

  /** Runs until the signal ends it. */
  async run(): Promise<void> {
    const { outbox, signal } = this.#options;
    const following = follow(outbox, TOPIC, {
      from: "start",
      signal,
      take: ({ value }) => value && this.#take(value),
      reached: ([position = 0n]) => {
        if (position >= this.#from) this.#caughtUp = true;
      },
    });
    await Promise.all([following, this.#polling()]);
  }

  /** Whether everything that was here at the start is on the log. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  async #polling(): Promise<void> {
    while (!this.#options.signal.aborted) {
      if (this.#caughtUp) {
        for (const module of MODULES) await this.#retrying(`models of ${module}`, () => this.#poll(module));
        this.#isCaughtUp = true;
      }
      await delay(POLL_MS, this.#options.signal);
    }
  }

  /** Runs something; a failure is logged once and retried. */
  async #retrying(what: string, run: () => unknown): Promise<void> {
    try {
      await run();
      this.#logged.delete(what);
    } catch (error) {
      this.#logOnce(what, firstLineOf(error));
    }
  }

  #logOnce(what: string, line: string): void {
    if (this.#logged.get(what) === line) return;
    this.#logged.set(what, line);
    // Records of strangers on the topic must not fill the memory.
    if (this.#logged.size > LOGGED_MAX) this.#logged.delete(this.#logged.keys().next().value!);
    this.#options.say(line);
  }

  /** Publishes what has changed on this host. */
  async #poll(module: ModuleName): Promise<void> {
    const { registry } = this.#options;
    for (const version of registry.state(module).versions) {
      if (!this.#known.has(`${module}/${version}`)) await this.#send(module, version);
    }
    // Sending takes time, and a link may be changed here meanwhile: each is read when it is decided about.
    for (const link of MODEL_SLOTS) await this.#settle(module, link, registry.state(module));
  }

  async #settle(module: ModuleName, link: ModelSlot, state: ModelState): Promise<void> {
    const key = `${module}/${link}`;
    // A broken link names no version, so it is not a desired version; the agents report what is wrong with it.
    if (state[link].broken) return;
    const local = localDesired(module, link, state);
    const decision = reconcile(local, this.#newest.get(key), this.#agreed.get(key), Date.now());
    if (decision.do === "nothing") return;
    const { desired } = decision;
    if (decision.do === "publish") {
      const signature = this.#options.registry.sign(module, desiredModelText(desired));
      const value = {
        wish: { ...desired, requestId: desired.request_id, atMs: long(desired.at_ms), signature },
      };
      await this.#append([{ key: bytes(key), value: jobs.ModelNews.encode(value).finish() }]);
      // A newer desired version may have arrived while this one was written: it stays, and is applied at the next poll.
      if (isNewer(desired, this.#newest.get(key))) this.#newest.set(key, desired);
    }
    if (decision.do === "apply") {
      const { version, request_id } = desired;
      if (version !== "" && version !== BASELINE && !state.versions.includes(version)) {
        this.#logOnce(
          key,
          `Model ${version} is wanted as ${link} of ${module}, but has not arrived here yet`,
        );
        return;
      }
      this.#options.registry.select(module, link, version || null, request_id);
    }
    this.#logged.delete(key);
    this.#agree(key, desired);
  }

  #agree(key: string, desired: DesiredModel): void {
    this.#agreed.set(key, desired);
    const path = `${this.#options.folder}/agreed.json`;
    Deno.writeTextFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(this.#agreed)));
    Deno.renameSync(`${path}.new`, path);
  }

  async #append(records: readonly LogRecord[]): Promise<void> {
    using topic = await this.#options.outbox.topic(TOPIC, { create: true });
    await topic.append(records);
  }

  /** Publishes a version of this host on the log. */
  async #send(module: ModuleName, version: string): Promise<void> {
    const path = this.#options.registry.path(module, version);
    const { size } = await Deno.stat(path);
    if (size > MODEL_BYTES_MAX) {
      this.#known.add(`${module}/${version}`);
      this.#options.say(
        `Model ${version} of ${module} has ${size} bytes and is not copied to other hosts (at most ${MODEL_BYTES_MAX}): import it on each host`,
      );
      return;
    }
    const [data, manifest, signature] = await Promise.all([
      Deno.readFile(path),
      Deno.readTextFile(path.replace(/\.so$/, ".json")),
      Deno.readTextFile(path.replace(/\.so$/, ".sig")),
    ]);
    const parts = Math.max(1, Math.ceil(data.length / PART_BYTES));
    for (let part = 0; part < parts; part++) {
      const piece = {
        module,
        version,
        part,
        parts,
        data: data.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
        ...(part === 0 ? { manifest, signature } : {}),
      };
      const value = jobs.ModelNews.encode({ part: piece }).finish();
      await this.#append([{ key: bytes(`${module}/${version}/${part}`), value }]);
    }
    this.#known.add(`${module}/${version}`);
  }

  #take(value: Uint8Array): void {
    let news;
    try {
      news = jobs.ModelNews.decode(value);
    } catch {
      // Bytes of another format on the topic are skipped.
      return;
    }
    try {
      if (news.part) this.#takePart(news.part);
      if (news.wish) this.#applyDesired(news.wish);
    } catch (error) {
      const { module, version } = news.part ?? news.wish ?? {};
      const line = firstLineOf(error);
      this.#logOnce(
        `${module}/${version}`,
        error instanceof AppError ? line : `Cannot accept model ${version} of ${module}: ${line}`,
      );
    }
  }

  #applyDesired(message: jobs.IModelWish): void {
    const module = MODULES.find((name) => name === message.module);
    const link = MODEL_SLOTS.find((name) => name === message.link);
    const [version, request_id, at_ms] = [
      message.version ?? "",
      message.requestId ?? "",
      Number(message.atMs ?? 0),
    ];
    const isNamed = version === "" || VERSION.test(version) || (version === BASELINE && link === "pin");
    const fits = isNamed && REQUEST_ID.test(request_id);
    if (!module || !link || !fits) return;
    const desired: DesiredModel = { module, link, version, request_id, at_ms };
    const what = `Cannot accept ${version || "no version"} from another host as ${link} model of ${module}`;
    const why = at_ms > Date.now() + AHEAD_MS_MAX
      ? "its time is in the future, correct that host's clock"
      : this.#options.registry.refusal(module, desiredModelText(desired), message.signature ?? "");
    if (why) return this.#logOnce(`desired ${module}/${link}`, `${what}: ${why}`);
    if (!isNewer(desired, this.#newest.get(`${module}/${link}`))) return;
    this.#newest.set(`${module}/${link}`, desired);
  }

  #takePart(piece: jobs.IModelPart): void {
    const module = MODULES.find((name) => name === piece.module);
    const [version, part, parts] = [piece.version ?? "", piece.part ?? 0, piece.parts ?? 0];
    const data = piece.data ?? new Uint8Array();
    if (!module || !VERSION.test(version) || part >= parts || data.length > PART_BYTES) return;
    const key = `${module}/${version}`;
    if (this.#known.has(key)) return;
    const proof = { manifest: piece.manifest ?? "", signature: piece.signature ?? "" };
    this.#store(module, version, { part, parts, data }, proof);
  }

  /**
   * A first piece starts the version again, whatever is there of it: an interrupted announcement does not block a later
   * one. Two hosts that publish the same version send the same pieces, so these may be interleaved.
   */
  #store(
    module: ModuleName,
    version: string,
    { part, parts, data }: { part: number; parts: number; data: Uint8Array },
    proof: ModelProof,
  ): void {
    const key = `${module}/${version}`;
    const { folder, registry } = this.#options;
    if (part === 0) {
      if (proof.manifest.length > MANIFEST_LENGTH_MAX) return;
      const path = `${folder}/${module}-${version}.part`;
      this.#arriving.delete(key);
      for (const [oldest, { path }] of this.#arriving) {
        if (this.#arriving.size < ARRIVING_MAX) break;
        this.#arriving.delete(oldest);
        Deno.removeSync(path);
      }
      Deno.writeFileSync(path, new Uint8Array(), { mode: 0o600 });
      this.#arriving.set(key, { path, proof, parts, next: 0, bytes: 0 });
    }
    const arriving = this.#arriving.get(key);
    if (!arriving || part !== arriving.next || parts !== arriving.parts) return;
    if (arriving.bytes + data.length <= MODEL_BYTES_MAX) {
      Deno.writeFileSync(arriving.path, data, { append: true });
      [arriving.next, arriving.bytes] = [part + 1, arriving.bytes + data.length];
      if (arriving.next < parts) return;
    }
    this.#arriving.delete(key);
    try {
      const isHere = registry.state(module).versions.includes(version);
      if (!isHere) registry.install(module, version, arriving.path, arriving.proof);
      this.#known.add(key);
    } finally {
      Deno.removeSync(arriving.path);
    }
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);
