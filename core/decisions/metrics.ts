/** The agents' metrics of the last ten minutes, from following `metrics-proto`. */
import { realtime } from "../../proto/wire.ts";
import type { ModuleName } from "../control/control.ts";
import { follow } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { TopicName } from "../../proto/topics.ts";

const METRICS_TOPIC: TopicName = "metrics-proto";
/** Seconds kept. */
const SECONDS_MAX = 600;
/** Records of each partition read at the start: the seconds kept, of several agents. */
const RECORDS_MAX = 5_000n;

/** An agent that has reported nothing for this long is not asked for receipts any more. */
const SEEN_MS = 60_000;
const SEEN_MAX = 1_000;
const AHEAD_MS_MAX = 60_000;

/** How long an agent's sample stays valid: each agent reports every second, but not at the same moment. */
const GOOD_S = 3;

/** Milliseconds, shares of 1 and SOL; null: unknown. */
interface Sample {
  hotpath_p50: number;
  hotpath_p99: number;
  send_p99: number;
  /** Null: no outcome in ten minutes. */
  landed_pct: number | null;
  pnl_1h: number;
}

export interface MetricsSummary {
  hotpath_p50: number | null;
  hotpath_p99: number | null;
  send_p99: number | null;
  landed_pct: number | null;
  pnl_1h: number | null;
  /** Age of the newest sample in seconds; null = none. */
  age_s: number | null;
  series: MetricsSeries;
}

/**
 * One value for each second of `t`; null: unknown at that time. Where no agent reported, a second with only nulls
 * stands for the gap.
 */
export interface MetricsSeries {
  t: number[];
  hotpath_p50: (number | null)[];
  hotpath_p99: (number | null)[];
  send_p99: (number | null)[];
  p_land: (number | null)[];
  pnl: (number | null)[];
}

export class MetricsView {
  readonly #log: Log;
  readonly #lastSeen = new Map<string, { module: ModuleName; atMs: number }>();
  /** By Unix second, then by instance. */
  readonly #samples: Record<ModuleName, Map<number, Map<string, Sample>>> = {
    arbitrage: new Map(),
    mev: new Map(),
  };

  constructor(log: Log) {
    this.#log = log;
  }

  /** Follows the topic until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, METRICS_TOPIC, {
      from: { last: RECORDS_MAX },
      signal,
      take: ({ value, timestampMs }) => value && this.take(value, timestampMs),
    });
  }

  /** Agents that have reported metrics within `withinMs`, by instance. */
  instances(module: ModuleName, withinMs = SEEN_MS, now = Date.now()): string[] {
    return [...this.#lastSeen].filter(([, seen]) => seen.module === module && now - seen.atMs < withinMs)
      .map(([instance]) => instance);
  }

  /** One record. */
  take(value: Uint8Array, timestampMs: number, now = Date.now()): void {
    let metrics;
    try {
      ({ metrics } = realtime.Envelope.decode(value));
    } catch {
      // Bytes of another format on the topic are ignored.
      return;
    }
    const module = metrics?.module as ModuleName;
    const samples = this.#samples[module];
    // A sample from a clock that is ahead would remain the newest for just as long.
    if (!metrics || !samples || timestampMs > now + AHEAD_MS_MAX) return;
    this.#lastSeen.set(metrics.instance ?? "", { module, atMs: timestampMs });
    if (this.#lastSeen.size > SEEN_MAX) this.#lastSeen.delete(this.#lastSeen.keys().next().value!);
    const second = Math.floor(timestampMs / 1000);
    const ofSecond = samples.get(second) ?? new Map<string, Sample>();
    samples.set(second, ofSecond);
    if (ofSecond.size >= SEEN_MAX) return;
    ofSecond.set(metrics.instance ?? "", {
      hotpath_p50: metrics.hotpathP50 ?? 0,
      hotpath_p99: metrics.hotpathP99 ?? 0,
      send_p99: metrics.sendP99 ?? 0,
      landed_pct: known(metrics.landedPct ?? 0),
      pnl_1h: metrics.pnl_1h ?? 0,
    });
    // Records of several hosts need not arrive in order of time.
    if (samples.size > SECONDS_MAX) samples.delete(Math.min(...samples.keys()));
  }

  /** Summary of one module, all its agents together; `now`: Unix milliseconds. */
  summary(module: ModuleName, now = Date.now()): MetricsSummary {
    const samples = this.#samples[module];
    const t = [...samples.keys()].sort((one, other) => one - other);
    const points = t.map((second) => {
      const known = new Map<string, Sample>();
      for (let before = GOOD_S - 1; before >= 0; before--) {
        samples.get(second - before)?.forEach((sample, instance) => known.set(instance, sample));
      }
      return together([...known.values()]);
    });
    const last = points.at(-1);
    const drawn = withGaps(t, points);
    const column = (name: keyof Sample) => drawn.map(({ point }) => point?.[name] ?? null);
    return {
      hotpath_p50: last?.hotpath_p50 ?? null,
      hotpath_p99: last?.hotpath_p99 ?? null,
      send_p99: last?.send_p99 ?? null,
      landed_pct: last?.landed_pct ?? null,
      pnl_1h: last?.pnl_1h ?? null,
      age_s: last ? Math.max(0, now / 1000 - t.at(-1)!) : null,
      series: {
        t: drawn.map(({ second }) => second),
        hotpath_p50: column("hotpath_p50"),
        hotpath_p99: column("hotpath_p99"),
        send_p99: column("send_p99"),
        p_land: column("landed_pct"),
        pnl: column("pnl_1h"),
      },
    };
  }
}

/** Its seconds after `since`. */
export function seriesAfter(series: MetricsSeries, since: number): MetricsSeries {
  const at = series.t.findIndex((second) => second > since);
  const from = at < 0 ? series.t.length : at;
  return {
    t: series.t.slice(from),
    hotpath_p50: series.hotpath_p50.slice(from),
    hotpath_p99: series.hotpath_p99.slice(from),
    send_p99: series.send_p99.slice(from),
    p_land: series.p_land.slice(from),
    pnl: series.pnl.slice(from),
  };
}

/** An unknown value is NaN on the wire and null here, since JSON cannot write NaN. */
const known = (value: number): number | null => Number.isFinite(value) ? value : null;

/** Adds a point without a sample where seconds are missing, so that no line is drawn across the gap. */
function withGaps(
  t: readonly number[],
  points: readonly Sample[],
): { second: number; point: Sample | null }[] {
  return t.flatMap((second, at) => {
    const here = { second, point: points[at]! };
    return at > 0 && second - t[at - 1]! > GOOD_S ? [{ second: second - 1, point: null }, here] : [here];
  });
}

/**
 * Combines the agents of one module: the slowest of their latencies, the mean landed share of those that know theirs,
 * the sum of their PnL.
 */
function together(samples: readonly Sample[]): Sample {
  type SummedField = Exclude<keyof Sample, "landed_pct">;
  const landed = samples.map(({ landed_pct }) => landed_pct).filter((share) => share !== null);
  const most = (name: SummedField) => Math.max(...samples.map((sample) => sample[name]));
  const sum = (name: SummedField) => samples.reduce((total, sample) => total + sample[name], 0);
  return {
    hotpath_p50: most("hotpath_p50"),
    hotpath_p99: most("hotpath_p99"),
    send_p99: most("send_p99"),
    landed_pct: landed.length === 0
      ? null
      : landed.reduce((total, share) => total + share, 0) / landed.length,
    pnl_1h: sum("pnl_1h"),
  };
}
