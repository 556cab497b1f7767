/** The agents' metrics of the last ten minutes, by reading `metrics-proto` along. */
import { realtime } from "../proto/wire.ts";
import type { ModuleName } from "./control.ts";
import { follow } from "./log/follow.ts";
import type { Log } from "./log/log.ts";

const METRICS_TOPIC = "metrics-proto";
/** Seconds kept. */
const SAMPLES_MAX = 600;

/** An agent that told nothing for this long is not asked for receipts any more. */
const HEARD_MS = 60_000;
const HEARD_MAX = 1_000;

interface Sample {
  /** Unix seconds. */
  t: number;
  hotpath_p50: number;
  hotpath_p99: number;
  send_p99: number;
  landed_pct: number;
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
  series: {
    t: number[];
    hotpath_p50: number[];
    hotpath_p99: number[];
    send_p99: number[];
    p_land: number[];
    pnl: number[];
  };
}

export class MetricsView {
  readonly #log: Log;
  readonly #heard = new Map<string, { module: ModuleName; atMs: number }>();
  readonly #samples: Record<ModuleName, Sample[]> = { arbitrage: [], mev: [] };

  constructor(log: Log) {
    this.#log = log;
  }

  /** Reads along until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, METRICS_TOPIC, {
      from: { last: BigInt(2 * SAMPLES_MAX) },
      signal,
      take: ({ value, timestampMs }) => value && this.#take(value, timestampMs),
    });
  }

  /** Agents that have told their metrics within `withinMs`, by instance. */
  instances(module: ModuleName, withinMs = HEARD_MS, now = Date.now()): string[] {
    return [...this.#heard].filter(([, heard]) => heard.module === module && now - heard.atMs < withinMs)
      .map(([instance]) => instance);
  }

  #take(value: Uint8Array, timestampMs: number): void {
    let metrics;
    try {
      ({ metrics } = realtime.Envelope.decode(value));
    } catch {
      // Foreign bytes on the topic are not ours to show.
      return;
    }
    const module = metrics?.module as ModuleName;
    const samples = this.#samples[module];
    if (!metrics || !samples) return;
    this.#heard.set(metrics.instance ?? "", { module, atMs: timestampMs });
    if (this.#heard.size > HEARD_MAX) this.#heard.delete(this.#heard.keys().next().value!);
    samples.push({
      t: timestampMs / 1000,
      hotpath_p50: metrics.hotpathP50 ?? 0,
      hotpath_p99: metrics.hotpathP99 ?? 0,
      send_p99: metrics.sendP99 ?? 0,
      landed_pct: metrics.landedPct ?? 0,
      pnl_1h: metrics.pnl_1h ?? 0,
    });
    if (samples.length > SAMPLES_MAX) samples.shift();
  }

  /** Of one module; `now`: Unix milliseconds. */
  summary(module: ModuleName, now = Date.now()): MetricsSummary {
    const samples = this.#samples[module];
    const last = samples.at(-1);
    const column = (name: keyof Sample) => samples.map((sample) => sample[name]);
    return {
      hotpath_p50: last?.hotpath_p50 ?? null,
      hotpath_p99: last?.hotpath_p99 ?? null,
      send_p99: last?.send_p99 ?? null,
      landed_pct: last?.landed_pct ?? null,
      pnl_1h: last?.pnl_1h ?? null,
      age_s: last ? Math.max(0, now / 1000 - last.t) : null,
      series: {
        t: column("t"),
        hotpath_p50: column("hotpath_p50"),
        hotpath_p99: column("hotpath_p99"),
        send_p99: column("send_p99"),
        p_land: column("landed_pct"),
        pnl: column("pnl_1h"),
      },
    };
  }
}
