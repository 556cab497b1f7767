import { AppError } from "../core/platform/errors.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { Decoder, type LineStream } from "../ffi/engine.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { slotFlag } from "./flag_value.ts";

/** Prints a stream to its end. Reports each file that cannot be read, and returns their number. */
export function printAll(stream: LineStream, context: Context): number {
  let broken = 0;
  for (;;) {
    try {
      const block = stream.read();
      if (block.length === 0) return broken;
      context.out(block);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      context.say(error.message);
      broken += 1;
    }
  }
}

export const decode: VerbBody = {
  run({ args, flags }, context) {
    const slot = slotFlag(flags.slot);
    using decoder = new Decoder(context.library(), {
      paths: args,
      tips: tipAccounts(context.setting("tips.file")),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    });
    const broken = printAll(decoder, context);
    context.say(JSON.stringify(decoder.summary()));
    return broken === 0 ? EXIT.done : EXIT.failed;
  },
};
