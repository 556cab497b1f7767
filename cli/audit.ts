import { AuditChain } from "../core/audit/chain.ts";
import { readDatabase } from "../core/database.ts";
import { checkAudit, verdictText } from "./audit_check.ts";
import { EXIT, type VerbBody } from "./command.ts";
import { number } from "./replay.ts";

export const auditVerify: VerbBody = {
  async run({ flags }, context) {
    const verdict = await checkAudit(context, flags.anchor as string | undefined);
    context.out(flags.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict));
    verdict.notes.forEach((note) => context.say(note));
    return verdict.faults.length > 0 ? EXIT.failed : EXIT.done;
  },
};

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
