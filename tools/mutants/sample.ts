/** A sample of mutants that stays the same when other parts of the sources are edited. */
import { createHash } from "node:crypto";
import { type Mutant, nameOf } from "./mutant.ts";

/**
 * The list in an order given by the seed. The place of a mutant depends only on the text of its own line: a change of
 * the sources replaces the mutants of the changed lines, and leaves the rest of the sample. `fileAs`: replaces the
 * file's name, for files that move between folders.
 */
export function inSeededOrder<T extends { mutant: Mutant; source: string }>(
  list: readonly T[],
  seed: number,
  fileAs = (file: string) => file,
): T[] {
  const seen = new Map<string, number>();
  return list.map((item) => {
    const name = nameOf(item.source, { ...item.mutant, file: fileAs(item.mutant.file) });
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return { item, rank: createHash("sha256").update(`${seed} ${nth} ${name}`).digest("hex") };
  }).sort((a, b) => a.rank < b.rank ? -1 : 1).map(({ item }) => item);
}
