/** The application with real parts: SQLite, the embedded log, the library. Without a port. */
import { AuditChain } from "../../core/audit/chain.ts";
import { HeadSigner } from "../../core/audit/head.ts";
import { Refusals } from "../../core/audit/refusals.ts";
import { verifyAudit } from "../../core/audit/verify.ts";
import { DeviceTokens } from "../../core/auth/device.ts";
import { SharedAccounts } from "../../core/auth/shared_accounts.ts";
import { inThisThread, recordCalls } from "../../core/records/calls.ts";
import { Accounts } from "../../core/auth/accounts.ts";
import type { Role } from "../../core/auth/rights.ts";
import { Tokens } from "../../core/auth/tokens.ts";
import { agentStatuses, readAgents } from "../../core/control/control.ts";
import { Fleet } from "../../core/control/fleet.ts";
import { openDatabase } from "../../core/platform/database.ts";
import { DecisionIndex } from "../../core/decisions/decisions.ts";
import { MetricsView } from "../../core/decisions/metrics.ts";
import { goLive } from "../../core/models/going_live.ts";
import { holdsBy, Streams } from "../../core/decisions/streams.ts";
import { AddressRanges } from "../../core/platform/net.ts";
import { Receipts } from "../../core/control/receipts.ts";
import { DesiredStates } from "../../core/control/desired_state.ts";
import { AppError } from "../../core/platform/errors.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { Bridge } from "../../services/bridge/bridge.ts";
import { descriptors } from "../../ffi/door.ts";
import { sendCommand, signatureCheck } from "../../ffi/control.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { createApp } from "../../routes/app.ts";
import type { ApiDeps } from "../../routes/deps.ts";
import { pageRoutes } from "../../routes/pages/mod.tsx";
import { JobQueue } from "../../core/jobs/queue.ts";
import { readSchedules, writeSchedules } from "../../core/jobs/schedules.ts";
import { systemHealth } from "../../core/platform/system.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { JOB_KINDS } from "../../workers/kinds.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { delay } from "../../core/platform/delay.ts";

export const PASSWORD = "correct horse battery";

export interface Server {
  readonly folder: string;
  readonly deps: ApiDeps;
  readonly routes: ReturnType<typeof createApp>["routes"];
  readonly clock: { now: number };
  readonly log: EmbeddedLog;
  call(
    method: string,
    path: string,
    options?: {
      headers?: Record<string, string>;
      body?: unknown;
      raw?: string | Uint8Array<ArrayBuffer>;
      peer?: string;
    },
  ): Promise<Response>;
  /** When this resolves, the refusals are in the audit. */
  refusalsWritten(): Promise<void>;
  /** Faults found in the audit. */
  auditFaults(): readonly string[];
  /** A user who has chosen a password, with an access token. */
  person(role: Role): Promise<{ name: string; token: string; session: string }>;
}

/** The parts of the application, on a folder of their own. */
function partsOf(folder: string, clock: { readonly now: number }) {
  const { path, instance } = openDataDir(folder);
  const database = openDatabase(`${path}/legend.db`);
  const library = new Library(LIBRARY);
  const log = new EmbeddedLog(library, `${path}/log`);
  const now = () => clock.now;
  const signer = new HeadSigner(instance, "07".repeat(32));
  const chain = new AuditChain(database, signer, now);
  const stored = new Accounts(database, now, now);
  const records = inThisThread(recordCalls(chain, stored, path));
  // Refusals are held back only briefly, so that the tests stay fast.
  const accounts = new SharedAccounts(stored, records, { now, holdMs: 20, waitMs: Infinity });
  const refusals = new Refusals({ write: (acts) => records.call("refusals", [acts]), say: () => {} });
  const registry = new ModelRegistry(library, path);
  const isSigned = signatureCheck(library, path, "");
  const fleet = new Fleet({ log, isSigned, own: () => agentStatuses(path), refused: () => {} });
  return {
    path,
    instance,
    database,
    library,
    log,
    now,
    signer,
    chain,
    records,
    accounts,
    refusals,
    registry,
    isSigned,
    fleet,
  };
}

type Parts = ReturnType<typeof partsOf>;

/** Models without agents: a deployment gets no receipt. */
const modelsOf = (registry: ModelRegistry, audit: ApiDeps["audit"]): ApiDeps["models"] => ({
  list: (module) => registry.list(module),
  deploy: async (live) => {
    await goLive(registry, audit, live);
    return { request_id: live.requestId, receipts: [], silent: [] };
  },
  import: async (module, file) => (await registry.import(module, file)).version,
  compare: () => Promise.reject(new AppError("unavailable", "Cannot use the store: the test has none")),
  shadow: (module, version) => registry.select(module, "shadow", version),
  report: () => null,
});

function depsOf(parts: Parts, more: Partial<ApiDeps>): ApiDeps {
  const { path, instance, library, log, now, chain, records, accounts, refusals, registry, isSigned, fleet } =
    parts;
  const deps: ApiDeps = {
    version: "test",
    host: "test-host",
    prefix: "",
    hostFlags: "",
    accounts,
    devices: new DeviceTokens("s".repeat(32)),
    tokens: new Tokens({ secret: "s".repeat(32), issuer: "i", audience: "a", now }),
    masterKey: "m".repeat(24),
    audit: ({ who, action, module = "", detail = "", request_id = "" }) =>
      records.call("audit", [[{ who, action, module, detail, request_id }]]),
    cannotSign: () => null,
    refused: (refusal) => refusals.add(refusal),
    chain,
    send: (command) => {
      const here = sendCommand(library, { ...command, data_dir: path, instance, wait_ms: 2_000 });
      return { here, all: here.then((sent) => [sent]) };
    },
    ownAgents: () => agentStatuses(path),
    unreadableAgents: () => readAgents(path).unreadable,
    agents: () => fleet.all(),
    desired: new DesiredStates(log),
    decisions: new DecisionIndex(log),
    metrics: new MetricsView(log),
    receipts: new Receipts(log, isSigned),
    realtime: new Bridge({ log, windowMs: 20, maxSize: 256 }),
    query: () => Promise.reject(new AppError("unavailable", "Cannot use the store: the test has none")),
    jobs: new JobQueue(log, log, JOB_KINDS),
    jobsLack: () => ({ store: null, engines: null }),
    schedules: { read: () => readSchedules(path, JOB_KINDS), write: (list) => writeSchedules(path, list) },
    models: modelsOf(registry, (act) => deps.audit(act)),
    jobPlaces: () => ({ datasetsRoot: `${path}/datasets`, buckets: ["mine"] }),
    flow: () => ({ link: null, sink: null }),
    ready: () => ({ ready: true, reasons: [] }),
    system: () => systemHealth(path, descriptors(library)),
    storeRowsPerSecond: () => null,
    asset: () => undefined,
    firstLoginDone: () => {},
    streams: new Streams(holdsBy(accounts, now)),
    connections: { stream: () => {}, status: () => null },
    door: { listen: "127.0.0.1", origins: ["http://test"], proxies: new AddressRanges("") },
    ratePerSecond: 100_000,
    openMetrics: false,
    secureCookies: false,
    batch: { windowMs: 20, maxSize: 256 },
    say: () => {},
    now,
    monotonic: now,
    ...more,
  };
  return deps;
}

/** A request as the server passes it to the application. */
const callOf =
  (app: ReturnType<typeof createApp>): Server["call"] =>
  (method, path, { headers = {}, body, raw, peer = "192.0.2.1" } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const request = new Request(`http://test${path}`, {
      method,
      headers: { ...(content === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(content === undefined ? {} : { body: content }),
    });
    return Promise.resolve(app.fetch(request, { remoteAddr: { hostname: peer } }));
  };

/** Runs with the application on a folder of its own; `more` replaces parts of it. */
export async function withServer(
  run: (server: Server) => Promise<void>,
  more: Partial<ApiDeps> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-api-" });
  const clock = { now: Date.now() };
  const parts = partsOf(folder, clock);
  const { accounts, refusals, database, instance, signer, log } = parts;
  const deps = depsOf(parts, more);
  const app = createApp(deps, pageRoutes);
  const person = async (role: Role) => {
    const name = `${role}-${crypto.randomUUID().slice(0, 8)}`;
    await accounts.add(name, role, PASSWORD, false);
    const { session } = await accounts.begin(name, "test");
    return { name, session, token: await deps.tokens.sign(name, role, session) };
  };
  try {
    await run({
      folder,
      deps,
      routes: app.routes,
      clock,
      log,
      refusalsWritten: () => refusals.flush(),
      auditFaults: () => verifyAudit(database, [], { node: instance, keys: new Set([signer.key]) }).faults,
      person,
      call: callOf(app),
    });
  } finally {
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Waits until the condition holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what} did not come in 60 s`);
    await delay(5);
  }
}
