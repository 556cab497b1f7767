/** Judges a sample of mutants and reports the result. */
import { say } from "../command.ts";
import { EQUIVALENT } from "./equivalent.ts";
import type { Candidate, Language } from "./languages.ts";
import { describe, nameOf, OPERATORS } from "./mutant.ts";
import type { Noticed } from "./noticed.ts";
import { copyTree, type Outcome, outcomeOf } from "./run.ts";

/** Maximum share of survivors among the mutants that could be judged. */
const SURVIVORS_MAX = 0.1;

/** The result of a mutant. */
export interface Judged extends Candidate {
  readonly outcome: Outcome | "equivalent";
}

/** Judges the candidates in order, until `count` of them could be judged. */
export async function judge(
  language: Language,
  candidates: readonly Candidate[],
  count: number,
  noticed?: Noticed,
): Promise<Judged[]> {
  if (count === 0) return [];
  const folders = await Promise.all(
    Array.from({ length: language.copies }, () => copyTree(language.withRust)),
  );
  const waiting = [...candidates];
  const judged: Judged[] = [];
  let usable = 0;
  try {
    const judgeOf = await language.judges(waiting.slice(0, count + 50), folders[0]!);
    const outcome = async (folder: string, candidate: Candidate): Promise<Judged["outcome"]> => {
      if (EQUIVALENT.has(nameOf(candidate.source, candidate.mutant))) return "equivalent";
      if (noticed?.has(candidate)) return "noticed";
      return await outcomeOf(folder, candidate.mutant, judgeOf(candidate));
    };
    await Promise.all(folders.map(async (folder) => {
      while (usable < count) {
        const next = waiting.shift();
        if (!next) return;
        usable += 1;
        const ours = { ...next, outcome: await outcome(folder, next) };
        if (ours.outcome === "unusable" || ours.outcome === "equivalent") usable -= 1;
        if (ours.outcome === "noticed") noticed?.add(next);
        judged.push(ours);
        if (ours.outcome !== "noticed") say(`${ours.outcome}: ${describe(next.source, next.mutant)}`);
      }
    }));
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
  return judged;
}

/** Prints the table of a language. Returns whether few enough survived. */
export function report(name: string, judged: readonly Judged[]): boolean {
  const of = (...outcomes: Judged["outcome"][]) => judged.filter(({ outcome }) => outcomes.includes(outcome));
  const usable = of("noticed", "hung", "survived");
  const survivors = of("survived");
  const share = usable.length === 0 ? 0 : survivors.length / usable.length;
  const by = OPERATORS.map((operator) => {
    const ours = usable.filter(({ mutant }) => mutant.operator === operator);
    return `${operator} ${ours.filter(({ outcome }) => outcome !== "survived").length}/${ours.length}`;
  });
  say(
    `${name}: ${usable.length - survivors.length} of ${usable.length} noticed (${of("hung").length} hung), ` +
      `${survivors.length} survived (${(share * 100).toFixed(1)} %, limit ${SURVIVORS_MAX * 100} %); ` +
      `not counted: ${of("unusable").length} no programs, ${of("equivalent").length} equivalent`,
  );
  say(`  noticed by operator: ${by.join(", ")}`);
  for (const { source, mutant } of survivors) say(`  survived: ${describe(source, mutant)}`);
  for (const { source, mutant } of of("equivalent")) {
    say(`  equivalent: ${describe(source, mutant)}: ${EQUIVALENT.get(nameOf(source, mutant))}`);
  }
  return share <= SURVIVORS_MAX;
}
