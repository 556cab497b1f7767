/** Ids that may be cut short on a command line. */
import { UsageError } from "../core/platform/errors.ts";

/** Characters that a cut id has at least: with fewer it names what is there by chance. */
export const ID_PART_MIN = 4;

/** Those that `word` names: the one with this id, else all whose ids begin so. Throws when the word is too short to tell. */
export function idsNamed<T>(all: readonly T[], idOf: (one: T) => string, word: string): readonly T[] {
  const whole = all.filter((one) => idOf(one) === word);
  if (whole.length > 0) return whole;
  if (word.length < ID_PART_MIN) {
    throw new UsageError(
      `Cannot tell what \`${word}\` names: need \`newest\`, an id, or at least its first ${ID_PART_MIN} characters`,
    );
  }
  const begin = word.toLowerCase();
  return all.filter((one) => idOf(one).startsWith(begin));
}
