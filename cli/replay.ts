import { UsageError } from "../core/errors.ts";
import { Replay } from "../ffi/engine.ts";
import { EXIT, type VerbBody } from "./command.ts";
import { printAll, slotFlag } from "./decode.ts";
import { speedFlag } from "./run_agent.ts";

/** The value of a flag whose row says `N`; undefined when it was not given. */
export const number = (value: string | boolean | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

export const replay: VerbBody = {
  run({ args, flags }, context) {
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
      ...(blocks === undefined ? {} : { blocks }),
      ...(typeof flags.leaders === "string" ? { leaders: flags.leaders } : {}),
      ...(typeof flags.accounts === "string" ? { accounts: flags.accounts } : {}),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    });
    return printAll(stream, context) === 0 ? EXIT.done : EXIT.failed;
  },
};
