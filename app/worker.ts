import { JobRunner } from "../agents/job_runner.ts";
import { JobStatusTeller } from "../agents/job_status.ts";
import { schedule } from "../agents/scheduler.ts";
import { Accounts } from "../core/auth/accounts.ts";
import { lostRight } from "../core/auth/issuer.ts";
import { lockFile } from "../core/platform/data_dir.ts";
import { AppError } from "../core/platform/errors.ts";
import { makeFolder, StatusFile } from "../core/platform/files.ts";
import { trainingThreads } from "../core/platform/machine.ts";
import { workerStatusFile } from "../core/platform/parts.ts";
import { goLive } from "../core/models/going_live.ts";
import type { Job } from "../core/jobs/book.ts";
import { JobQueue } from "../core/jobs/queue.ts";
import { readMarks, readSchedules, writeMarks } from "../core/jobs/schedules.ts";
import { storeAddress } from "../core/store/address.ts";
import type { StoreAddress } from "../core/store/client.ts";
import { endWithParent } from "../ffi/process.ts";
import type { JobSettings, JobsLack, LiveWish } from "../core/jobs/contract.ts";
import type { JobPlaces } from "../core/jobs/kind.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import { auditAs, withDatabase } from "./audit_act.ts";
import type { Context } from "./context.ts";
import { EXIT } from "../core/platform/exit.ts";
import type { VerbBody } from "../cli/command.ts";
import { registryOf } from "./registry.ts";
import { hasClickHouse } from "./stores.ts";

/** How often the worker says that it lives. */
const TELL_MS = 500;

export const runWorker: VerbBody = {
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
    const { path, instance } = context.dataDir();
    using _lock = lockFile(
      `${path}/worker.lock`,
      () =>
        new AppError("unavailable", `Cannot start the worker: another one runs in ${path}, stop it first`),
    );
    const { signal } = context;
    const name = `worker-${instance}`;
    const queue = new JobQueue(context.log(), context.outbox(), JOB_KINDS);
    const following = queue.follow(signal);
    const status = await JobStatusTeller.open(context.outbox(), name, JOB_KINDS);
    const runner = new JobRunner({
      queue,
      name,
      slots: context.setting("jobs.workers"),
      settings: () => jobSettings(context),
      spawn: () => new Worker(workerModule(), { type: "module" }),
      signal,
      say: (line) => context.say(line),
      // Below a supervisor the link and the agents say it.
      alone: !flags.part,
      goLive: (job, wish) => goLiveFor(context, job, wish),
      told: (job) => status.tell(job),
    });
    const say = (line: string) => context.say(line);
    const file = new StatusFile(workerStatusFile(path), say);
    const tell = () => file.write({ at_ms: Date.now(), pid: Deno.pid });
    tell();
    const timer = setInterval(tell, TELL_MS);
    const working = Promise.all([
      following,
      runner.run(),
      schedule({
        queue,
        schedules: () => readSchedules(path),
        marks: { read: () => readMarks(path, say), write: (marks) => writeMarks(path, marks) },
        signal,
        say,
        alone: !flags.part,
        now: Date.now,
      }),
    ]);
    await working.finally(() => clearInterval(timer));
    // One that ended as it was asked to is not missed; a file that stays is of one that was killed.
    file.remove();
    return EXIT.done;
  },
};

/** In the name of who gave the job, if that one still may. */
function goLiveFor(context: Context, { id, issuer }: Job, wish: LiveWish): Promise<void> {
  const action = wish.link === "shadow" ? "model shadow" : "model promoted";
  return withDatabase(context, (database) =>
    goLive(
      registryOf(context),
      (act) => auditAs(context, act),
      { ...wish, who: issuer, action, requestId: `job-${id}` },
      () => lostRight(new Accounts(database), issuer, "models"),
    ));
}

/** Beside the bundle in the executable, the source in a checkout. */
function workerModule(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `file://${root}/app/worker.js` : new URL("../workers/main.ts", import.meta.url).href;
}

/** Folder of the training engines; "" where there are none. */
function trainersFolder(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  const folder = Deno.env.get("LEGEND_TRAINERS") ?? (root ? `${root}/trainers` : "");
  if (folder === "") return "";
  try {
    return Deno.statSync(`${folder}/xgboost/lib/libxgboost.so`).isFile ? folder : "";
  } catch {
    // A build without them trains networks alone, and says so.
    return "";
  }
}

function datasetsRoot(context: Context): string {
  const configured = context.setting("datasets.root");
  const root = configured || `${context.dataDir().path}/datasets`;
  if (configured) Deno.mkdirSync(root, { recursive: true, mode: 0o700 });
  else makeFolder(root);
  return Deno.realPathSync(root);
}

function allowedBuckets(context: Context): string[] {
  return context.setting("s3.buckets").split(",").map((bucket) => bucket.trim()).filter(Boolean);
}

/** Where jobs of this host may write. */
export const jobPlaces = (context: Context): JobPlaces => ({
  datasetsRoot: datasetsRoot(context),
  buckets: allowedBuckets(context),
});

/** The store that jobs of this host read, or why there is none. */
function jobStore(context: Context): { store: StoreAddress | null; storeTrouble: string } {
  try {
    const store = storeAddress(context.config(), context.dataDir().path, hasClickHouse());
    return { store, storeTrouble: "" };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { store: null, storeTrouble: error.message };
  }
}

/** What jobs of this host lack: known before one is started. */
export function jobsLack(context: Context): JobsLack {
  const { storeTrouble } = jobStore(context);
  return {
    store: storeTrouble || null,
    engines: trainersFolder() ? null : "This build has no engines for xgb and lgbm: it trains torch alone",
  };
}

function jobSettings(context: Context): JobSettings {
  const { store, storeTrouble } = jobStore(context);
  return {
    libraryPath: context.library().path,
    dataDir: Deno.realPathSync(context.dataDir().path),
    datasetsRoot: datasetsRoot(context),
    store,
    storeTrouble,
    s3: {
      endpoint: context.setting("s3.endpoint"),
      region: context.setting("s3.region"),
      accessKeyId: context.setting("s3.access_key_id"),
      secretAccessKey: context.setting("s3.secret_access_key"),
      buckets: allowedBuckets(context),
    },
    trainers: trainersFolder(),
    threads: trainingThreads(context.setting("jobs.threads")),
    signSkHex: context.setting("control.sign_sk_hex"),
    version: context.version,
  };
}
