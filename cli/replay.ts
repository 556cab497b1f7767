import { UsageError } from "../core/errors.ts";
import { Replay } from "../ffi/engine.ts";
import { type Command, EXIT } from "./command.ts";
import { printAll, slotFlag } from "./decode.ts";
import { speedFlag } from "./run_agent.ts";

/** A whole number flag; undefined when it was not given. */
export function number(flag: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  throw new UsageError(`Cannot use --${flag} ${value}: need a whole number`);
}

export const replay: Command = {
  name: "replay",
  args: "[FILE…]",
  summary: "Take captured data through the agents' own path and print each event as NDJSON",
  flags: [
    {
      name: "accounts",
      value: "FILE",
      doc: "Pool state before the first slot; a pool without it is never tier A",
    },
    { name: "json", doc: "NDJSON (the only form so far)" },
    {
      name: "leaders",
      value: "FILE",
      doc: "JSON of [{slot, leader}]: each line then names its slot's leader",
    },
    { name: "seed", value: "N", doc: "Without FILE: replay the simulated chain of this seed" },
    { name: "blocks", value: "N", doc: "Blocks of the simulated chain (150)" },
    { name: "speed", value: "N|max", doc: "Times the captured speed; max (the default) does not wait" },
    { name: "slot", value: "N", doc: "Slot of a block whose file does not say it" },
  ],
  details: [
    "The same data give the same bytes: the last line has the SHA-256 over all Envelopes in order. Nothing is written",
    "to a topic.",
  ],
  run({ args, flags }, context) {
    const simulated = number("seed", flags.seed);
    if (args.length === 0 && simulated === undefined) {
      throw new UsageError("Cannot replay: no file given; see `legend replay --help`");
    }
    if (args.length > 0 && simulated !== undefined) {
      throw new UsageError("Cannot replay: --seed is for the simulated chain, without a file");
    }
    const blocks = number("blocks", flags.blocks);
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
