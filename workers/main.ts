/** The Web Worker of one job: starts what it is told, tells how it goes, ends with one answer. */
/// <reference lib="deno.worker" />
import { AppError } from "../core/platform/errors.ts";
import type { FromWorker, Job, JobPorts, JobStart, LiveWish, ToWorker } from "../core/jobs/contract.ts";
import { scrape } from "./scrape.ts";
import { train } from "./train.ts";

// deno-lint-ignore no-explicit-any -- each row parses its own arguments
const JOBS: readonly Job<any>[] = [scrape, train];

const port = self as unknown as Pick<Worker, "postMessage"> & {
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const stop = new AbortController();
type Answer = Pick<Extract<ToWorker, { type: "confirmed" }>, "ours" | "why" | "refused">;
const calls = new Map<number, (answer: Answer) => void>();
let callsMade = 0;

const say = (message: FromWorker) => port.postMessage(message);

/** Codes that another try would not mend. */
const FINAL: ReadonlySet<string> = new Set(["invalid", "bad_request", "not_found", "forbidden", "conflict"]);

/** Throws when the job is somebody else's by now, or nobody can say. */
async function confirmed(live?: LiveWish): Promise<Answer> {
  stop.signal.throwIfAborted();
  const call = ++callsMade;
  const answer = new Promise<Answer>((resolve) => calls.set(call, resolve));
  say({ type: "confirm", call, ...(live ? { live } : {}) });
  const told = await answer;
  if (told.why) throw new AppError("unavailable", told.why);
  if (!told.ours) {
    throw new AppError("failed", "Somebody else has this job now: what was made here is thrown away");
  }
  return told;
}

async function run({ id, kind, args, token, settings }: JobStart): Promise<void> {
  const ports: JobPorts = {
    id,
    token,
    settings,
    signal: stop.signal,
    progress: (progress, message) => say({ type: "progress", progress, message }),
    confirm: async () => void await confirmed(),
    goLive: async (live) => (await confirmed(live)).refused ?? null,
  };
  try {
    const job = JOBS.find((job) => job.kind === kind);
    if (!job) throw new AppError("invalid", `Cannot run a job of kind ${kind}: this version has none`);
    const { result, message } = await job.run(parsed(job, args), ports);
    say({ type: "done", result, message });
  } catch (error) {
    if (stop.signal.aborted) return say({ type: "error", message: "cancelled", final: true });
    const expected = error instanceof AppError;
    const message = expected
      ? error.message
      : `a bug in legend: ${error instanceof Error ? error.stack : error}`;
    say({ type: "error", message, final: expected && FINAL.has(error.code) });
  }
}

/** Throws `invalid` for arguments that lie on the log in another version's form. */
// deno-lint-ignore no-explicit-any -- each row parses its own arguments
function parsed(job: Job<any>, args: unknown): unknown {
  try {
    return job.parse(args);
  } catch (error) {
    throw new AppError(
      "invalid",
      `Cannot run this ${job.kind}: another version of legend asked for it, ask again`,
      {
        cause: error,
      },
    );
  }
}

port.onmessage = ({ data }) => {
  if (data.type === "start") run(data);
  else if (data.type === "cancel") stop.abort();
  else calls.get(data.call)?.(data);
};
