import { AuditChain } from "../core/audit/chain.ts";
import { readDatabase } from "../core/database.ts";
import { UsageError } from "../core/errors.ts";
import { checkAudit, verdictText } from "./audit_check.ts";
import { type Command, EXIT } from "./command.ts";
import { number } from "./replay.ts";

export const auditVerify: Command = {
  name: "audit verify",
  args: "",
  data: "read",
  summary: "Go through the audit chain, hold it against its heads here and outside, and list every fault",
  flags: [{
    name: "anchor",
    value: "FILE",
    doc: "Hold it also against the heads in this file (`audit.anchor`)",
  }],
  async run({ flags }, context) {
    if (flags.anchor === "") throw new UsageError("Cannot use --anchor: need a FILE");
    const verdict = await checkAudit(context, flags.anchor as string | undefined);
    context.out(verdictText(verdict));
    verdict.notes.forEach((note) => context.say(note));
    return verdict.faults.length > 0 ? EXIT.failed : EXIT.done;
  },
};

export const auditShow: Command = {
  name: "audit show",
  args: "",
  data: "read",
  summary: "Print entries of the audit as NDJSON, newest first",
  flags: [{ name: "limit", value: "N", doc: "How many (50)" }],
  run({ flags }, context) {
    const limit = number("limit", flags.limit) ?? 50;
    const database = readDatabase(`${context.dataDir().path}/legend.db`);
    try {
      for (const entry of new AuditChain(database).list({ limit })) context.out(`${JSON.stringify(entry)}\n`);
    } finally {
      database.close();
    }
    return EXIT.done;
  },
};
