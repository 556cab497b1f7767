/** The Web Worker of one job: runs the job it receives, reports progress, and ends with one result. */
/// <reference lib="deno.worker" />
import { AppError } from "../core/platform/errors.ts";
import type { FromWorker, JobPorts, JobStart, LiveRequest, ToWorker } from "../core/jobs/worker_protocol.ts";
import type { AnyJobKind } from "../core/jobs/kind.ts";
import { JOB_KINDS } from "./kinds.ts";

const port = self as unknown as Pick<Worker, "postMessage"> & {
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const stop = new AbortController();
type Answer = Pick<Extract<ToWorker, { type: "confirmed" }>, "ours" | "why" | "refused">;
const calls = new Map<number, (answer: Answer) => void>();
let callsMade = 0;

const say = (message: FromWorker) => port.postMessage(message);

/** Error codes that a retry would not fix. */
const FINAL: ReadonlySet<string> = new Set(["invalid", "bad_request", "not_found", "forbidden", "conflict"]);

/** Throws when another worker has the job now, or when this cannot be found out. */
async function confirmed(live?: LiveRequest): Promise<Answer> {
  stop.signal.throwIfAborted();
  const call = ++callsMade;
  const answer = new Promise<Answer>((resolve) => calls.set(call, resolve));
  say({ type: "confirm", call, ...(live ? { live } : {}) });
  const reply = await answer;
  if (reply.why) throw new AppError("unavailable", reply.why);
  if (!reply.ours) {
    throw new AppError("failed", "Another worker has this job now: what was made here is discarded");
  }
  return reply;
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
    const job = JOB_KINDS.named(kind);
    const { result, message } = await job.run(checked(job, args), ports);
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

/** Checked again here: arguments on the log may have another version's form. Throws `invalid`. */
function checked(kind: AnyJobKind, args: unknown): unknown {
  const { success, data, error } = kind.kept.safeParse(args);
  if (success) return data;
  throw new AppError(
    "invalid",
    `Cannot run this ${kind.name}: another version of legend asked for it, ask again`,
    {
      cause: error,
    },
  );
}

port.onmessage = ({ data }) => {
  if (data.type === "start") run(data);
  else if (data.type === "cancel") stop.abort();
  else calls.get(data.call)?.(data);
};
