import { UsageError } from "../core/errors.ts";
import { capture as captureFiles } from "../ffi/engine.ts";
import { EXIT, type VerbBody } from "./command.ts";
import { slotFlag } from "./decode.ts";
import { number } from "./replay.ts";
import { checkSource } from "./run_agent.ts";

export const capture: VerbBody = {
  run({ flags, all }, context) {
    const sources = all("source");
    const { out } = flags;
    sources.forEach(checkSource);
    const count = number(flags.blocks);
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
    context.out(
      flags.json
        ? `${JSON.stringify({ file: out, blocks, frames })}\n`
        : `${blocks} blocks, ${frames} frames in ${out}\n`,
    );
    return EXIT.done;
  },
};
