/**
 * `deno task mutants [COUNT] [RUST_COUNT] [SEED] [--only FILE[:LINE]]... [--resume]`: changes the code and asks whether a
 * test notices. Each survivor is named; more than one in ten fails the task. `--only` judges the sample's and all other
 * mutants of a place. `--resume` takes over what an earlier run saw noticed in files that are still the same.
 */
import { parseArgs } from "node:util";
import { say, task } from "./command.ts";
import { coverageOf, filesBelow, selected, TEST_ARGS } from "./mutants/select.ts";
import { describe, lineOf, type Mutant, nameOf, OPERATORS } from "./mutants/mutant.ts";
import { EQUIVALENT } from "./mutants/equivalent.ts";
import { Noticed } from "./mutants/noticed.ts";
import { copyTree, type Judge, LIMIT_MS, mustPass, type Outcome, outcomeOf } from "./mutants/run.ts";
import { rustMutantsOf } from "./mutants/rust.ts";
import { inSeededOrder } from "./mutants/sample.ts";
import { functionAround, mutantsOf } from "./mutants/typescript.ts";
import { ROOT } from "./paths.ts";
import { randomOf, shuffled } from "./random.ts";

/** The sample of a whole run; `deno task test` takes a smaller one. */
const COUNTS = { typescript: 200, rust: 60 };
const SEED = 20261127;
/** Of those that could be judged. */
const SURVIVORS_MAX = 0.1;

const TYPESCRIPT = ["core/auth", "core/audit", "routes", "agents/bridge", "core/jobs"];

/** A mutant and the text that it changes. */
interface Candidate {
  readonly mutant: Mutant;
  readonly source: string;
}

interface Judged extends Candidate {
  readonly outcome: Outcome | "equivalent";
}

/** What runs beside one language's code. */
interface Language {
  readonly name: string;
  readonly withRust: boolean;
  /** Copies of the tree that work beside each other. */
  readonly copies: number;
  /** All of them, in the order that the seed gives. */
  readonly candidates: readonly Candidate[];
  /** Checks, once, that the tests pass without a mutant; then how each of these is judged. */
  judges(sample: readonly Candidate[], folder: string): Promise<(candidate: Candidate) => Judge>;
}

function candidatesIn(
  paths: readonly string[],
  ending: string,
  find: (file: string, source: string) => Mutant[],
): Candidate[] {
  const files = paths.flatMap((path) => [...filesBelow(path, ending)]);
  return files.filter((file) => !/_test\.ts$|\/tests?\.rs$/.test(file)).flatMap((file) => {
    const source = Deno.readTextFileSync(`${ROOT}/${file}`);
    return find(file, source).map((mutant) => ({ mutant, source }));
  });
}

const typescript = (seed: number): Language => ({
  name: "TypeScript",
  withRust: false,
  copies: 2,
  candidates: inSeededOrder(candidatesIn(TYPESCRIPT, ".ts", mutantsOf), seed),
  judges: async (sample, folder) => {
    const files = new Set(sample.map(({ mutant }) => mutant.file));
    const coverages = await coverageOf(files, folder, (path) => say(`lines that ${path} runs`));
    return ({ mutant: { file, start, end }, source }) => {
      const span = (place: { start: number; end: number }) => ({
        first: lineOf(source, place.start),
        last: lineOf(source, place.end),
      });
      const around = functionAround(source, start, end);
      return {
        tests: selected(coverages, file, span({ start, end }), span(around)).map(({ path, ms }) => ({
          command: [Deno.execPath(), ...TEST_ARGS, path],
          limitMs: 90_000 + 20 * ms,
        })),
        types: { command: [Deno.execPath(), "check", "-q", file], limitMs: LIMIT_MS },
      };
    };
  },
});

const RUST: Readonly<Record<string, string>> = {
  "ffi/io/src/control": "io",
  "ffi/io/src/models": "io",
  "ffi/io/src/log": "io",
  "ffi/engine/src/gate.rs": "engine",
};

const CARGO_TEST = ["cargo", "test", "-q", "--locked", "--manifest-path", "ffi/Cargo.toml", "-p"];
/** The crate's unit tests first: they are quick and notice most. */
const cargoTests = (crate: string): Judge => ({
  tests: ["--lib", "--tests"].map((which) => ({
    command: [...CARGO_TEST, crate, which],
    limitMs: LIMIT_MS,
  })),
  isUnusable: (output) => /could not compile/.test(output),
});

const rust = (seed: number): Language => ({
  name: "Rust",
  withRust: true,
  // Cargo builds one at a time.
  copies: 1,
  candidates: shuffled(candidatesIn(Object.keys(RUST), ".rs", rustMutantsOf), randomOf(seed)),
  judges: async (sample, folder) => {
    const crateOf = ({ mutant }: Candidate) =>
      Object.entries(RUST).find(([path]) => mutant.file.startsWith(path))![1];
    for (const crate of new Set(sample.map(crateOf))) await mustPass(folder, cargoTests(crate));
    return (candidate) => cargoTests(crateOf(candidate));
  },
});

/** Judges the candidates in their order until `count` could be judged. */
async function judge(
  language: Language,
  candidates: readonly Candidate[],
  count: number,
  noticed: Noticed,
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
      if (noticed.has(candidate)) return "noticed";
      return await outcomeOf(folder, candidate.mutant, judgeOf(candidate));
    };
    await Promise.all(folders.map(async (folder) => {
      while (usable < count) {
        const next = waiting.shift();
        if (!next) return;
        usable += 1;
        const ours = { ...next, outcome: await outcome(folder, next) };
        if (ours.outcome === "unusable" || ours.outcome === "equivalent") usable -= 1;
        if (ours.outcome === "noticed") noticed.add(next);
        judged.push(ours);
        if (ours.outcome !== "noticed") say(`${ours.outcome}: ${describe(next.source, next.mutant)}`);
      }
    }));
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
  return judged;
}

/** The table of a language; whether few enough survived. */
function report(name: string, judged: readonly Judged[]): boolean {
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

/** Whether the mutant is at one of the places that `--only` names. */
function isAt({ mutant, source }: Candidate, places: readonly string[]): boolean {
  const line = lineOf(source, mutant.start);
  return places.some((place) => place === mutant.file || place === `${mutant.file}:${line}`);
}

await task(async () => {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: { only: { type: "string", multiple: true, default: [] }, resume: { type: "boolean" } },
  });
  const [typescriptCount = COUNTS.typescript, rustCount = COUNTS.rust, seed = SEED] = positionals.map(Number);
  const counts = [typescriptCount, rustCount];
  const noticed = new Noticed(values.resume === true);
  say(`mutants, seed ${seed}: ${typescriptCount} of TypeScript, ${rustCount} of Rust`);
  let hasPassed = true;
  for (const [at, language] of [typescript(seed), rust(seed)].entries()) {
    const all = language.candidates;
    const ours = values.only.length === 0 ? all : all.filter((candidate) => isAt(candidate, values.only));
    const count = values.only.length === 0 ? counts[at]! : ours.length;
    hasPassed = report(language.name, await judge(language, ours, count, noticed)) && hasPassed;
  }
  if (!hasPassed) throw new Error("Cannot pass: more mutants survived than one in ten");
});
