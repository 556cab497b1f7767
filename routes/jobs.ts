/** Jobs, datasets, training and schedules: bodies become descriptors on the queue, nothing runs here. */
import { checkSchedules, rangeAt, schedulesOf } from "../core/jobs/schedules.ts";
import { z } from "zod";
import { AppError, atField } from "../core/platform/errors.ts";
import { jobView } from "../core/jobs/queue.ts";
import type { AnyJobKind } from "../core/jobs/kind.ts";
import { parseCron } from "../core/jobs/cron.ts";
import { may, type Principal } from "../core/auth/rights.ts";
import type { Job } from "../core/jobs/book.ts";
import { JOB_STATES, type Schedule } from "../proto/jobs.ts";
import { emptyBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { maybeWord } from "./query.ts";
import { principalOf, type Route, route, type RouteContext } from "./route.ts";
import { datasetSchema } from "../core/store/tables.ts";

const LIST_MAX = 200;
const LOG_TAIL = 100;
/** How long a streamed log is kept open without news. */
const STREAM_MS = 10 * 60_000;
/** How often a log without news shows that it lives. */
const ALIVE_MS = 15_000;

/** Throws `forbidden` for who may give jobs, but not with these arguments. */
function mayGive(principal: Principal, kind: AnyJobKind, args: unknown): void {
  const needed = kind.needs?.(args ?? {});
  if (needed && !may(principal, needed.right)) throw new AppError("forbidden", `Cannot go on: ${needed.why}`);
}

export function jobRoutes(deps: ApiDeps): Route[] {
  const known = (c: RouteContext): Job => {
    const id = c.req.param("id")!;
    const job = deps.jobs.book.get(id);
    if (!job) throw new AppError("not_found", `Cannot find job ${id}`);
    return job;
  };
  const { kinds } = deps.jobs;
  const view = (job: Job) => jobView(kinds, job);
  const submit = async (c: RouteContext, kind: AnyJobKind, args: unknown) => {
    const { name } = principalOf(c);
    mayGive(principalOf(c), kind, args);
    const first = () => deps.audit({ who: name, action: kind.name, detail: kind.detail(args) });
    const job_id = await deps.jobs.submit(kind.name, args, { issuer: name, first });
    return c.json({ ok: true, job_id }, 202);
  };
  const start = (kind: AnyJobKind, path: string) =>
    route({
      method: "POST",
      path,
      right: "jobs",
      summary: kind.start.summary,
      answer: answers.jobGiven,
      status: 202,
      body: kind.asked,
      handle: async (c, body) => {
        kind.check?.(body, deps.jobPlaces());
        return await submit(c, kind, body);
      },
    });
  const state = (kind: AnyJobKind, path: string) =>
    route({
      method: "GET",
      path,
      right: "read",
      summary: kind.state.summary,
      answer: answers.job,
      handle: (c) => {
        const job = known(c);
        if (job.kind !== kind.name) throw new AppError("not_found", `Job ${job.id} is a ${job.kind}`);
        return c.json(view(job));
      },
    });
  const jobsQuery = z.strictObject({
    kind: maybeWord(kinds.list.map(({ name }) => name) as [string, ...string[]]),
    state: maybeWord(JOB_STATES),
    page: maybeWord(["datasets", "training"]),
  });
  return [
    ...kinds.list.flatMap((kind) => [
      ...kind.start.paths.map((path) => start(kind, path)),
      ...kind.state.paths.map((path) => state(kind, path)),
    ]),
    route({
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
    }),
    route({
      method: "GET",
      path: "/api/jobs",
      right: "read",
      summary:
        "All jobs, newest first; `?kind=`, `?state=` and `?page=` choose; `lacks`: why none could run here",
      answer: answers.jobs,
      query: jobsQuery,
      handle: (c, _, { kind, state, page }) => {
        const jobs = deps.jobs.book.list().filter((job) =>
          (!kind || job.kind === kind) && (!state || job.state === state) &&
          (!page || kinds.named(job.kind).page === page)
        );
        return c.json({
          jobs: jobs.slice(0, LIST_MAX).map(view),
          total: jobs.length,
          lacks: deps.jobsLack(),
        });
      },
    }),
    route({
      method: "GET",
      path: "/api/jobs/:id",
      right: "read",
      summary: "One job with the tail of its log",
      answer: answers.jobWithLog,
      handle: (c) => {
        const job = known(c);
        return c.json({ ...view(job), log: job.log.slice(-LOG_TAIL) });
      },
    }),
    route({
      method: "GET",
      path: "/api/jobs/:id/logs",
      right: "read",
      summary: "A job's log as it grows: server-sent events, ended by `end`",
      answer: { media: "text/event-stream" },
      handle: (c) => logStream(deps, principalOf(c), known(c), c.req.raw.signal),
    }),
    ...(["cancel", "retry"] as const).map((verb) =>
      route({
        method: "POST",
        path: `/api/jobs/:id/${verb}`,
        right: "jobs",
        summary: verb === "cancel" ? "End a job" : "Put a job that failed back on the queue",
        answer: answers.jobGiven,
        status: 202,
        body: emptyBody,
        handle: async (c) => {
          const job = known(c);
          // A training that is tried again goes live again.
          if (verb === "retry") mayGive(principalOf(c), kinds.named(job.kind), job.args);
          const who = principalOf(c).name;
          await deps.jobs[verb](
            job.id,
            () => deps.audit({ who, action: `job ${verb}`, detail: job.id }),
          );
          return c.json({ ok: true, job_id: job.id }, 202);
        },
      })
    ),
    ...scheduleRoutes(deps),
  ];
}

/** What starts by itself. */
function scheduleRoutes(deps: ApiDeps): Route[] {
  const { kinds } = deps.jobs;
  /** Throws where a schedule, the list's `at`th, asks for what may not be or cannot end well at its next start. */
  const mayBegin = (principal: Principal, { kind: name, cron, days, args }: Schedule, at: number) => {
    const kind = kinds.named(name);
    mayGive(principal, kind, args);
    const next = kind.scheduled.at(args, rangeAt(days, parseCron(cron).next(Date.now())!));
    atField(`schedules.${at}.args`, () => kind.check?.(next, deps.jobPlaces()));
  };
  return [
    route({
      method: "GET",
      path: "/api/schedules",
      right: "read",
      summary: "What starts by itself, and when next (UTC)",
      answer: answers.schedules,
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
      summary:
        "Replace all schedules, each of any kind with what that is asked for but its range; one that may promote a model needs the right `models` too",
      answer: answers.ok,
      body: schedulesOf(kinds),
      handle: async (c, body) => {
        checkSchedules(body.schedules);
        const kept = new Set(deps.schedules.read().map((one) => JSON.stringify(one)));
        for (const [at, one] of body.schedules.entries()) {
          if (!kept.has(JSON.stringify(one))) mayBegin(principalOf(c), one, at);
        }
        // What is refused has not been done: the audit does not have it.
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

/**
 * Lines that are there, then those that come, until the job is over, the reader has gone, or who reads may not any more:
 * that is told as `closed` with the live stream's close code.
 */
function logStream(deps: ApiDeps, principal: Principal, job: Job, signal: AbortSignal): Response {
  const text = new TextEncoder();
  let isOver = false;
  /** The newest line that was sent: several may be of one millisecond, and old ones are forgotten. */
  let newest: Job["log"][number] | undefined;
  let to: ReadableStreamDefaultController<Uint8Array>;
  const tell = (lines: string) => to.enqueue(text.encode(`${lines}\n\n`));
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
    if (event) tell(`event: ${event}\ndata: ${JSON.stringify(data)}`);
    to.close();
  };
  const send = () => {
    const sent = newest === undefined ? 0 : job.log.indexOf(newest) + 1;
    for (const { at_ms, line } of job.log.slice(sent)) tell(`data: ${JSON.stringify({ at_ms, line })}`);
    newest = job.log.at(-1);
    if (job.state !== "queued" && job.state !== "running") finish("end", { state: job.state });
  };
  const place = deps.streams.open("events", principal, (why) => finish("closed", why));
  const listener = deps.jobs.onChange((changed) => changed.id === job.id && !isOver && send());
  const timer = setTimeout(() => finish(), STREAM_MS);
  // Also shows that the other end is there: what is silent for a minute is ended.
  const alive = setInterval(() => tell(": alive"), ALIVE_MS);
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
