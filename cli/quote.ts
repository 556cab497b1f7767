import { EXIT } from "../core/platform/exit.ts";
import { UsageError } from "../core/platform/errors.ts";
import { type Asked, Quotes } from "../ffi/engine.ts";
import type { Flags } from "../app/context.ts";
import { type VerbBody } from "./command.ts";
import { printAll } from "./decode.ts";
import { slotFlag } from "./flag_value.ts";

const ONE = ["accounts", "pool", "in", "amount"] as const;
const MORE = ["slot", "time"] as const;

/** The quote that the flags ask for. */
function askedOf(flags: Flags): Asked {
  const missing = ONE.filter((name) => typeof flags[name] !== "string");
  if (missing.length > 0) {
    throw new UsageError(
      `Cannot quote: ${
        missing.map((name) => `--${name}`).join(", ")
      } missing, need all of them or --batch FILE`,
    );
  }
  const [accounts_file, pool, input_mint, amount_in] = ONE.map((name) => flags[name]) as [
    string,
    string,
    string,
    string,
  ];
  const slot = slotFlag(flags.slot);
  const unix_ts = secondsOf(flags.time);
  return {
    ...{ accounts_file, pool, input_mint, amount_in },
    ...(slot === undefined ? {} : { slot: Number(slot) }),
    ...(unix_ts === undefined ? {} : { unix_ts }),
  };
}

function secondsOf(value: Flags[string]): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d{1,11}$/.test(value)) return Number(value);
  throw new UsageError(`Cannot use --time ${value}: need Unix seconds`);
}

export const quote: VerbBody = {
  run({ flags }, context) {
    const library = context.library();
    if (typeof flags.batch === "string") {
      const extra = [...ONE, ...MORE].filter((name) => flags[name] !== undefined);
      if (extra.length > 0) {
        throw new UsageError(
          `Cannot quote: --batch takes no --${extra[0]}, each line of the file has its own`,
        );
      }
      using quotes = new Quotes(library, { batch: flags.batch });
      return printAll(quotes, context) === 0 ? EXIT.done : EXIT.failed;
    }
    using quotes = new Quotes(library, { one: askedOf(flags) });
    const answer = quotes.read().slice();
    context.out(answer);
    return "error" in JSON.parse(new TextDecoder().decode(answer)) ? EXIT.failed : EXIT.done;
  },
};
