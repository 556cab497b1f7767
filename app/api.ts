import { Bridge } from "../agents/bridge/bridge.ts";
import { AuditChain } from "../core/audit/chain.ts";
import type { Act } from "../core/audit/entry.ts";
import { Refusals } from "../core/audit/refusals.ts";
import { Accounts } from "../core/auth/accounts.ts";
import { DeviceMarks } from "../core/auth/device.ts";
import { SharedAccounts } from "../core/auth/shared_accounts.ts";
import { randomSecret } from "../core/auth/passwords.ts";
import { Tokens } from "../core/auth/tokens.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { deployModel } from "../core/models/deploy.ts";
import { JobQueue } from "../core/jobs/queue.ts";
import { readSchedules, writeSchedules } from "../core/jobs/schedules.ts";
import { broadcast, RECEIPT_WAIT_MS } from "../core/control/broadcast.ts";
import { hasAgent, type ModuleName, MODULES, readAgents, type SendCommand } from "../core/control/control.ts";
import { lockFile } from "../core/platform/data_dir.ts";
import { type Database, openDatabase } from "../core/platform/database.ts";
import { DecisionIndex } from "../core/decisions/decisions.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import { removeIfThere, replaceFile, StatusFile } from "../core/platform/files.ts";
import { Fleet } from "../core/control/fleet.ts";
import { hostFlags } from "../core/platform/host_flags.ts";
import { linkStatus } from "../core/platform/link.ts";
import { apiStatusFile } from "../core/platform/parts.ts";
import { MetricsView } from "../core/decisions/metrics.ts";
import { pause } from "../core/platform/pause.ts";
import { drawReport } from "../core/models/model_report.ts";
import { AddressRanges, isLoopback, originsOf } from "../core/platform/net.ts";
import { ModelEvents } from "../core/models/model_events.ts";
import { Receipts } from "../core/control/receipts.ts";
import { RecordThread } from "../core/records/client.ts";
import { compareShadow } from "../core/models/shadow.ts";
import { WantedStates } from "../core/control/wanted.ts";
import { runQuery } from "../core/store/queries.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import { WriteRate } from "../core/store/write_rate.ts";
import { holdsBy, Streams } from "../core/decisions/streams.ts";
import { systemHealth } from "../core/platform/system.ts";
import { sendCommand, signatureCheck } from "../ffi/control.ts";
import { descriptors, Doorkeeper } from "../ffi/door.ts";
import { endWithParent, lean } from "../ffi/process.ts";
import { judge } from "../ffi/models.ts";
import { createApp } from "../routes/app.ts";
import type { ApiDeps } from "../routes/deps.ts";
import { pageRoutes } from "../routes/pages/mod.tsx";
import { ApiServer, DESCRIPTORS_KEPT, DESCRIPTORS_MIN, needDescriptors } from "./api_server.ts";
import { assetReader } from "./assets.ts";
import { tellerOf } from "./audit_heads.ts";
import type { Context } from "./context.ts";
import { EXIT } from "../core/platform/exit.ts";
import type { VerbBody } from "../cli/command.ts";
import { storeOf } from "./stores.ts";
import { usesStore } from "./stores.ts";
import { readiness, StoreProbe } from "./readiness.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import { jwtSecret } from "./jwt_secret.ts";
import { registryOf } from "./registry.ts";
import { Signing } from "./signing.ts";
import { jobPlaces, jobsLack } from "./worker.ts";

/** How long a reader of legend.db waits: only for one that mends the file after a crash. */
const READ_BUSY_MS = 1_000;
/** From the first byte of a request, or from the connection, until a handler has it. */
const REQUEST_MS = 10_000;
/** Between two requests of a connection: proxies keep theirs for a minute. */
const IDLE_MS = 75_000;

export const runApi: VerbBody = {
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
    const hostname = context.setting("api.listen");
    const port = context.setting("api.port");
    if (!isLoopback(hostname) && !context.setting("api.insecure_listen")) {
      const line =
        `Cannot listen on ${hostname}: it is not loopback and there is no TLS, need --insecure-listen or a proxy with TLS on this host`;
      throw flags.listen === undefined ? new AppError("invalid", line) : new UsageError(line);
    }
    lean(context.library());
    needDescriptors(context.library(), "the API", DESCRIPTORS_MIN);
    const parts = await openParts(context, flags.part === true);
    const { deps, bridge, keeper } = parts;
    const app = createApp(deps, pageRoutes);
    const server = new ApiServer({
      hostname,
      port,
      handler: app.fetch,
      keeper,
      signal: context.signal,
      say: (line) => context.say(line),
    });
    const status = new StatusFile(apiStatusFile(context.dataDir().path), (line) => context.say(line));
    status.write({ at_ms: Date.now(), pid: Deno.pid, listen: hostname, port });
    const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
    context.say(`the page is at http://${shown}:${port}${deps.prefix}/`);
    const { decisions, metrics, receipts, wanted, jobs } = deps;
    const follow = [decisions, metrics, receipts, wanted, jobs, ...parts.following].map((part) =>
      part.follow(context.signal)
    );
    try {
      await Promise.race([
        Promise.all([...follow, bridge.run(context.signal)]),
        parts.failed,
        new Promise((resolve) => context.signal.addEventListener("abort", resolve)),
      ]);
    } finally {
      await server.close();
      await parts.close();
      // One that stays is of an API that was killed.
      status.remove();
    }
    return EXIT.done;
  },
};

async function openParts(context: Context, supervised: boolean) {
  const { path, instance } = context.dataDir();
  const lock = lockFile(
    `${path}/api.lock`,
    () => new AppError("unavailable", `Cannot run the API: another one runs on ${path}`),
  );
  // From here on it is read alone: what writes has a thread and a connection of its own.
  const database = openDatabase(`${path}/legend.db`, READ_BUSY_MS);
  await makeFirstLogin(database, path, context);
  const chain = new AuditChain(database);
  const sign_sk_hex = context.setting("control.sign_sk_hex");
  const signing = new Signing({ dataDir: path, configured: sign_sk_hex, say: (line) => context.say(line) });
  const records = new RecordThread({
    module: recordsModule(),
    folder: path,
    node: instance,
    seed: signing.seed,
    say: (line) => context.say(line),
  });
  await records.ready();
  const teller = tellerOf(context, chain, (seq) => records.call("told", [seq], Infinity));
  const accounts = new SharedAccounts(new Accounts(database), {
    call: async (name, args, waitMs) => {
      const made = await records.call(name, args, waitMs);
      // A change may have brought its entry.
      teller.poke();
      return made;
    },
  });
  const refusals = new Refusals({
    write: async (acts) => {
      await records.call("refusals", [acts], Infinity);
      teller.poke();
    },
    say: (line) => context.say(line),
  });
  const secret = jwtSecret(context, true);
  const tokens = new Tokens({
    secret,
    issuer: context.setting("auth.jwt_iss"),
    audience: context.setting("auth.jwt_aud"),
  });
  const log = context.log();
  const batch = {
    windowMs: context.setting("realtime.batch_window_ms"),
    maxSize: context.setting("realtime.batch_max_size"),
  };
  const bridge = new Bridge({ log, ...batch });
  const streams = new Streams(holdsBy(accounts));
  const proxies = new AddressRanges(context.setting("api.trusted_proxies"));
  const keeper = new Doorkeeper(context.library(), {
    port: context.setting("api.port"),
    connections_max: context.setting("api.connections_max"),
    per_address_max: context.setting("api.connections_per_address"),
    descriptors_kept: DESCRIPTORS_KEPT,
    request_ms: REQUEST_MS,
    idle_ms: IDLE_MS,
    shared: proxies.entries,
  });
  const kafka = kafkaOf(context.config()) !== null;
  const isSigned = signatureCheck(context.library(), path, sign_sk_hex);
  const [metrics, modelEvents] = [new MetricsView(log), new ModelEvents(log)];
  const receipts = new Receipts(log, isSigned);
  const own = briefly(() => readAgents(path));
  const ownAgents = () => own().agents;
  const hasOwn = (module: ModuleName) => hasAgent(path, module);
  const fleet = new Fleet({
    log,
    isSigned,
    own: ownAgents,
    refused: (name) =>
      context.say(
        `Cannot believe what ${name} says of itself: no agent with a key of this installation signed it; do all hosts have the same CTRL_SIGN_SK_HEX?`,
      ),
  });
  const others = (module: ModuleName) => {
    const mine = hasOwn(module) ? `${module}-${instance}` : "";
    const told = fleet.all().filter((agent) => !agent.here && agent.module === module);
    const silent = metrics.instances(module).filter((name) =>
      name !== mine && !told.some(({ instance }) => instance === name)
    );
    return [
      ...told.filter(({ state }) => state === "running"),
      // Heard by their metrics alone: of a version that reports nothing else.
      ...silent.map((instance) => ({ instance, age_s: 0 })),
    ];
  };
  const store = storeOf(context);
  const probe = new StoreProbe(store);
  const registry = registryOf(context);
  const writeRate = new WriteRate(() => sinkStatus(path));
  const deps: ApiDeps = {
    version: context.version,
    host: Deno.hostname(),
    prefix: context.setting("api.path_prefix"),
    accounts,
    devices: new DeviceMarks(secret),
    dataDir: path,
    hostFlags: hostFlags(path),
    tokens,
    masterKey: context.setting("auth.master_api_key"),
    audit: async ({ who, action, module = "", detail = "", request_id = "" }, patient = false) => {
      const act = { who, action, module, detail, request_id };
      await records.call("audit", [[act]], ...(patient ? [Infinity] : []));
      teller.poke();
    },
    cannotSign: () => signing.trouble(),
    refused: (refusal) => refusals.add(refusal),
    chain,
    send: broadcast({
      here: (command) =>
        sendCommand(context.library(), {
          ...command,
          data_dir: path,
          instance,
          ...(sign_sk_hex ? { sign_sk_hex } : {}),
          wait_ms: RECEIPT_WAIT_MS,
          log_wait_ms: isKill(command) && hasOwn(command.module) ? KILL_LOG_WAIT_MS : RECEIPT_WAIT_MS,
          disk: hasOwn(command.module) || !kafka,
        }),
      hasOwn,
      others,
      receipts: (requestId) => receipts.of(requestId),
    }),
    ownAgents,
    unreadableAgents: () => own().unreadable,
    agents: briefly(() => fleet.all()),
    wanted: new WantedStates(log),
    decisions: new DecisionIndex(log),
    metrics,
    receipts,
    realtime: bridge,
    query: (name, params, signal) => runQuery(store, name, params, signal),
    jobs: new JobQueue(log, context.outbox(), JOB_KINDS),
    // With Kafka a worker of another host may have what this one lacks.
    jobsLack: briefly(() => kafka ? { store: null, engines: null } : jobsLack(context)),
    schedules: { read: () => readSchedules(path), write: (list) => writeSchedules(path, list) },
    models: {
      list: (module) => modelEvents.withHistory(registry.list(module)),
      deploy: (live) => {
        const heard = (module: ModuleName) => metrics.instances(module);
        const audit = (act: Act) => deps.audit(act);
        const { signal } = context;
        return deployModel({ registry, audit, log, isSigned, signal, cluster: kafka, heard }, live);
      },
      import: async (module, file) => {
        // Whoever may swap a model may not read other files of this host.
        const real = await Deno.realPath(file).catch(() => "");
        if (!real.startsWith(`${await Deno.realPath(path)}/models/`)) {
          throw new AppError(
            "forbidden",
            `Cannot take ${file}: need a file below models/ of the data folder`,
          );
        }
        return (await registry.import(module, real)).version;
      },
      compare: (module, hours, signal) =>
        compareShadow(
          store,
          (labels, scores) => judge(context.library(), labels, scores),
          module,
          hours,
          signal,
        ),
      shadow: (module, version) => registry.point(module, "shadow", version),
      report: (module, version, theme) => {
        const manifest = registry.list(module).models.find((model) => model.version === version);
        return manifest ? drawReport(manifest, theme) : null;
      },
    },
    jobPlaces: () => jobPlaces(context),
    flow: () => ({ link: linkStatus(path), sink: sinkStatus(path) }),
    // Everybody may ask, and each answer reads files.
    ready: briefly(() =>
      readiness(path, {
        kafka,
        sink: usesStore(context),
        supervised,
        keyTrouble: signing.ownTrouble(),
        store: probe,
        heard: heardOf(metrics),
        isReading: bridge.isReading,
      })
    ),
    system: () => systemHealth(path, descriptors(context.library())),
    storeRowsPerSecond: () => writeRate.perSecond(),
    asset: assetReader(),
    firstLoginDone: () => removeIfThere(`${path}/first-login`),
    streams,
    connections: keeper,
    door: {
      listen: context.setting("api.listen"),
      origins: originsOf(context.setting("api.origins")),
      proxies,
    },
    ratePerSecond: context.setting("api.rate_limit_per_second"),
    openMetrics: context.setting("api.open_metrics") &&
      isLoopback(context.setting("api.listen")),
    secureCookies: context.setting("api.secure_cookies"),
    batch,
    say: (line) => context.say(line),
  };
  const key = {
    follow: (signal: AbortSignal) =>
      signing.follow(signal, async (seed) => {
        await records.call("signWith", [instance, seed], Infinity);
        teller.poke();
      }),
  };
  // Alone, a host has no other agents to hear of.
  const following: { follow(signal: AbortSignal): Promise<void> }[] = kafka
    ? [key, modelEvents, refusals, teller, writeRate, streams, fleet]
    : [key, modelEvents, refusals, teller, writeRate, streams];
  if (usesStore(context)) following.push(probe);
  const close = async () => {
    keeper[Symbol.dispose]();
    // A file that somebody holds must not keep the process: what waits for it ends with the thread.
    await within(FLUSH_MS, refusals.flush());
    await within(FLUSH_MS, teller.flush());
    await records.close();
    database.close();
    lock[Symbol.dispose]();
  };
  return { deps, bridge, keeper, following, failed: records.failed, close };
}

/** How long what was refused, and heads, may take to be written when the process ends. */
const FLUSH_MS = 2_000;

/** Resolves with the work, or when the time is over. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([work, pause(ms, end.signal)]);
  } finally {
    end.abort();
  }
}

/** How long what an agent of another host told is news. */
const HEARD_MS = 5_000;
const heardOf = (metrics: MetricsView) => () =>
  MODULES.flatMap((module) => metrics.instances(module, HEARD_MS));

/** A kill that holds here is answered; that the log has not taken it yet is said in the answer. */
const KILL_LOG_WAIT_MS = 60;
const isKill = ({ action, args }: Parameters<SendCommand>[0]) => action === "kill" && args.kill !== "false";

/** How long what the agents said is good enough for another request. */
const STATUS_GOOD_MS = 100;

/** `ask`, but not more often than the answer changes. */
function briefly<T>(ask: () => T): () => T {
  let [answer, at]: [T | undefined, number] = [undefined, -Infinity];
  return () => {
    const now = performance.now();
    if (now - at > STATUS_GOOD_MS) [answer, at] = [ask(), now];
    return answer!;
  };
}

/** Made at the first start, readable by the owner alone; the password is shown on a terminal and nowhere else. */
async function makeFirstLogin(database: Database, path: string, context: Context): Promise<void> {
  const accounts = new Accounts(database);
  if (accounts.users().length > 0) return;
  const password = randomSecret();
  const file = `${path}/first-login`;
  // Within the transaction: who finds a user there leaves the file alone.
  const made = await accounts.first(
    "admin",
    password,
    () => replaceFile(file, `user: admin\npassword: ${password}\n`),
  );
  if (!made) return;
  context.say(`first login: see ${file}`);
  if (Deno.stderr.isTerminal()) context.say(`  user admin, password ${password}`);
}

/** Bundled beside the program, or its source. */
function recordsModule(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `file://${root}/app/records.js` : new URL("../core/records/thread.ts", import.meta.url).href;
}
