import { runAgent as runOne } from "../app/agent.ts";
import type { ModuleName } from "../core/control/control.ts";
import { EXIT } from "../core/platform/exit.ts";
import { endWithParent } from "../ffi/process.ts";
import { summary } from "./agent_summary.ts";
import type { VerbBody } from "./command.ts";
import { slotFlag, sourcesOf, speedFlag } from "./flag_value.ts";

export const runAgent: VerbBody = {
  async run(call, context) {
    const { flags } = call;
    const [module] = call.args as [ModuleName];
    if (flags.part) endWithParent(context.library());
    const sources = sourcesOf(call);
    const speed = speedFlag(flags.speed, 1);
    const accounts = typeof flags.accounts === "string" ? flags.accounts : undefined;
    const status = await runOne(context, { module, sources, speed, slot: slotFlag(flags.slot), accounts });
    for (const warning of status.warnings) context.say(warning);
    if (status.error) context.say(status.error);
    context.out(flags.json ? `${JSON.stringify(status)}\n` : `${summary([status])}\n`);
    return status.error || status.warnings.length > 0 ? EXIT.failed : EXIT.done;
  },
};
