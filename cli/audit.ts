import { createHash } from "node:crypto";
import { AuditChain, type ExportedEntry } from "../core/audit/chain.ts";
import { readDatabase } from "../core/platform/database.ts";
import { AppError } from "../core/platform/errors.ts";
import { diskProblem } from "../core/platform/atomic_file.ts";
import { checkAudit, verdictText } from "./audit_check.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { number } from "./flag_value.ts";

export const auditVerify: VerbBody = {
  async run({ flags }, context) {
    const verdict = await checkAudit(context, flags.anchor as string | undefined);
    context.out(flags.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict));
    verdict.notes.forEach((note) => context.say(note));
    return verdict.faults.length > 0 ? EXIT.failed : EXIT.done;
  },
};

export const auditExport: VerbBody = {
  run({ flags }, context) {
    const from = number(flags.from) ?? 1;
    const database = readDatabase(`${context.dataDir().path}/legend.db`);
    try {
      const entries = new AuditChain(database).entriesFrom(from);
      if (typeof flags.out !== "string") {
        exported(entries, from, (line) => context.out(line));
        return EXIT.done;
      }
      const summary = toNewFile(flags.out, (write) => exported(entries, from, write));
      context.out(
        flags.json
          ? `${JSON.stringify({ file: flags.out, ...summary })}\n`
          : `${summary.entries} entries in ${flags.out}\n`,
      );
    } finally {
      database.close();
    }
    return EXIT.done;
  },
};

/** Writes the entries and, last, a summary. Returns the summary's figures. */
function exported(rows: Iterable<ExportedEntry>, from: number, write: (line: string) => void) {
  const hash = createHash("sha256");
  let [entries, to] = [0, from - 1];
  for (const row of rows) {
    const line = `${JSON.stringify(row)}\n`;
    hash.update(line);
    write(line);
    [entries, to] = [entries + 1, row.seq];
  }
  const summary = { entries, from, to, sha256: hash.digest("hex") };
  write(`${JSON.stringify({ summary: true, ...summary })}\n`);
  return summary;
}

/** Fills a new file that only the owner can read: whole or not at all. An existing file is not replaced. */
function toNewFile<T>(path: string, fill: (write: (line: string) => void) => T): T {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  } catch (cause) {
    const why = cause instanceof Deno.errors.AlreadyExists
      ? "it exists, need another name"
      : diskProblem(cause);
    throw new AppError("failed", `Cannot write ${path}: ${why}`, { cause });
  }
  const encoder = new TextEncoder();
  try {
    const filled = fill((line) => {
      let rest = encoder.encode(line);
      while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
    });
    file.syncSync();
    return filled;
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  } finally {
    file.close();
  }
}

export const auditShow: VerbBody = {
  run({ flags }, context) {
    const limit = number(flags.limit) ?? 50;
    const database = readDatabase(`${context.dataDir().path}/legend.db`);
    try {
      for (const entry of new AuditChain(database).list({ limit })) context.out(`${JSON.stringify(entry)}\n`);
    } finally {
      database.close();
    }
    return EXIT.done;
  },
};
