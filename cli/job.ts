import { type Job, JOBS_TOPIC } from "../core/jobs/projection.ts";
import { JobQueue, jobView } from "../core/jobs/queue.ts";
import { LOCAL_USER } from "../core/platform/local_user.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import type { AnyJobKind } from "../core/jobs/kind.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import type { Context } from "../app/context.ts";
import { EXIT, type ExitCode } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { auditAs } from "../app/audit_action.ts";
import { idsNamed } from "./ids.ts";
import { oneLine } from "../core/platform/logger.ts";
import { delay } from "../core/platform/delay.ts";

const POLL_MS = 100;
/** When no worker has taken a job after this time, the reason is printed. */
const HINT_MS = 3_000;

const act = (action: string) => ({ who: LOCAL_USER, action, module: "", request_id: "" });

/** The jobs as they are now; the returned value's disposal ends the reading. */
export async function openQueue(context: Context): Promise<{ queue: JobQueue } & AsyncDisposable> {
  const stop = new AbortController();
  const queue = new JobQueue(context.log(), context.outbox(), JOB_KINDS);
  const following = queue.follow(AbortSignal.any([stop.signal, context.signal]));
  await queue.sync();
  return {
    queue,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** zod's first issue as one line. */
function firstProblem(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const [first] = issues;
  return first ? `${first.path.map(String).join(".") || "arguments"}: ${first.message}` : "unknown";
}

/** The verb that starts jobs of a kind; its row is in `verbs/job_kinds.gen.ts`. */
export const startJob = (name: string): VerbBody => ({
  async run(call, context) {
    const kind = JOB_KINDS.named(name);
    const parsed = kind.asked.safeParse(kind.verb.read(call));
    if (!parsed.success) throw new UsageError(`Cannot ${name}: ${firstProblem(parsed.error.issues)}`);
    if (kind.check) {
      const { jobPlaces } = await import("../app/jobs.ts");
      kind.check(parsed.data, jobPlaces(context));
    }
    return await submitAndWait(call, context, kind, parsed.data);
  },
});

/** Submits a job and, unless it is detached, shows its progress until it is over. */
async function submitAndWait(
  { flags }: Invocation,
  context: Context,
  kind: AnyJobKind,
  args: unknown,
): Promise<ExitCode> {
  await using opened = await openQueue(context);
  const { queue } = opened;
  const first = () => auditAs(context, { ...act(kind.name), detail: kind.detail(args) });
  const id = await queue.submit(kind.name, args, { issuer: LOCAL_USER, first });
  await queue.sync();
  if (flags.detach) {
    context.out(flags.json ? `${JSON.stringify({ job_id: id })}\n` : `${id}\n`);
    return EXIT.done;
  }
  let printed = "";
  const begin = performance.now();
  let hinted = false;
  while (!context.signal.aborted) {
    const job = queue.projection.get(id);
    if (!job) throw new AppError("unavailable", `Cannot find job ${id} on ${JOBS_TOPIC} any more`);
    if (!hinted && job.state === "queued" && performance.now() - begin > HINT_MS) {
      hinted = true;
      context.say(`job ${id} waits: \`legend run\` or \`legend run worker\` must run on a host`);
    }
    const line = `${job.state} ${Math.round(100 * job.progress)} %: ${job.message}`;
    if (line !== printed && Deno.stderr.isTerminal()) context.say(line);
    printed = line;
    if (job.state === "done" || job.state === "error" || job.state === "cancelled") {
      if (flags.json) context.out(`${JSON.stringify(jobView(JOB_KINDS, job))}\n`);
      else if (job.state === "done") context.out(`${job.message}\n`);
      if (job.state !== "done") context.say(job.message);
      return job.state === "done" ? EXIT.done : EXIT.failed;
    }
    await delay(POLL_MS);
  }
  return EXIT.failed;
}

const when = (ms: number | null) => ms === null ? "" : new Date(ms).toISOString();

function line(job: Job): string {
  const progress = `${Math.round(100 * job.progress)} %`.padStart(5);
  return `${job.id}  ${job.kind.padEnd(6)} ${job.state.padEnd(9)} ${progress}  ${
    when(job.createdMs)
  }  ${job.message}\n`;
}

export const jobList: VerbBody = {
  async run({ flags }, context) {
    await using opened = await openQueue(context);
    const jobs = opened.queue.projection.list();
    const verbs = JOB_KINDS.list.map(({ name }) => `\`legend ${name}\``).join(" and ");
    if (jobs.length === 0 && !flags.json) context.out(`no job yet: see ${verbs}\n`);
    for (const job of jobs) {
      context.out(flags.json ? `${JSON.stringify(jobView(JOB_KINDS, job))}\n` : line(job));
    }
    return EXIT.done;
  },
};

/** The job that JOB names: an id, its first digits, or `newest`. */
function found(queue: JobQueue, word: string): Job {
  const jobs = queue.projection.list();
  const fit = word === "newest" ? jobs.slice(0, 1) : idsNamed(jobs, ({ id }) => id, word);
  if (fit.length === 1) return fit[0]!;
  const why = fit.length === 0
    ? "see `legend job list`"
    : `${fit.length} jobs begin with it, for example ${fit[0]!.id} and ${fit[1]!.id}`;
  throw new AppError("not_found", `Cannot find job ${word}: ${why}`);
}

export const jobShow: VerbBody = {
  async run(call, context) {
    const [word] = call.args as [string];
    await using opened = await openQueue(context);
    const view = jobView(JOB_KINDS, found(opened.queue, word));
    context.out(`${JSON.stringify(view, null, call.flags.json ? 0 : 2)}\n`);
    return EXIT.done;
  },
};

export const jobLogs: VerbBody = {
  async run(call, context) {
    const [word] = call.args as [string];
    await using opened = await openQueue(context);
    const { id } = found(opened.queue, word);
    let shown = 0;
    for (;;) {
      const job = found(opened.queue, id);
      for (const { at_ms, line } of job.log.slice(shown)) {
        context.out(
          call.flags.json
            ? `${JSON.stringify({ job_id: id, at_ms, line })}\n`
            : `${when(at_ms)}  ${oneLine(line)}\n`,
        );
      }
      shown = job.log.length;
      const over = job.state !== "queued" && job.state !== "running";
      if (over || !call.flags.follow || context.signal.aborted) return EXIT.done;
      await delay(POLL_MS);
    }
  },
};

export const jobCancel: VerbBody = {
  async run(call, context) {
    const [word] = call.args as [string];
    await using opened = await openQueue(context);
    const { id } = found(opened.queue, word);
    await opened.queue.cancel(id, () => auditAs(context, { ...act("job cancel"), detail: id }));
    context.out(
      call.flags.json ? `${JSON.stringify({ job_id: id, asked: "cancel" })}\n` : `${id} was asked to end\n`,
    );
    return EXIT.done;
  },
};

export const jobRetry: VerbBody = {
  async run(call, context) {
    const [word] = call.args as [string];
    await using opened = await openQueue(context);
    const { id } = found(opened.queue, word);
    await opened.queue.retry(id, () => auditAs(context, { ...act("job retry"), detail: id }));
    context.out(
      call.flags.json ? `${JSON.stringify({ job_id: id, asked: "retry" })}\n` : `${id} is queued again\n`,
    );
    return EXIT.done;
  },
};
