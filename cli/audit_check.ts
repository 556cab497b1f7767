/** Compares the audit of a data folder with everything outside that has its heads. */
import { headOfLine } from "../core/audit/anchor_file.ts";
import { AuditChain } from "../core/audit/chain.ts";
import { HeadSigner } from "../core/audit/head.ts";
import { type Place, PublishedHeads, type Trust } from "../core/audit/published_heads.ts";
import { newestOf, type Verdict, verifyAudit } from "../core/audit/verify.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { controlSeed } from "../core/control/control_key.ts";
import { hasData } from "../core/platform/data_dir.ts";
import { type Database, readDatabase } from "../core/platform/database.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { readThrough } from "../core/log/follow.ts";
import type { Log } from "../core/log/log.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { AUDIT_TOPIC, headPublisherOf } from "../app/head_publisher.ts";
import type { Context } from "../app/context.ts";

/** Verifies the audit of the data folder. `anchor`: a file of heads to compare with, besides the configured one. */
export async function checkAudit(context: Context, anchor?: string): Promise<Verdict> {
  const faults: string[] = [];
  const { path, instance } = folderOf(context, faults);
  const trust: Trust = { node: instance, keys: trustedKeys(context, path, faults) };
  const log = faults.length === 0 ? context.outbox() : new EmbeddedLog(context.library(), `${path}/log`);
  const database = existing(`${path}/legend.db`);
  try {
    const notes: string[] = [];
    // Heads of entries that a running API adds from now on are published after this check looks there.
    const upTo = newest(database);
    if (typeof database !== "string" && faults.length === 0) await publishPending(context, database, notes);
    const published = [await readTopic(log, trust, { name: AUDIT_TOPIC, shared: false })];
    if (kafkaOf(context.config())) {
      const far = await readTopic(context.log(), trust, { name: `${AUDIT_TOPIC} on Kafka`, shared: true });
      // A cluster that does not answer proves nothing about the audit.
      if (far.unreachable === null) published.push(far);
      else notes.push(`the heads on Kafka were not checked: ${far.unreachable}`);
    }
    const configured = context.setting("audit.anchor");
    for (const file of new Set([configured, anchor ?? ""])) {
      if (file !== "") published.push(readFile(file, trust, file === configured));
    }
    const verdict = verifyAudit(database, published, trust, upTo);
    return {
      ...verdict,
      faults: [...faults, ...verdict.faults],
      notes: [...verdict.notes, ...notes, ...outside(published)],
    };
  } finally {
    if (typeof database !== "string") database.close();
  }
}

const outside = (published: readonly PublishedHeads[]) =>
  published.length > 1 ? [] : [
    "entries and heads are in one folder: anyone who can write there can replace both with an older copy; to keep heads outside, set `audit.anchor` to a file on another disk, or use Kafka",
  ];

/** The database, or the reason why there is none to read. */
function existing(path: string): Database | string {
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "legend.db is missing";
    return `legend.db cannot be read: ${messageOf(error)}`;
  }
  try {
    return readDatabase(path);
  } catch (error) {
    if (error instanceof AppError) return `legend.db cannot be read: ${error.message}`;
    throw error;
  }
}

function newest(database: Database | string): number {
  try {
    return typeof database === "string" ? Infinity : newestOf(database);
  } catch {
    // An unreadable entry is reported as a fault when the entries are read.
    return Infinity;
  }
}

/**
 * First publishes heads that a previous process left pending; heads that were already published are not published
 * again.
 */
async function publishPending(context: Context, database: Database, notes: string[]): Promise<void> {
  try {
    const chain = new AuditChain(database);
    const isPublished = (await context.outbox().topics()).includes(AUDIT_TOPIC);
    // If heads were published and the topic is gone, creating it again would hide the loss.
    if (isPublished || chain.publishedTo() === 0) {
      await headPublisherOf(context, chain, (seq) => chain.markPublished(seq)).flush();
    }
  } catch (error) {
    // Faults of the database or the log are found when they are read; here they are only noted.
    notes.push(`pending heads were not published: ${messageOf(error)}`);
  }
}

/** The folder and its instance name. A folder that has lost its name is checked all the same: that is a fault. */
function folderOf(context: Context, faults: string[]): { path: string; instance: string } {
  try {
    return context.dataDir();
  } catch (error) {
    const path = context.setting("data_dir");
    if (!(error instanceof AppError) || !hasData(path)) throw error;
    faults.push(error.message);
    return { path, instance: "unknown" };
  }
}

/** The keys that may have signed heads: the folder's own and the configured one. */
function trustedKeys(context: Context, path: string, faults: string[]): Set<string> | null {
  const configured = context.setting("control.sign_sk_hex");
  try {
    const seeds = new Set([controlSeed(path, ""), controlSeed(path, configured)]);
    return new Set([...seeds].map((seed) => new HeadSigner("", seed).key));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    faults.push(`${UNCHECKED}: ${error.message}`);
    return null;
  }
}

/** The beginning of the fault that concerns the key itself. */
export const UNCHECKED = "the signers of the heads cannot be checked";

/** The heads of a topic; an unreadable record is a fault of the place. */
export async function readTopic(
  log: Log,
  trust: Trust,
  { name, shared }: Pick<Place, "name" | "shared">,
): Promise<PublishedHeads> {
  const heads = new PublishedHeads({ name, complete: !shared, shared }, trust);
  try {
    using topic = await log.topic(AUDIT_TOPIC);
    for (const file of await topic.damage()) heads.fault(`the header of ${file} is damaged`);
    for await (const block of readThrough(topic, "start")) {
      if ("gap" in block) {
        const { from, to, cause } = block.gap;
        heads.fault(`records ${from}..${to - 1n} ${cause === "damage" ? "are damaged" : "were removed"}`);
      } else block.records.forEach(({ value }) => heads.add(value ?? new Uint8Array()));
    }
  } catch (error) {
    const isMissing = error instanceof AppError && error.code === "not_found";
    if (shared && error instanceof AppError && error.code === "unavailable") {
      heads.unreachable = error.message;
    }
    heads.fault(
      isMissing ? "it is missing" : `it cannot be read: ${messageOf(error)}`,
    );
  }
  return heads;
}

function readFile(file: string, trust: Trust, complete: boolean): PublishedHeads {
  const heads = new PublishedHeads({ name: `the file ${file}`, complete, shared: true }, trust);
  try {
    const lines = new TextDecoder("latin1").decode(Deno.readFileSync(file)).split("\n");
    if (lines.pop() !== "") heads.fault("its last line is cut off");
    lines.forEach((line, at) => {
      const head = headOfLine(line);
      if (!head) return heads.fault(`its line ${at + 1} cannot be read`);
      heads.add(head);
      if (!line.startsWith(`${heads.newest} `)) {
        heads.fault(`its line ${at + 1} is not the head ${line.split(" ")[0]}`);
      }
    });
    if (heads.count === 0) heads.fault("it has no head of this instance");
  } catch (error) {
    heads.fault(`it cannot be read: ${messageOf(error)}`);
  }
  return heads;
}

/** A line for the verdict, and one for each fault. */
export function verdictText({ entries, heads, faults }: Verdict): string {
  const places = heads.map(({ place, count }, at) =>
    at === 0 ? `${count} heads published outside` : `${count} in ${place}`
  );
  const result = faults.length === 0 ? "whole" : faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return [`${entries} entries, ${places.join(", ")}: ${result}`, ...faults].map((line) => `${line}\n`).join(
    "",
  );
}
