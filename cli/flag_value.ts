/** Parses the values of flags, which the command line gives as text. */
import { decimal } from "../core/platform/decimal.ts";
import { UsageError } from "../core/platform/errors.ts";
import type { Invocation } from "./command.ts";

/** The value of a flag whose row says `N`; undefined when not given. */
export const number = (value: string | boolean | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

/** The value of `--slot`; undefined when not given. */
export const slotFlag = (value: string | boolean | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value);

/** The requested sources, at least one. */
export function sourcesOf({ all }: Invocation): readonly string[] {
  const sources = all("source");
  if (sources.length === 0) {
    throw new UsageError(
      "Cannot run: no --source given, need for example --source file:PATH or --source sim",
    );
  }
  for (const source of sources) checkSource(source);
  return sources;
}

/** Throws when the text does not have the form of a source. */
export function checkSource(source: string): void {
  if (!/^(file:.+|kafka|sim(:\d{1,18}(@\d{1,12})?)?)$/.test(source)) {
    throw new UsageError(`Cannot use --source ${source}: need file:PATH, kafka or sim[:SEED]`);
  }
}

/** Times the source's own speed; 0 = as fast as it can. */
export function speedFlag(value: string | boolean | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (value === "max") return 0;
  const speed = decimal(String(value));
  if (speed > 0 && speed <= 10_000) return speed;
  throw new UsageError(`Cannot use --speed ${value}: need a number above 0, or max`);
}
