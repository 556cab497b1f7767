import { UsageError } from "../core/errors.ts";
import { capture as captureFiles } from "../ffi/engine.ts";
import { type Command, EXIT } from "./command.ts";
import { slotFlag } from "./decode.ts";
import { number } from "./replay.ts";
import { checkSource } from "./run_agent.ts";

export const capture: Command = {
  name: "capture",
  args: "",
  summary: "Write a source's frames with their receive times to a capture journal",
  flags: [
    {
      name: "source",
      value: "SOURCE",
      doc: "Where frames come from: file:PATH (may repeat) or sim[:SEED[@SLOT]]",
    },
    {
      name: "out",
      value: "FILE",
      doc: "The journal, with the ending .journal; decode, replay and run read it",
    },
    { name: "blocks", value: "N", doc: "Blocks of a simulated chain (150)" },
    { name: "slot", value: "N", doc: "Slot of a block whose file does not say it" },
  ],
  run({ flags, all }, context) {
    const sources = all("source");
    const { out } = flags;
    sources.forEach(checkSource);
    const count = number("blocks", flags.blocks);
    if (sources.length === 0) {
      throw new UsageError("Cannot capture: no --source given, need for example --source file:PATH");
    }
    if (typeof out !== "string" || !out.endsWith(".journal")) {
      throw new UsageError(`Cannot capture to ${out ?? "nothing"}: need --out FILE.journal`);
    }
    const slot = slotFlag(flags.slot);
    const { blocks, frames } = captureFiles(context.library(), {
      sources,
      out,
      ...(count === undefined ? {} : { blocks: count }),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    });
    context.out(`${blocks} blocks, ${frames} frames in ${out}\n`);
    return EXIT.done;
  },
};
