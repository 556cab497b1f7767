import { type Job, JOBS_TOPIC } from "../core/jobs/book.ts";
import { JobQueue, jobView } from "../core/jobs/queue.ts";
import { LOCAL_USER } from "../core/local_user.ts";
import { AppError, UsageError } from "../core/errors.ts";
import type { JobArgs, JobKindName } from "../proto/jobs.ts";
import { type Command, type Context, EXIT, type ExitCode, type Flag, type Invocation } from "./command.ts";

const JSON_FLAG: Flag = { name: "json", doc: "One JSON object a line" };
export const DETACH_FLAG: Flag = { name: "detach", doc: "Do not wait for the job: print its id" };
const LOOK_MS = 100;
/** A job that nobody took by then wants to be told why. */
const HINT_MS = 3_000;

/** The jobs as they are now; the reading ends with the returned value. */
export async function openQueue(context: Context): Promise<{ queue: JobQueue } & AsyncDisposable> {
  const stop = new AbortController();
  const queue = new JobQueue(context.log(), context.outbox());
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

/** Puts a job on the queue and, unless it is detached, shows how it goes until it is over. */
export async function submitAndWait<K extends JobKindName>(
  { flags }: Invocation,
  context: Context,
  kind: K,
  args: JobArgs[K],
): Promise<ExitCode> {
  await using opened = await openQueue(context);
  const { queue } = opened;
  const id = await queue.submit(kind, args, { issuer: LOCAL_USER });
  await queue.sync();
  if (flags.detach) {
    context.out(flags.json ? `${JSON.stringify({ job_id: id })}\n` : `${id}\n`);
    return EXIT.done;
  }
  let said = "";
  const begin = performance.now();
  let hinted = false;
  while (!context.signal.aborted) {
    const job = queue.book.get(id);
    if (!job) throw new AppError("unavailable", `Cannot find job ${id} on ${JOBS_TOPIC} any more`);
    if (!hinted && job.state === "queued" && performance.now() - begin > HINT_MS) {
      hinted = true;
      context.say(`job ${id} waits: \`legend run\` or \`legend run worker\` has to run somewhere`);
    }
    const line = `${job.state} ${Math.round(100 * job.progress)} %: ${job.message}`;
    if (line !== said && Deno.stderr.isTerminal()) context.say(line);
    said = line;
    if (job.state === "done" || job.state === "error" || job.state === "cancelled") {
      if (flags.json) context.out(`${JSON.stringify(jobView(job))}\n`);
      else if (job.state === "done") context.out(`${job.message}\n`);
      if (job.state !== "done") context.say(job.message);
      return job.state === "done" ? EXIT.done : EXIT.failed;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return EXIT.failed;
}

const when = (ms: number | null) => ms === null ? "" : new Date(ms).toISOString().slice(0, 19);

function line(job: Job): string {
  const progress = `${Math.round(100 * job.progress)} %`.padStart(5);
  return `${job.id}  ${job.kind.padEnd(6)} ${job.state.padEnd(9)} ${progress}  ${
    when(job.createdMs)
  }  ${job.message}\n`;
}

function one({ args }: Invocation, verb: string): string {
  const [id, ...more] = args;
  if (!id || more.length > 0) throw new UsageError(`Cannot ${verb}: need one JOB; see \`legend job list\``);
  return id;
}

export const jobList: Command = {
  name: "job list",
  args: "",
  data: "read",
  summary: "All jobs, newest first",
  flags: [JSON_FLAG],
  async run({ flags }, context) {
    await using opened = await openQueue(context);
    const jobs = opened.queue.book.list();
    if (jobs.length === 0 && !flags.json) context.out("no job yet: see `legend scrape` and `legend train`\n");
    for (const job of jobs) {
      context.out(flags.json ? `${JSON.stringify(jobView(job))}\n` : line(job));
    }
    return EXIT.done;
  },
};

function found(queue: JobQueue, id: string): Job {
  const job = queue.book.get(id);
  if (!job) throw new AppError("not_found", `Cannot find job ${id}: see \`legend job list\``);
  return job;
}

export const jobShow: Command = {
  name: "job show",
  args: "JOB",
  data: "read",
  summary: "One job with its arguments, state and result",
  async run(call, context) {
    const id = one(call, "show a job");
    await using opened = await openQueue(context);
    context.out(`${JSON.stringify(jobView(found(opened.queue, id)), null, 2)}\n`);
    return EXIT.done;
  },
};

export const jobLogs: Command = {
  name: "job logs",
  args: "JOB",
  data: "read",
  summary: "What a job has said",
  flags: [{ name: "follow", doc: "Go on until the job is over" }],
  async run(call, context) {
    const id = one(call, "show a job's log");
    await using opened = await openQueue(context);
    let shown = 0;
    for (;;) {
      const job = found(opened.queue, id);
      for (const { at_ms, line } of job.log.slice(shown)) context.out(`${when(at_ms)}  ${line}\n`);
      shown = job.log.length;
      const over = job.state !== "queued" && job.state !== "running";
      if (over || !call.flags.follow || context.signal.aborted) return EXIT.done;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  },
};

export const jobCancel: Command = {
  name: "job cancel",
  args: "JOB",
  summary: "End a job: at once when it is queued, at its next step when it runs",
  async run(call, context) {
    const id = one(call, "cancel a job");
    await using opened = await openQueue(context);
    await opened.queue.cancel(id);
    context.out(`${id} is asked to end\n`);
    return EXIT.done;
  },
};

export const jobRetry: Command = {
  name: "job retry",
  args: "JOB",
  summary: "Put a job that failed or was cancelled back on the queue",
  async run(call, context) {
    const id = one(call, "try a job again");
    await using opened = await openQueue(context);
    await opened.queue.retry(id);
    context.out(`${id} is queued again\n`);
    return EXIT.done;
  },
};
