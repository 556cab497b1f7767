/** What an earlier run found noticed: the same change of the same file needs no second run. */
import { createHash } from "node:crypto";
import { CACHE } from "../paths.ts";
import type { Candidate } from "./languages.ts";
import { mutated } from "./mutant.ts";

const PATH = `${CACHE}/mutants-seen/noticed`;

/** Stored in the cache: one hash of a whole changed file per line. */
export class Noticed {
  readonly #known: Set<string>;

  /** Uses what is known only if `isResumed`. */
  constructor(readonly isResumed: boolean) {
    Deno.mkdirSync(PATH.replace(/\/[^/]*$/, ""), { recursive: true });
    let text = "";
    try {
      text = Deno.readTextFileSync(PATH);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#known = new Set(text.split("\n"));
  }

  /** Whether a test noticed exactly this text before. */
  has(candidate: Candidate): boolean {
    return this.isResumed && this.#known.has(hashOf(candidate));
  }

  add(candidate: Candidate): void {
    const hash = hashOf(candidate);
    if (this.#known.has(hash)) return;
    this.#known.add(hash);
    Deno.writeTextFileSync(PATH, `${hash}\n`, { append: true });
  }
}

const hashOf = ({ source, mutant }: Candidate) =>
  createHash("sha256").update(`${mutant.file}\n${mutated(source, mutant)}`).digest("hex");
