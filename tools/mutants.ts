/**
 * `deno task mutants [COUNT] [RUST_COUNT] [SEED] [--only FILE[:LINE]]... [--resume]`: changes the code and checks
 * whether a test notices. Survivors are named; more than one in ten fails the task. `--only` judges all mutants of a
 * place, in the sample or not. `--resume` reuses the noticed mutants of an earlier run for files that have not changed.
 */
import { parseArgs } from "node:util";
import { say, task } from "./command.ts";
import { judge, report } from "./mutants/judge.ts";
import { type Candidate, quick, rust, typescript } from "./mutants/languages.ts";
import { lineOf } from "./mutants/mutant.ts";
import { Noticed } from "./mutants/noticed.ts";

/** Sample sizes of a whole run, and of `deno task test`. */
const COUNTS = { typescript: 200, rust: 60, quick: 20 };
const SEED = 20261127;

/** The same few mutants each time, for `deno task test`. Throws when more than one in ten survive. */
export async function quickMutants(): Promise<void> {
  const language = quick(SEED);
  if (report(language.name, await judge(language, language.candidates, COUNTS.quick))) return;
  throw new Error("Cannot pass: more mutants survived than one in ten");
}

/** Whether the mutant is at one of the places given by `--only`. */
function isAt({ mutant, source }: Candidate, places: readonly string[]): boolean {
  const line = lineOf(source, mutant.start);
  return places.some((place) => place === mutant.file || place === `${mutant.file}:${line}`);
}

if (import.meta.main) {
  await task(async () => {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: { only: { type: "string", multiple: true, default: [] }, resume: { type: "boolean" } },
    });
    const [typescriptCount = COUNTS.typescript, rustCount = COUNTS.rust, seed = SEED] = positionals.map(
      Number,
    );
    const counts = [typescriptCount, rustCount];
    const noticed = new Noticed(values.resume === true);
    say(`mutants, seed ${seed}: ${typescriptCount} of TypeScript, ${rustCount} of Rust`);
    let hasPassed = true;
    for (const [at, language] of [typescript(seed), rust(seed)].entries()) {
      const all = language.candidates;
      const ours = values.only.length === 0 ? all : all.filter((candidate) => isAt(candidate, values.only));
      const count = values.only.length === 0 ? counts[at]! : ours.length;
      if (count === 0) continue;
      hasPassed = report(language.name, await judge(language, ours, count, noticed)) && hasPassed;
    }
    if (!hasPassed) throw new Error("Cannot pass: more mutants survived than one in ten");
  });
}
