/** Everything that routes may use; created by `app/api.ts`. */
import type { Say } from "../core/platform/logger.ts";
import type { AuditChain } from "../core/audit/chain.ts";
import type { Refusal } from "../core/audit/refusals.ts";
import type { DeviceTokens } from "../core/auth/device.ts";
import type { SharedAccounts } from "../core/auth/shared_accounts.ts";
import type { Tokens } from "../core/auth/tokens.ts";
import type { AgentStatus, ModuleName, SendCommand, Unreadable } from "../core/control/control.ts";
import type { JobsLack } from "../core/jobs/worker_protocol.ts";
import type { JobPlaces } from "../core/jobs/kind.ts";
import type { JobQueue } from "../core/jobs/queue.ts";
import type { ShadowComparison } from "../core/models/shadow.ts";
import type { ModelList } from "../core/models/models.ts";
import type { ReportTheme } from "../core/models/model_report.ts";
import type { Schedule } from "../proto/jobs.ts";
import type { DecisionIndex } from "../core/decisions/decisions.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import type { LinkStatus } from "../core/platform/link_status.ts";
import type { SinkStatus } from "../core/store/sink_status.ts";
import type { SystemHealth } from "../core/platform/system.ts";
import type { MetricsView } from "../core/decisions/metrics.ts";
import type { RealtimeHub } from "../core/decisions/realtime.ts";
import type { Encoding } from "./encoding.ts";
import type { Deployed } from "../core/models/deploy.ts";
import type { GoingLive } from "../core/models/going_live.ts";
import type { Receipts } from "../core/control/receipts.ts";
import type { DesiredStates } from "../core/control/desired_state.ts";
import type { Streams } from "../core/decisions/streams.ts";
import type { DoorOptions } from "./middleware/door.ts";

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, compressed when the page was built. */
  readonly packed: Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>;
  readonly type: string;
  readonly etag: string;
}

/** One part of an installation. */
export interface ReadyReason {
  readonly part: string;
  readonly ok: boolean;
  /** A short text that strangers may read: no address, path or error text. */
  readonly brief: string;
  /** For users with the right to read. */
  readonly detail: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** Every part, including those that are well. */
  readonly reasons: readonly ReadyReason[];
}

/** Connections of the API's port. */
export interface ConnectionStatus {
  readonly connections: number;
  readonly connections_max: number;
  /** Connections closed by the doorkeeper since the start, by reason: late, idle, talks, surplus. */
  readonly shut: Readonly<Record<string, number>>;
}

/** An action for the audit. */
export interface Act {
  who: string;
  action: string;
  module?: string;
  detail?: string;
  request_id?: string;
}

export interface ApiDeps {
  version: string;
  /** Shown before login; no trading state. */
  host: string;
  /** Path prefix of every route, "" or `/legend`. */
  prefix: string;
  accounts: SharedAccounts;
  /** Marks of browsers that have logged in before. */
  devices: DeviceTokens;
  /** Its path is removed from every answer. */
  dataDir?: string;
  /** Flags with which a command on this host finds the folder, with a space before them; "": none. */
  hostFlags: string;
  tokens: Tokens;
  masterKey: string;
  /**
   * Resolves when the entry is on disk. Rejects when it cannot be stored; the action must then not be done. An action
   * that must not wait (a kill) is `patient`: its entry is written as soon as the file allows it.
   */
  audit(act: Act, patient?: boolean): Promise<void>;
  /** Why nothing can be signed now; null: it can. All commands but kills are refused with this reason. */
  cannotSign(): string | null;
  /** Records a refusal to a stranger: it is in the audit within a minute, with a count. */
  refused(refusal: Refusal): void;
  chain: AuditChain;
  send: SendCommand;
  /** The agents of this host. */
  ownAgents(): AgentStatus[];
  /** Agents of this host whose status cannot be read. */
  unreadableAgents(): Unreadable[];
  /** The agents of all hosts. */
  agents(): FleetAgent[];
  desired: DesiredStates;
  decisions: DecisionIndex;
  metrics: MetricsView;
  receipts: Receipts;
  realtime: RealtimeHub;
  /** Runs a named query on the store; cancelled when the signal aborts. */
  query(
    name: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>[]>;
  ready(): Readiness;
  /** Resources that the host and this process use. */
  system(): SystemHealth;
  /** Null: unknown. */
  storeRowsPerSecond(): number | null;
  jobs: JobQueue;
  jobsLack(): JobsLack;
  schedules: { read(): readonly Schedule[]; write(list: readonly Schedule[]): void };
  models: {
    list(module: ModuleName): ModelList;
    /** Pins, audits and links the version, then waits for the agents' receipts. */
    deploy(live: GoingLive): Promise<Deployed>;
    /** Registers and signs a file. Returns its version. */
    import(module: ModuleName, file: string): Promise<string>;
    /** Compares the model in shadow with the one that decides. */
    compare(module: ModuleName, hours: number, signal: AbortSignal): Promise<ShadowComparison>;
    /** Scores a version in shadow, beside the one that decides; null: none. */
    shadow(module: ModuleName, version: string | null): void;
    /** The report of a version as SVG; null when it has none. */
    report(module: ModuleName, version: string, theme: ReportTheme): string | null;
  };
  /** Where jobs of this host may write. */
  jobPlaces(): JobPlaces;
  /** Status of the link and the sink. */
  flow(): { link: LinkStatus | null; sink: SinkStatus | null };
  asset(name: string): Asset | undefined;
  /** The first password has been changed: its file may be removed. */
  firstLoginDone(): void;
  /** Everything that outlives its request. */
  streams: Streams;
  connections: {
    /** A client's connection becomes a stream on which the client sends only control frames. */
    stream(peer: { readonly hostname: string; readonly port: number }): void;
    /** Null: there is no doorkeeper. */
    status(): ConnectionStatus | null;
  };
  /** Which host names, origins and proxies are ours. */
  door: DoorOptions;
  ratePerSecond: number;
  openMetrics: boolean;
  /** Send cookies only over TLS. */
  secureCookies: boolean;
  batch: { windowMs: number; maxSize: number };
  readonly say: Say;
  now?: () => number;
  /** Milliseconds of a monotonic clock, for rates; `performance.now()` by default. */
  monotonic?: () => number;
}
