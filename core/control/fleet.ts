/** The agents of all hosts: this host's by their status files, the others' by following `agent-status-proto`. */
import { jobs } from "../../proto/wire.ts";
import { type AgentStatus, statusOf } from "./control.ts";
import { follow, readThrough } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { IsSigned } from "./receipts.ts";
import type { TopicName } from "../../proto/topics.ts";

const REPORTS_TOPIC: TopicName = "agent-status-proto";
/** Newest records read at the start. */
const RECORDS_MAX = 5_000n;
const AGENTS_MAX = 1_000;
/** Maximum names of unknown senders that are reported. */
const REFUSED_MAX = 100;
const NAME_LENGTH_MAX = 64;
/** An agent that has reported nothing for this long is dropped. */
const FORGOTTEN_MS = 86_400_000;
/** An agent of another host that has reported its end is shown for this long. */
const ENDED_MS = 60_000;
/** A report from a clock further ahead would hide later reports. */
const AHEAD_MS_MAX = 60_000;

/** An agent as a reader of all agents sees it. */
export type FleetAgent = AgentStatus & {
  /** Of this host. */
  here: boolean;
  /** Seconds since its last report, by this host's clock. */
  age_s: number;
  /** Age after which its last report no longer counts as its state: agents of other hosts report less often. */
  silent_after_s: number;
};

const SILENT_AFTER_S = { here: 3, remote: 15 };

export interface FleetDeps {
  readonly log: Log;
  readonly isSigned: IsSigned;
  /** The agents of this host. */
  own(): AgentStatus[];
  /** Called once for an instance whose report is not signed by an agent of this installation. */
  refused(instance: string): void;
  now?(): number;
}

export class Fleet {
  readonly #deps: FleetDeps;
  readonly #now: () => number;
  readonly #reported = new Map<string, AgentStatus>();
  readonly #refused = new Set<string>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
  }

  /** Follows the topic until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#deps.log, REPORTS_TOPIC, {
      from: { last: RECORDS_MAX },
      signal,
      take: ({ value }) => value && this.take(value),
    });
  }

  /** Reads existing reports: of each agent the newest one with a valid signature; older ones are not checked. */
  async read(): Promise<void> {
    using topic = await this.#deps.log.topic(REPORTS_TOPIC, { create: true });
    const values: Uint8Array[] = [];
    for await (const block of readThrough(topic, { last: RECORDS_MAX })) {
      if ("gap" in block) continue;
      for (const { value } of block.records) if (value) values.push(value);
    }
    for (const value of values.reverse()) this.take(value);
  }

  /** Takes one report. It is ignored when no agent of this installation signed it, or when a newer one is known. */
  take(value: Uint8Array): void {
    let report;
    try {
      report = jobs.AgentReport.decode(value);
    } catch {
      // Bytes of another format on the topic are not a report.
      return;
    }
    const instance = report.instance ?? "";
    const known = this.#reported.get(instance);
    // Before checking its signature, which costs more.
    if (known && BigInt(known.at_ns) >= BigInt(String(report.atNs))) return;
    if (!this.#deps.isSigned("report", value)) {
      // The sender chose this name too: it is reduced to the characters that a name can have.
      const name = instance.replaceAll(/[^\w.-]/g, "?").slice(0, NAME_LENGTH_MAX);
      if (this.#refused.has(name) || this.#refused.size >= REFUSED_MAX) return;
      this.#refused.add(name);
      this.#deps.refused(name);
      return;
    }
    const status = statusOf(report.statusJson ?? new Uint8Array());
    const isOf = status?.instance === instance && status.module === report.module;
    if (!status || !isOf || atMs(status) > this.#now() + AHEAD_MS_MAX) return;
    // The agents that have reported nothing for the longest time come first.
    this.#reported.delete(instance);
    this.#reported.set(instance, status);
    if (this.#reported.size > AGENTS_MAX) this.#reported.delete(this.#reported.keys().next().value!);
  }

  /** All agents: this host's first, each group by name. */
  all(): FleetAgent[] {
    const now = this.#now();
    const seen = (status: AgentStatus, here: boolean): FleetAgent => ({
      ...status,
      here,
      age_s: Math.max(0, now - atMs(status)) / 1000,
      silent_after_s: here ? SILENT_AFTER_S.here : SILENT_AFTER_S.remote,
    });
    const own = this.#deps.own().map((status) => seen(status, true));
    const names = new Set(own.map(({ instance }) => instance));
    const others = [...this.#reported.values()].filter((status) =>
      !names.has(status.instance) && now - atMs(status) < (status.state === "done" ? ENDED_MS : FORGOTTEN_MS)
    ).map((status) => seen(status, false));
    return [...own, ...others.sort((one, other) => one.instance < other.instance ? -1 : 1)];
  }
}

const atMs = ({ at_ns }: AgentStatus) => Number(BigInt(at_ns) / 1_000_000n);
