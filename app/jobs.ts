/** What jobs on this host may use, by configuration and build. */
import { AppError } from "../core/platform/errors.ts";
import { makeFolder } from "../core/platform/atomic_file.ts";
import { trainingThreads } from "../core/platform/machine.ts";
import type { JobPlaces } from "../core/jobs/kind.ts";
import type { JobSettings, JobsLack } from "../core/jobs/worker_protocol.ts";
import { storeAddress } from "../core/store/address.ts";
import type { StoreAddress } from "../core/store/client.ts";
import type { Context } from "./context.ts";
import { hasClickHouse } from "./stores.ts";

/** Folder of the training engines; "" where there are none. */
function trainersFolder(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  const folder = Deno.env.get("LEGEND_TRAINERS") ?? (root ? `${root}/trainers` : "");
  if (folder === "") return "";
  try {
    return Deno.statSync(`${folder}/xgboost/lib/libxgboost.so`).isFile ? folder : "";
  } catch {
    // A build without them trains networks only, and reports that.
    return "";
  }
}

/** The folder for datasets; created when it is missing. */
function datasetsRoot(context: Context): string {
  const configured = context.setting("datasets.root");
  const root = configured || `${context.dataDir().path}/datasets`;
  if (configured) Deno.mkdirSync(root, { recursive: true, mode: 0o700 });
  else makeFolder(root);
  return Deno.realPathSync(root);
}

/** The buckets that datasets may be written to. */
function allowedBuckets(context: Context): string[] {
  return context.setting("s3.buckets").split(",").map((bucket) => bucket.trim()).filter(Boolean);
}

/** Where jobs of this host may write. */
export const jobPlaces = (context: Context): JobPlaces => ({
  datasetsRoot: datasetsRoot(context),
  buckets: allowedBuckets(context),
});

/** The store that jobs on this host read, or the reason why there is none. */
function jobStore(context: Context): { store: StoreAddress | null; storeProblem: string } {
  try {
    const store = storeAddress(context.config(), context.dataDir().path, hasClickHouse());
    return { store, storeProblem: "" };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { store: null, storeProblem: error.message };
  }
}

/** What jobs on this host lack, known before one starts. */
export function jobsLack(context: Context): JobsLack {
  const { storeProblem } = jobStore(context);
  return {
    store: storeProblem || null,
    engines: trainersFolder() ? null : "This build has no engines for xgb and lgbm: it trains only torch",
  };
}

/** The settings that a job starts with. */
export function jobSettings(context: Context): JobSettings {
  const { store, storeProblem } = jobStore(context);
  return {
    libraryPath: context.library().path,
    dataDir: Deno.realPathSync(context.dataDir().path),
    datasetsRoot: datasetsRoot(context),
    store,
    storeProblem,
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
