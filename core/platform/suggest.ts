/** "Did you mean": finds the known word nearest to a typed one. */

/** Longer words are cut before the comparison: the input comes from outside. */
const COMPARED_MAX = 64;

/** The candidate that `word` was most likely meant to be; undefined when none is near. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase().slice(0, COMPARED_MAX);
  if (typed === "") return undefined;
  let best: { candidate: string; apart: number } | undefined;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const isBegun = typed.length >= 3 && known.startsWith(typed);
    const apart = isBegun ? 0.5 : distance(typed, known);
    const most = Math.min(2, Math.floor(Math.max(typed.length, known.length) / 3));
    if (apart <= most && (best === undefined || apart < best.apart)) best = { candidate, apart };
  }
  return best?.candidate;
}

/** `, did you mean x?`, or "" when nothing is near. */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
  shown = (name: string) => name,
): string {
  const found = closest(word, candidates);
  return found === undefined ? "" : `, did you mean ${shown(found)}?`;
}

/** Edit distance of two short words; two swapped letters are one edit. */
export function distance(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1);
      }
      next[j] = least;
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
