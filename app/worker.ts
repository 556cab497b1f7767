import { JobRunner } from "../services/job_runner.ts";
import { JobStatusPublisher } from "../services/job_status.ts";
import { schedule } from "../services/scheduler.ts";
import { Accounts } from "../core/auth/accounts.ts";
import { lostRight } from "../core/auth/issuer.ts";
import { lockFile } from "../core/platform/data_dir.ts";
import { AppError } from "../core/platform/errors.ts";
import { StatusFile } from "../core/platform/atomic_file.ts";
import { workerStatusFile } from "../core/platform/parts.ts";
import { goLive } from "../core/models/going_live.ts";
import type { Job } from "../core/jobs/projection.ts";
import { JobQueue } from "../core/jobs/queue.ts";
import { readProgress, readSchedules, writeProgress } from "../core/jobs/schedules.ts";
import type { LiveRequest } from "../core/jobs/worker_protocol.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import { auditAs, withDatabase } from "./audit_action.ts";
import type { Context } from "./context.ts";
import { jobSettings } from "./jobs.ts";
import { registryOf } from "./registry.ts";

/** How often the worker writes its status. */
const STATUS_EVERY_MS = 500;

/**
 * Runs jobs, and the starts of schedules, until the signal ends it. `isPart`: below a supervisor. Throws `unavailable`
 * when another worker runs.
 */
export async function runWorker(context: Context, isPart: boolean): Promise<void> {
  const { path, instance } = context.dataDir();
  using _lock = lockFile(
    `${path}/worker.lock`,
    () => new AppError("unavailable", `Cannot start the worker: another one runs in ${path}, stop it first`),
  );
  const { signal } = context;
  const name = `worker-${instance}`;
  const queue = new JobQueue(context.log(), context.outbox(), JOB_KINDS);
  const following = queue.follow(signal);
  const status = await JobStatusPublisher.open(context.outbox(), name, JOB_KINDS);
  const runner = new JobRunner({
    queue,
    name,
    slots: context.setting("jobs.workers"),
    settings: () => jobSettings(context),
    spawn: () => new Worker(workerModule(), { type: "module" }),
    signal,
    say: context.say,
    // Below a supervisor, the link and the agents report it.
    alone: !isPart,
    goLive: (job, request) => goLiveFor(context, job, request),
    publish: (job) => status.publish(job),
  });
  const { say } = context;
  const file = new StatusFile(workerStatusFile(path), say);
  const writeStatus = () => file.write({ at_ms: Date.now(), pid: Deno.pid });
  writeStatus();
  const timer = setInterval(writeStatus, STATUS_EVERY_MS);
  const working = Promise.all([
    following,
    runner.run(),
    schedule({
      queue,
      schedules: () => readSchedules(path, JOB_KINDS),
      progress: { read: () => readProgress(path, say), write: (marks) => writeProgress(path, marks) },
      signal,
      say,
      alone: !isPart,
      now: Date.now,
    }),
  ]);
  await working.finally(() => clearInterval(timer));
  // A worker that ended as asked is not missed; a leftover file belongs to one that was killed.
  file.remove();
}

/** Deploys a model in the name of the job's issuer, if the issuer still has the right. */
function goLiveFor(context: Context, { id, issuer }: Job, request: LiveRequest): Promise<void> {
  const action = request.link === "shadow" ? "model shadow" : "model promoted";
  return withDatabase(context, (database) =>
    goLive(
      registryOf(context),
      (act) => auditAs(context, act),
      { ...request, who: issuer, action, requestId: `job-${id}` },
      () => lostRight(new Accounts(database), issuer, "models"),
    ));
}

/** Beside the bundle in the executable, the source in a checkout. */
function workerModule(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `file://${root}/app/worker.js` : new URL("../workers/main.ts", import.meta.url).href;
}
