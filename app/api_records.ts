/** What the API itself writes: accounts, the audit and its heads, refusals; on a thread with its own connection. */
import { AuditChain } from "../core/audit/chain.ts";
import { Refusals } from "../core/audit/refusals.ts";
import { Accounts } from "../core/auth/accounts.ts";
import { SharedAccounts } from "../core/auth/shared_accounts.ts";
import { openDatabase } from "../core/platform/database.ts";
import { delay } from "../core/platform/delay.ts";
import { RecordThread } from "../core/records/client.ts";
import type { ApiDeps } from "../routes/deps.ts";
import { headPublisherOf } from "./head_publisher.ts";
import type { Context } from "./context.ts";
import { makeFirstLogin } from "./first_login.ts";
import { Signing } from "./signing.ts";

/** How long a reader of legend.db waits, which only happens while another process repairs the file after a crash. */
const READ_BUSY_MS = 1_000;
/** How long pending refusals and heads may take to be written when the process ends. */
const FLUSH_MS = 2_000;

export type ApiRecords = Awaited<ReturnType<typeof openRecords>>;

/** Opens legend.db for reading, and the thread that writes it; creates the first login when there are no users. */
export async function openRecords(context: Context) {
  const { path, instance } = context.dataDir();
  const say = (line: string) => context.say(line);
  // From here on this connection only reads: writes have a thread and a connection of their own.
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
  const publisher = headPublisherOf(context, chain, (seq) => records.call("markPublished", [seq], Infinity));
  const accounts = new SharedAccounts(new Accounts(database), {
    call: async (name, args, waitMs) => {
      const made = await records.call(name, args, waitMs);
      // A change may have added an audit entry.
      publisher.poke();
      return made;
    },
  });
  const refusals = new Refusals({
    write: async (acts) => {
      await records.call("refusals", [acts], Infinity);
      publisher.poke();
    },
    say,
  });
  const audit: ApiDeps["audit"] = async (act, patient = false) => {
    const { who, action, module = "", detail = "", request_id = "" } = act;
    const acts = [{ who, action, module, detail, request_id }];
    await records.call("audit", [acts], ...(patient ? [Infinity] : []));
    publisher.poke();
  };
  /** Passes a restored control key on, so that the entries waiting for it are signed. */
  const key = {
    follow: (signal: AbortSignal) =>
      signing.follow(signal, async (seed) => {
        await records.call("signWith", [instance, seed], Infinity);
        publisher.poke();
      }),
  };
  const close = async () => {
    // A file locked by another process must not delay the end of this one: pending work ends with the thread.
    await within(FLUSH_MS, refusals.flush());
    await within(FLUSH_MS, publisher.flush());
    await records.close();
    database.close();
  };
  return {
    chain,
    signing,
    accounts,
    refusals,
    audit,
    following: [key, refusals, publisher],
    failed: records.failed,
    close,
  };
}

/** Resolves when the work is done or the time is over. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([work, delay(ms, end.signal)]);
  } finally {
    end.abort();
  }
}

/** Bundled beside the program, or its source. */
function recordsModule(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  return root ? `file://${root}/app/records.js` : new URL("../core/records/thread.ts", import.meta.url).href;
}
