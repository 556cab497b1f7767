/** Health figures: of the host, and of this installation's work per second. */
import { MODULES } from "../core/control/control.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { type Route, route } from "./route.ts";

export function healthRoutes(deps: ApiDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/health",
      right: "open",
      early: true,
      summary: "Whether the process answers",
      answer: answers.ok,
      handle: (c) => c.json({ ok: true }),
    }),
    route({
      method: "GET",
      path: "/api/health/metrics/system",
      right: "metrics",
      summary: "Processors, memory, disk and descriptors of this host and of the API",
      answer: answers.system,
      handle: (c) => c.json({ version: deps.version, ...deps.system() }),
    }),
    route({
      method: "GET",
      path: "/api/health/metrics/performance",
      right: "metrics",
      summary:
        "Latency of each module, rows per second into the store, what waits, who is connected; null = unknown",
      answer: answers.performance,
      handle: (c) => {
        const modules = Object.fromEntries(MODULES.map((module) => {
          const { hotpath_p50, hotpath_p99, send_p99, age_s } = deps.metrics.summary(module);
          return [module, { hotpath_p50, hotpath_p99, send_p99, age_s }];
        }));
        const { link, sink } = deps.flow();
        const streams = deps.realtime.connections();
        return c.json({
          modules,
          store: sink && {
            rows_per_s: deps.storeRowsPerSecond(),
            waiting: sink.topics.reduce((sum, topic) => sum + topic.lag, 0),
            at_ms: sink.at_ms,
            trouble: sink.trouble,
          },
          link: link && { waiting: link.waiting, lost: link.lost, at_ms: link.at_ms, trouble: link.trouble },
          connections: deps.connections.status(),
          streams: {
            open: streams.length,
            sent: sum(streams.map(({ sent }) => sent)),
            dropped: sum(streams.map(({ dropped }) => dropped)),
          },
        });
      },
    }),
  ];
}

const sum = (counts: readonly string[]) => String(counts.reduce((total, count) => total + BigInt(count), 0n));
