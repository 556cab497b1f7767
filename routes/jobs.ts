/** Jobs: bodies become descriptors on the queue, nothing runs here. */
import { z } from "zod";
import { AppError } from "../core/platform/errors.ts";
import { jobView } from "../core/jobs/queue.ts";
import type { AnyJobKind } from "../core/jobs/kind.ts";
import { may, type Principal } from "../core/auth/rights.ts";
import type { Job } from "../core/jobs/projection.ts";
import { JOB_STATES } from "../proto/jobs.ts";
import { emptyBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { maybeWord } from "./query.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";
import { datasetSchema } from "../core/store/tables.ts";

const LIST_MAX = 200;
const LOG_TAIL = 100;
/** How long a streamed log stays open without new lines. */
const STREAM_MS = 10 * 60_000;
/** How often a log without new lines proves that it is alive. */
const ALIVE_MS = 15_000;

/** Throws `forbidden` for a caller who may submit jobs, but not with these arguments. */
export function mayGive(principal: Principal, kind: AnyJobKind, args: unknown): void {
  const needed = kind.needs?.(args ?? {});
  if (needed && !may(principal, needed.right)) {
    throw new AppError("forbidden", `Cannot continue: ${needed.why}`);
  }
}

export function jobRoutes(deps: ApiDeps): Route[] {
  return [
    ...deps.jobs.kinds.list.flatMap((kind) => [
      ...kind.start.paths.map((path) => startJob(deps, kind, path)),
      ...kind.state.paths.map((path) => stateOfJob(deps, kind, path)),
    ]),
    datasetColumns(),
    listJobs(deps),
    showJob(deps),
    followLog(deps),
    changeJob(deps, "cancel", "End a job"),
    changeJob(deps, "retry", "Put a job that failed back on the queue"),
  ];
}

/** The job that a path names. */
function known({ jobs }: ApiDeps, c: RouteContext): Job {
  const id = c.req.param("id")!;
  const job = jobs.projection.get(id);
  if (!job) throw new AppError("not_found", `Cannot find job ${id}`);
  return job;
}

const view = ({ jobs }: ApiDeps, job: Job) => jobView(jobs.kinds, job);

function startJob(deps: ApiDeps, kind: AnyJobKind, path: string): Route {
  return route({
    method: "POST",
    path,
    right: "jobs",
    summary: kind.start.summary,
    answer: answers.jobGiven,
    status: 202,
    body: kind.asked,
    handle: async (c, body) => {
      kind.check?.(body, deps.jobPlaces());
      const { name } = principalOf(c);
      mayGive(principalOf(c), kind, body);
      const first = () => deps.audit({ who: name, action: kind.name, detail: kind.detail(body) });
      const job_id = await deps.jobs.submit(kind.name, body, { issuer: name, first });
      return c.json({ ok: true, job_id }, 202);
    },
  });
}

function stateOfJob(deps: ApiDeps, kind: AnyJobKind, path: string): Route {
  return route({
    method: "GET",
    path,
    right: "read",
    summary: kind.state.summary,
    answer: answers.job,
    handle: (c) => {
      const job = known(deps, c);
      if (job.kind !== kind.name) throw new AppError("not_found", `Job ${job.id} is a ${job.kind}`);
      return c.json(view(deps, job));
    },
  });
}

function datasetColumns(): Route {
  return route({
    method: "GET",
    path: "/api/datasets/schema/:type",
    right: "read",
    summary: "Columns of a dataset: `arb` or `mev`",
    answer: answers.columns,
    handle: (c) => {
      const type = c.req.param("type")!;
      if (type !== "arb" && type !== "mev") {
        throw new AppError("not_found", `Cannot find ${type}: need arb or mev`);
      }
      return c.json({ type, columns: datasetSchema(type) });
    },
  });
}

function listJobs(deps: ApiDeps): Route {
  const { kinds } = deps.jobs;
  return route({
    method: "GET",
    path: "/api/jobs",
    right: "read",
    summary:
      "All jobs, newest first; `?kind=`, `?state=` and `?page=` filter; `lacks`: why this host cannot run any job",
    answer: answers.jobs,
    query: z.strictObject({
      kind: maybeWord(kinds.list.map(({ name }) => name) as [string, ...string[]]),
      state: maybeWord(JOB_STATES),
      page: maybeWord(["datasets", "training"]),
    }),
    handle: (c, _, { kind, state, page }) => {
      const jobs = deps.jobs.projection.list().filter((job) =>
        (!kind || job.kind === kind) && (!state || job.state === state) &&
        (!page || kinds.named(job.kind).page === page)
      );
      return c.json({
        jobs: jobs.slice(0, LIST_MAX).map((job) => view(deps, job)),
        total: jobs.length,
        lacks: deps.jobsLack(),
      });
    },
  });
}

function showJob(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/jobs/:id",
    right: "read",
    summary: "One job with the tail of its log",
    answer: answers.jobWithLog,
    handle: (c) => {
      const job = known(deps, c);
      return c.json({ ...view(deps, job), log: job.log.slice(-LOG_TAIL) });
    },
  });
}

function followLog(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/jobs/:id/logs",
    right: "read",
    summary: "A job's log as it grows: server-sent events, ended by `end`",
    answer: { media: "text/event-stream" },
    handle: (c) => logStream(deps, principalOf(c), known(deps, c), c.req.raw.signal),
  });
}

function changeJob(deps: ApiDeps, verb: "cancel" | "retry", summary: string): Route {
  return route({
    method: "POST",
    path: `/api/jobs/:id/${verb}`,
    right: "jobs",
    summary,
    answer: answers.jobGiven,
    status: 202,
    body: emptyBody,
    handle: async (c) => {
      const job = known(deps, c);
      // A retried training may deploy its model again.
      if (verb === "retry") mayGive(principalOf(c), deps.jobs.kinds.named(job.kind), job.args);
      const who = principalOf(c).name;
      await deps.jobs[verb](job.id, () => deps.audit({ who, action: `job ${verb}`, detail: job.id }));
      return c.json({ ok: true, job_id: job.id }, 202);
    },
  });
}

/**
 * Sends existing lines, then new ones, until the job is over, the reader has gone, or the reader loses the right to
 * read: then a `closed` event is sent with the live stream's close code.
 */
function logStream(deps: ApiDeps, principal: Principal, job: Job, signal: AbortSignal): Response {
  const text = new TextEncoder();
  let isOver = false;
  /** The newest line that was sent: several lines may have the same millisecond, and old ones are dropped. */
  let newest: Job["log"][number] | undefined;
  let to: ReadableStreamDefaultController<Uint8Array>;
  const sendLines = (lines: string) => to.enqueue(text.encode(`${lines}\n\n`));
  const gone = () => {
    isOver = true;
    listener[Symbol.dispose]();
    place[Symbol.dispose]();
    clearTimeout(timer);
    clearInterval(alive);
  };
  const finish = (event?: string, data?: unknown) => {
    if (isOver) return;
    gone();
    if (event) sendLines(`event: ${event}\ndata: ${JSON.stringify(data)}`);
    to.close();
  };
  const send = () => {
    const sent = newest === undefined ? 0 : job.log.indexOf(newest) + 1;
    for (const { at_ms, line } of job.log.slice(sent)) sendLines(`data: ${JSON.stringify({ at_ms, line })}`);
    newest = job.log.at(-1);
    if (job.state !== "queued" && job.state !== "running") finish("end", { state: job.state });
  };
  const place = deps.streams.open("events", principal, (why) => finish("closed", why));
  const listener = deps.jobs.onChange((changed) => changed.id === job.id && !isOver && send());
  const timer = setTimeout(() => finish(), STREAM_MS);
  // Also keeps the connection alive: one that is silent for a minute is closed.
  const alive = setInterval(() => sendLines(": alive"), ALIVE_MS);
  signal.addEventListener("abort", gone);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      to = controller;
      send();
    },
    cancel: gone,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
