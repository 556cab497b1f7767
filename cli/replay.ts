import { UsageError } from "../core/errors.ts";
import { Replay } from "../ffi/engine.ts";
import { type Command, EXIT } from "./command.ts";
import { printAll, slotFlag } from "./decode.ts";

export const replay: Command = {
  name: "replay",
  args: "FILE…",
  summary: "Take captured data through the agents' own path and print each event as NDJSON",
  flags: [
    {
      name: "accounts",
      value: "FILE",
      doc: "Pool state before the first slot; a pool without it is never tier A",
    },
    { name: "json", doc: "NDJSON (the only form so far)" },
    { name: "slot", value: "N", doc: "Slot of a block whose file does not say it" },
  ],
  details: [
    "The same data give the same bytes: the last line has the SHA-256 over all Envelopes in order. Nothing is written",
    "to a topic.",
  ],
  run({ args, flags }, context) {
    if (args.length === 0) throw new UsageError("Cannot replay: no file given; see `legend replay --help`");
    const slot = slotFlag(flags.slot);
    using stream = new Replay(context.library(), {
      paths: args,
      ...(typeof flags.accounts === "string" ? { accounts: flags.accounts } : {}),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    });
    return printAll(stream, context) === 0 ? EXIT.done : EXIT.failed;
  },
};
