/** Ids that may be abbreviated on a command line. */
import { UsageError } from "../core/platform/errors.ts";

/** Minimum characters of an abbreviated id: a shorter one would match by chance. */
export const ID_PART_MIN = 4;

/**
 * The items that `word` names: the one with exactly this id, else all whose ids begin with it. Throws when the word is
 * too short to be unambiguous.
 */
export function idsNamed<T>(all: readonly T[], idOf: (one: T) => string, word: string): readonly T[] {
  const whole = all.filter((one) => idOf(one) === word);
  if (whole.length > 0) return whole;
  if (word.length < ID_PART_MIN) {
    throw new UsageError(
      `Cannot resolve \`${word}\`: need \`newest\`, an id, or at least its first ${ID_PART_MIN} characters`,
    );
  }
  const begin = word.toLowerCase();
  return all.filter((one) => idOf(one).startsWith(begin));
}
