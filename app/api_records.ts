/** What the API writes of its own: accounts, the audit and its heads, refusals; on a thread with a connection of its own. */
import { AuditChain } from "../core/audit/chain.ts";
import { Refusals } from "../core/audit/refusals.ts";
import { Accounts } from "../core/auth/accounts.ts";
import { SharedAccounts } from "../core/auth/shared_accounts.ts";
import { openDatabase } from "../core/platform/database.ts";
import { pause } from "../core/platform/pause.ts";
import { RecordThread } from "../core/records/client.ts";
import type { ApiDeps } from "../routes/deps.ts";
import { tellerOf } from "./audit_heads.ts";
import type { Context } from "./context.ts";
import { makeFirstLogin } from "./first_login.ts";
import { Signing } from "./signing.ts";

/** How long a reader of legend.db waits: only for one that mends the file after a crash. */
const READ_BUSY_MS = 1_000;
/** How long what was refused, and heads, may take to be written when the process ends. */
const FLUSH_MS = 2_000;

export type ApiRecords = Awaited<ReturnType<typeof openRecords>>;

/** Opens legend.db to read and the thread that writes it; makes the first login where there is no user. */
export async function openRecords(context: Context) {
  const { path, instance } = context.dataDir();
  const say = (line: string) => context.say(line);
  // From here on it is read alone: what writes has a thread and a connection of its own.
  const database = openDatabase(`${path}/legend.db`, READ_BUSY_MS);
  await makeFirstLogin(database, path, context);
  const chain = new AuditChain(database);
  const signing = new Signing({ dataDir: path, configured: context.setting("control.sign_sk_hex"), say });
  const records = new RecordThread({
    module: recordsModule(),
    folder: path,
    node: instance,
    seed: signing.seed,
    say,
  });
  await records.ready();
  const teller = tellerOf(context, chain, (seq) => records.call("told", [seq], Infinity));
  const accounts = new SharedAccounts(new Accounts(database), {
    call: async (name, args, waitMs) => {
      const made = await records.call(name, args, waitMs);
      // A change may have brought its entry.
      teller.poke();
      return made;
    },
  });
  const refusals = new Refusals({
    write: async (acts) => {
      await records.call("refusals", [acts], Infinity);
      teller.poke();
    },
    say,
  });
  const audit: ApiDeps["audit"] = async (act, patient = false) => {
    const { who, action, module = "", detail = "", request_id = "" } = act;
    const acts = [{ who, action, module, detail, request_id }];
    await records.call("audit", [acts], ...(patient ? [Infinity] : []));
    teller.poke();
  };
  /** Brings a control key that is back to what waits for its signature. */
  const key = {
    follow: (signal: AbortSignal) =>
      signing.follow(signal, async (seed) => {
        await records.call("signWith", [instance, seed], Infinity);
        teller.poke();
      }),
  };
  const close = async () => {
    // A file that somebody holds must not keep the process: what waits for it ends with the thread.
    await within(FLUSH_MS, refusals.flush());
    await within(FLUSH_MS, teller.flush());
    await records.close();
    database.close();
  };
  return {
    chain,
    signing,
    accounts,
    refusals,
    audit,
    following: [key, refusals, teller],
    failed: records.failed,
    close,
  };
}

/** Resolves with the work, or when the time is over. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([work, pause(ms, end.signal)]);
  } finally {
    end.abort();
  }
}

/** Bundled beside the program, or its source. */
function recordsModule(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `file://${root}/app/records.js` : new URL("../core/records/thread.ts", import.meta.url).href;
}
