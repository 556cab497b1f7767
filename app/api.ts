/** The API and the page: opens what they read and write, listens, and follows the log until the signal ends it. */
import { Bridge } from "../services/bridge/bridge.ts";
import { DeviceTokens } from "../core/auth/device.ts";
import { Tokens } from "../core/auth/tokens.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { JobQueue } from "../core/jobs/queue.ts";
import { readSchedules, writeSchedules } from "../core/jobs/schedules.ts";
import { lockFile } from "../core/platform/data_dir.ts";
import { DecisionIndex } from "../core/decisions/decisions.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import { removeIfThere, StatusFile } from "../core/platform/atomic_file.ts";
import { hostFlags } from "../core/platform/host_flags.ts";
import { linkStatus } from "../core/platform/link_status.ts";
import { apiStatusFile } from "../core/platform/parts.ts";
import { MetricsView } from "../core/decisions/metrics.ts";
import { AddressRanges, isLoopback, originsOf } from "../core/platform/net.ts";
import { ModelEvents } from "../core/models/model_events.ts";
import { DesiredStates } from "../core/control/desired_state.ts";
import { runQuery } from "../core/store/queries.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import { WriteRate } from "../core/store/write_rate.ts";
import { holdsBy, Streams } from "../core/decisions/streams.ts";
import { systemHealth } from "../core/platform/system.ts";
import { descriptors, Doorkeeper } from "../ffi/door.ts";
import { returnFreedMemory } from "../ffi/process.ts";
import { createApp } from "../routes/app.ts";
import type { ApiDeps } from "../routes/deps.ts";
import { pageRoutes } from "../routes/pages/mod.tsx";
import { JOB_KINDS } from "../workers/kinds.ts";
import { openAgents } from "./api_agents.ts";
import { modelsOf } from "./api_models.ts";
import { openRecords } from "./api_records.ts";
import { ApiServer, DESCRIPTORS_KEPT, DESCRIPTORS_MIN, needDescriptors } from "./api_server.ts";
import { assetReader } from "./assets.ts";
import { cachedBriefly } from "./cached_for.ts";
import type { Context } from "./context.ts";
import { firstLoginFile } from "./first_login.ts";
import { jobPlaces, jobsLack } from "./jobs.ts";
import { jwtSecret } from "./jwt_secret.ts";
import { readiness, StoreProbe } from "./readiness.ts";
import { storeOf, usesStore } from "./stores.ts";

/** From the connection, or from the first byte of a request, until a handler starts. */
const REQUEST_MS = 10_000;
/** Between two requests on a connection: proxies keep theirs for a minute. */
const IDLE_MS = 75_000;

export interface ApiRequest {
  /** Whether `legend run` runs the other parts too. */
  readonly supervised: boolean;
  /** Whether the address was given on the command line. */
  readonly isListenTyped: boolean;
}

/**
 * Serves until the signal ends it. Throws `invalid` for an address that is open to others without TLS, `unavailable`
 * when another API runs on the data folder, when the port is taken, or when the process may open too few files.
 */
export async function runApi(context: Context, { supervised, isListenTyped }: ApiRequest): Promise<void> {
  refuseOpenDoor(context, isListenTyped);
  const hostname = context.setting("api.listen");
  const port = context.setting("api.port");
  returnFreedMemory(context.library());
  needDescriptors(context.library(), "the API", DESCRIPTORS_MIN);
  const parts = await openParts(context, supervised);
  const { deps, bridge, keeper } = parts;
  const app = createApp(deps, pageRoutes);
  const server = new ApiServer({
    hostname,
    port,
    handler: app.fetch,
    keeper,
    signal: context.signal,
    say: deps.say,
  });
  const status = new StatusFile(apiStatusFile(context.dataDir().path), deps.say);
  status.write({ at_ms: Date.now(), pid: Deno.pid, listen: hostname, port });
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  context.say(`the page is at http://${shown}:${port}${deps.prefix}/`);
  try {
    await Promise.race([
      Promise.all([
        ...parts.following.map((part) => part.follow(context.signal)),
        bridge.run(context.signal),
      ]),
      parts.failed,
      new Promise((resolve) => context.signal.addEventListener("abort", resolve)),
    ]);
  } finally {
    await server.close();
    await parts.close();
    // A leftover status file belongs to an API that was killed.
    status.remove();
  }
}

async function openParts(context: Context, supervised: boolean) {
  const { path } = context.dataDir();
  const lock = lockFile(
    `${path}/api.lock`,
    () => new AppError("unavailable", `Cannot run the API: another one runs on ${path}`),
  );
  const records = await openRecords(context);
  const log = context.log();
  const metrics = new MetricsView(log);
  const agents = openAgents(context, metrics);
  const store = storeOf(context);
  const batch = {
    windowMs: context.setting("realtime.batch_window_ms"),
    maxSize: context.setting("realtime.batch_max_size"),
  };
  const parts = {
    records,
    agents,
    store,
    probe: new StoreProbe(store),
    batch,
    bridge: new Bridge({ log, ...batch }),
    streams: new Streams(holdsBy(records.accounts)),
    writeRate: new WriteRate(() => sinkStatus(path)),
    modelEvents: new ModelEvents(log),
    door: doorOf(context),
    views: {
      desired: new DesiredStates(log),
      decisions: new DecisionIndex(log),
      jobs: new JobQueue(log, context.outbox(), JOB_KINDS),
      receipts: agents.receipts,
      metrics,
    },
  };
  const close = async () => {
    parts.door.connections[Symbol.dispose]();
    await records.close();
    lock[Symbol.dispose]();
  };
  return {
    deps: depsOf(context, parts, supervised),
    bridge: parts.bridge,
    keeper: parts.door.connections,
    following: followingOf(context, parts),
    failed: records.failed,
    close,
  };
}

/** Everything that an API has open. */
interface Parts {
  readonly records: Awaited<ReturnType<typeof openRecords>>;
  readonly agents: ReturnType<typeof openAgents>;
  readonly store: ReturnType<typeof storeOf>;
  readonly probe: StoreProbe;
  readonly batch: ApiDeps["batch"];
  readonly bridge: Bridge;
  readonly streams: Streams;
  readonly writeRate: WriteRate;
  readonly modelEvents: ModelEvents;
  readonly door: ReturnType<typeof doorOf>;
  readonly views: Pick<ApiDeps, "desired" | "decisions" | "jobs"> & {
    readonly receipts: ReturnType<typeof openAgents>["receipts"];
    readonly metrics: MetricsView;
  };
}

/** The dependencies of the routes. */
function depsOf(context: Context, parts: Parts, supervised: boolean): ApiDeps {
  const { path } = context.dataDir();
  const { agents, store, views, batch, streams } = parts;
  const { audit, chain, signing, accounts, refusals } = parts.records;
  const kafka = kafkaOf(context.config()) !== null;
  const { isSigned } = agents;
  return {
    ...settingsOf(context),
    ...views,
    ...parts.door,
    accounts,
    audit,
    cannotSign: () => signing.problem(),
    refused: (refusal) => refusals.add(refusal),
    chain,
    send: agents.send,
    ownAgents: agents.own,
    unreadableAgents: agents.unreadable,
    agents: agents.all,
    realtime: parts.bridge,
    query: (name, params, signal) => runQuery(store, name, params, signal),
    // With Kafka, a worker on another host may have what this host lacks.
    jobsLack: cachedBriefly(() => kafka ? { store: null, engines: null } : jobsLack(context)),
    models: modelsOf(context, { store, metrics: views.metrics, events: parts.modelEvents, isSigned, audit }),
    // Anyone may ask, and each answer reads files.
    ready: cachedBriefly(() =>
      readiness(path, {
        kafka,
        sink: usesStore(context),
        supervised,
        keyProblem: signing.ownProblem(),
        store: parts.probe,
        seenAgents: agents.seenAgents,
        isReading: parts.bridge.isReading,
      })
    ),
    storeRowsPerSecond: () => parts.writeRate.perSecond(),
    streams,
    batch,
  };
}

/** Tasks that follow the log or poll while the API runs. */
function followingOf(context: Context, parts: Parts): { follow(signal: AbortSignal): Promise<void> }[] {
  return [
    ...Object.values(parts.views),
    ...parts.records.following,
    parts.modelEvents,
    parts.writeRate,
    parts.streams,
    // A single host has no other agents to follow.
    ...(kafkaOf(context.config()) ? [parts.agents.fleet] : []),
    ...(usesStore(context) ? [parts.probe] : []),
  ];
}

/** Settings that need only the configuration and the data folder. */
function settingsOf(context: Context) {
  const { path } = context.dataDir();
  const secret = jwtSecret(context, { create: true });
  return {
    version: context.version,
    host: Deno.hostname(),
    prefix: context.setting("api.path_prefix"),
    devices: new DeviceTokens(secret),
    dataDir: path,
    hostFlags: hostFlags(path),
    tokens: new Tokens({
      secret,
      issuer: context.setting("auth.jwt_iss"),
      audience: context.setting("auth.jwt_aud"),
    }),
    masterKey: context.setting("auth.master_api_key"),
    schedules: {
      read: () => readSchedules(path, JOB_KINDS),
      write: (list: Parameters<typeof writeSchedules>[1]) => writeSchedules(path, list),
    },
    jobPlaces: () => jobPlaces(context),
    flow: () => ({ link: linkStatus(path), sink: sinkStatus(path) }),
    system: () => systemHealth(path, descriptors(context.library())),
    asset: assetReader(),
    firstLoginDone: () => removeIfThere(firstLoginFile(path)),
    ratePerSecond: context.setting("api.rate_limit_per_second"),
    openMetrics: context.setting("api.open_metrics") && isLoopback(context.setting("api.listen")),
    secureCookies: context.setting("api.secure_cookies"),
    say: context.say,
  };
}

/** Limits on who may connect, and how many. */
function doorOf(context: Context) {
  const proxies = new AddressRanges(context.setting("api.trusted_proxies"));
  const connections = new Doorkeeper(context.library(), {
    port: context.setting("api.port"),
    connections_max: context.setting("api.connections_max"),
    per_address_max: context.setting("api.connections_per_address"),
    descriptors_kept: DESCRIPTORS_KEPT,
    request_ms: REQUEST_MS,
    idle_ms: IDLE_MS,
    shared: proxies.entries,
  });
  return {
    connections,
    door: {
      listen: context.setting("api.listen"),
      origins: originsOf(context.setting("api.origins")),
      proxies,
    },
  };
}

/** Refuses plain HTTP beyond this host unless it is asked for. An address from the command line is wrong usage. */
function refuseOpenDoor(context: Context, isTyped: boolean): void {
  const hostname = context.setting("api.listen");
  if (isLoopback(hostname) || context.setting("api.insecure_listen")) return;
  const line =
    `Cannot listen on ${hostname}: it is not loopback and there is no TLS, need --insecure-listen or a proxy with TLS on this host`;
  throw isTyped ? new UsageError(line) : new AppError("invalid", line);
}
