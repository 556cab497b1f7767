import { AppError, UsageError } from "../core/platform/errors.ts";
import { capture as captureFiles } from "../ffi/engine.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { checkSource, number, slotFlag } from "./flag_value.ts";

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

export const capture: VerbBody = {
  async run({ flags, all }, context) {
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
    if (!flags.force && await exists(out)) {
      throw new AppError(
        "conflict",
        `Cannot capture to ${out}: it exists already, need another name or --force`,
      );
    }
    const slot = slotFlag(flags.slot);
    const { blocks, frames, unread } = captureFiles(context.library(), {
      sources,
      out,
      ...(count === undefined ? {} : { blocks: count }),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    });
    unread.forEach((line) => context.say(line));
    context.out(
      flags.json
        ? `${JSON.stringify({ file: out, blocks, frames })}\n`
        : `${blocks} blocks, ${frames} frames in ${out}\n`,
    );
    return unread.length === 0 ? EXIT.done : EXIT.failed;
  },
};
