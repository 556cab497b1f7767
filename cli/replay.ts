import { UsageError } from "../core/platform/errors.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { Replay, type ReplayOptions } from "../ffi/engine.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { printAll } from "./decode.ts";
import { number, slotFlag, speedFlag } from "./flag_value.ts";
import { logLimits, makeTopics } from "../app/topics.ts";

export const replay: VerbBody = {
  async run({ args, flags }, context) {
    const simulated = number(flags.seed);
    if (args.length === 0 && simulated === undefined) {
      throw new UsageError("Cannot replay: no file given; see `legend replay --help`");
    }
    if (args.length > 0 && simulated !== undefined) {
      throw new UsageError("Cannot replay: --seed is for the simulated chain, without a file");
    }
    const blocks = number(flags.blocks);
    const slot = slotFlag(flags.slot);
    using stream = new Replay(context.library(), {
      sources: simulated === undefined ? args.map((path) => `file:${path}`) : [`sim:${simulated}`],
      speed: speedFlag(flags.speed, 0),
      tips: tipAccounts(context.setting("tips.file")),
      ...(blocks === undefined ? {} : { blocks }),
      ...(typeof flags.leaders === "string" ? { leaders: flags.leaders } : {}),
      ...(typeof flags.accounts === "string" ? { accounts: flags.accounts } : {}),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
      // A folder that is only configured is where legend runs: a replay writes only where the command line says.
      ...(flags["data-dir"] === undefined ? {} : { write_to: await dataFolder(context) }),
    });
    return printAll(stream, context) === 0 ? EXIT.done : EXIT.failed;
  },
};

/** The folder that `--data-dir` names. It and all topics are created if missing, for those who read them. */
async function dataFolder(context: Context): Promise<NonNullable<ReplayOptions["write_to"]>> {
  const data_dir = context.dataDir().path;
  await makeTopics(context);
  const topic = context.setting("realtime.proto_topic");
  return { data_dir, ...(topic ? { topic } : {}), limits: logLimits(context) };
}
