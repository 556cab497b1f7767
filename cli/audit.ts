import { AuditChain } from "../core/audit/chain.ts";
import { openDatabase } from "../core/database.ts";
import { readAnchors } from "./audit_anchors.ts";
import { type Command, type Context, EXIT } from "./command.ts";
import { number } from "./replay.ts";

/** Runs with the chain of the data folder. */
function withChain<T>(context: Context, run: (chain: AuditChain) => T): T {
  const database = openDatabase(`${context.dataDir().path}/legend.db`);
  try {
    return run(new AuditChain(database));
  } finally {
    database.close();
  }
}

export const auditVerify: Command = {
  name: "audit verify",
  args: "",
  data: "read",
  summary: "Go through the audit chain and hold it against the heads told outside",
  async run(_, context) {
    const { instance } = context.dataDir();
    const heads = await readAnchors(context.outbox(), instance);
    const { entries, anchors, broken } = withChain(context, (chain) => chain.verify(heads));
    context.out(`${entries} entries, ${anchors} heads told outside: ${broken ?? "whole"}\n`);
    return broken ? EXIT.failed : EXIT.done;
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
    for (const entry of withChain(context, (chain) => chain.list({ limit }))) {
      context.out(`${JSON.stringify(entry)}\n`);
    }
    return EXIT.done;
  },
};
