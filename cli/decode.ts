import { AppError, UsageError } from "../core/errors.ts";
import { Decoder, type LineStream } from "../ffi/engine.ts";
import { type Command, type Context, EXIT } from "./command.ts";

/** Reads `--slot`; undefined when it was not given. */
export function slotFlag(value: string | boolean | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return BigInt(value);
  throw new UsageError(`Cannot use --slot ${value}: need a slot number`);
}

/** Prints a stream to its end; says each file that cannot be read and returns how many. */
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

export const decode: Command = {
  name: "decode",
  args: "FILE…",
  summary: "Print one NDJSON line for each swap leg in captured blocks and transactions",
  flags: [{ name: "slot", value: "N", doc: "Slot of a block whose file does not say it" }],
  details: [
    "FILE: answers of getBlock or getTransaction (json, jsonParsed, base58, base64), arrays or NDJSON of",
    "{slot, block}, .zst and .gz, or folders of them. Failed transactions have no legs. The counters go to stderr.",
  ],
  run({ args, flags }, context) {
    if (args.length === 0) throw new UsageError("Cannot decode: no file given; see `legend decode --help`");
    using decoder = new Decoder(context.library(), args, slotFlag(flags.slot));
    const broken = printAll(decoder, context);
    context.say(JSON.stringify(decoder.summary()));
    return broken === 0 ? EXIT.done : EXIT.failed;
  },
};
