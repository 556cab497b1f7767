/** Jobs, datasets, training and schedules: bodies become descriptors on the queue, nothing runs here. */
import { AppError } from "../core/errors.ts";
import { jobView } from "../core/jobs/queue.ts";
import { parseCron } from "../core/jobs/cron.ts";
import type { Job } from "../core/jobs/book.ts";
import { type JobArgs, type JobKindName, schedules, scrapeArgs, trainArgs } from "../proto/jobs.ts";
import { emptyBody } from "../proto/api.ts";
import type { ApiDeps } from "./deps.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";

const LIST_MAX = 200;
const LOG_TAIL = 100;
/** How long a streamed log is kept open without news. */
const STREAM_MS = 10 * 60_000;

/** Columns of a dataset; a test holds them against what `workers/scrape.ts` writes. */
const SCHEMAS = {
  arb: {
    dt: "DateTime64(3)",
    slot: "UInt64",
    tx_signature: "String",
    net_sol: "Float64 (SOL)",
    classification: "String",
    p_land_est: "Float64 (0..1)",
    tip_ladder: "Array(Float64)",
    bundle_id: "String",
    kind: "String",
    decision_id: "String (32 hex digits)",
    producer_id: "String",
    seq: "UInt64",
    event_ns: "UInt64 (Unix nanoseconds)",
  },
  mev: {
    dt: "DateTime64(3)",
    slot: "UInt64",
    attacker: "String",
    net_sol: "Float64 (SOL)",
    type: "String",
    p_land_est: "Float64 (0..1)",
    tip_ladder: "Array(Float64)",
    bundle_id: "String",
    kind: "String",
    tier: "String",
    decision_id: "String (32 hex digits)",
    producer_id: "String",
    seq: "UInt64",
    event_ns: "UInt64 (Unix nanoseconds)",
  },
} as const;

export function jobRoutes(deps: ApiDeps): Route[] {
  const known = (c: RouteContext): Job => {
    const id = c.req.param("id")!;
    const job = deps.jobs.book.get(id);
    if (!job) throw new AppError("not_found", `Cannot find job ${id}`);
    return job;
  };
  const submit = async <K extends JobKindName>(
    c: RouteContext,
    kind: K,
    args: JobArgs[K],
    detail: string,
  ) => {
    const { name } = principalOf(c);
    await deps.audit({ who: name, action: kind, detail });
    const job_id = await deps.jobs.submit(kind, args, { issuer: name });
    return c.json({ ok: true, job_id }, 202);
  };
  const state = (kind: "scrape" | "train", path: string, summary: string) =>
    route({
      method: "GET",
      path,
      right: "read",
      summary,
      handle: (c) => {
        const job = known(c);
        if (job.kind !== kind) throw new AppError("not_found", `Job ${job.id} is a ${job.kind}`);
        return c.json(jobView(job));
      },
    });
  return [
    ...["/api/datasets/scrape", "/api/datasets/export"].map((path) =>
      route({
        method: "POST",
        path,
        right: "jobs",
        summary: "Write rows of the store as a dataset; answers with the job",
        body: scrapeArgs,
        handle: async (c, body) => {
          deps.checkOutput(body);
          return await submit(c, "scrape", body, body.output);
        },
      })
    ),
    ...["/api/datasets/status/:id", "/api/datasets/export/:id"].map((path) =>
      state("scrape", path, "One dataset's job")
    ),
    route({
      method: "GET",
      path: "/api/datasets/schema/:type",
      right: "read",
      summary: "Columns of a dataset: `arb` or `mev`",
      handle: (c) => {
        const type = c.req.param("type")!;
        if (type !== "arb" && type !== "mev") {
          throw new AppError("not_found", `Cannot find ${type}: need arb or mev`);
        }
        return c.json({ type, columns: SCHEMAS[type] });
      },
    }),
    ...["/api/training/start", "/api/training/train"].map((path) =>
      route({
        method: "POST",
        path,
        right: "jobs",
        summary: "Train a model; answers with the job",
        body: trainArgs,
        handle: (c, body) => submit(c, "train", body, `${body.module} ${body.model}`),
      })
    ),
    ...["/api/training/status/:id", "/api/training/jobs/:id"].map((path) =>
      state("train", path, "One training's job")
    ),
    route({
      method: "GET",
      path: "/api/jobs",
      right: "read",
      summary: "All jobs, newest first; `?kind=` and `?state=` choose",
      handle: (c) => {
        const { kind, state } = c.req.query();
        const jobs = deps.jobs.book.list().filter((job) =>
          (!kind || job.kind === kind) && (!state || job.state === state)
        );
        return c.json({ jobs: jobs.slice(0, LIST_MAX).map(jobView), total: jobs.length });
      },
    }),
    route({
      method: "GET",
      path: "/api/jobs/:id",
      right: "read",
      summary: "One job with the tail of its log",
      handle: (c) => {
        const job = known(c);
        return c.json({ ...jobView(job), log: job.log.slice(-LOG_TAIL) });
      },
    }),
    route({
      method: "GET",
      path: "/api/jobs/:id/logs",
      right: "read",
      summary: "A job's log as it grows: server-sent events, ended by `end`",
      handle: (c) => logStream(deps, known(c), c.req.raw.signal),
    }),
    ...(["cancel", "retry"] as const).map((verb) =>
      route({
        method: "POST",
        path: `/api/jobs/:id/${verb}`,
        right: "jobs",
        summary: verb === "cancel" ? "End a job" : "Put a job that failed back on the queue",
        body: emptyBody,
        handle: async (c) => {
          const job = known(c);
          await deps.audit({ who: principalOf(c).name, action: `job ${verb}`, detail: job.id });
          await deps.jobs[verb](job.id);
          return c.json({ ok: true, job_id: job.id }, 202);
        },
      })
    ),
    route({
      method: "GET",
      path: "/api/schedules",
      right: "read",
      summary: "What starts by itself, and when next (UTC)",
      handle: (c) =>
        c.json({
          schedules: deps.schedules.read().map((one) => ({
            ...one,
            next_ms: one.enabled ? parseCron(one.cron).next(Date.now()) : null,
          })),
        }),
    }),
    route({
      method: "PUT",
      path: "/api/schedules",
      right: "jobs",
      summary: "Replace all schedules",
      body: schedules,
      handle: async (c, body) => {
        await deps.audit({
          who: principalOf(c).name,
          action: "schedules",
          detail: JSON.stringify(body).slice(0, 1_000),
        });
        deps.schedules.write(body.schedules);
        return c.json({ ok: true });
      },
    }),
  ];
}

/** Lines that are there, then those that come, until the job is over or the reader has gone. */
function logStream(deps: ApiDeps, job: Job, signal: AbortSignal): Response {
  const text = new TextEncoder();
  let listener: Disposable | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    listener?.[Symbol.dispose]();
    clearTimeout(timer);
  };
  const body = new ReadableStream<Uint8Array>({
    start(to) {
      let newest = -1;
      const send = () => {
        for (const { at_ms, line } of job.log) {
          if (at_ms <= newest) continue;
          to.enqueue(text.encode(`data: ${JSON.stringify({ at_ms, line })}\n\n`));
        }
        newest = job.log.at(-1)?.at_ms ?? newest;
        if (job.state === "queued" || job.state === "running") return;
        to.enqueue(text.encode(`event: end\ndata: ${JSON.stringify({ state: job.state })}\n\n`));
        close();
        to.close();
      };
      listener = deps.jobs.onChange((changed) => changed.id === job.id && send());
      timer = setTimeout(() => {
        close();
        to.close();
      }, STREAM_MS);
      signal.addEventListener("abort", close);
      send();
    },
    cancel: close,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
