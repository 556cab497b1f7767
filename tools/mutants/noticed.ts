/** What an earlier run saw noticed: the same change of the same file needs no second run. */
import { createHash } from "node:crypto";
import { CACHE } from "../paths.ts";
import { type Mutant, mutated } from "./mutant.ts";

const PATH = `${CACHE}/mutants-seen/noticed`;

/** Kept in the cache, one hash of a whole changed file a line. */
export class Noticed {
  readonly #known: Set<string>;

  /** Takes over nothing where `isResumed` is false. */
  constructor(isResumed: boolean) {
    Deno.mkdirSync(`${CACHE}/mutants-seen`, { recursive: true });
    let text = "";
    try {
      if (isResumed) text = Deno.readTextFileSync(PATH);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#known = new Set(text.split("\n"));
  }

  /** Whether a test noticed this very text before. */
  has(candidate: { source: string; mutant: Mutant }): boolean {
    return this.#known.has(hashOf(candidate));
  }

  add(candidate: { source: string; mutant: Mutant }): void {
    const hash = hashOf(candidate);
    if (this.#known.has(hash)) return;
    this.#known.add(hash);
    Deno.writeTextFileSync(PATH, `${hash}\n`, { append: true });
  }
}

const hashOf = ({ source, mutant }: { source: string; mutant: Mutant }) =>
  createHash("sha256").update(`${mutant.file}\n${mutated(source, mutant)}`).digest("hex");
