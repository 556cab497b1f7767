/** Which code is changed, and which tests judge the change. */
import { say } from "../command.ts";
import { ROOT } from "../paths.ts";
import { lineOf, type Mutant } from "./mutant.ts";
import { type Judge, LIMIT_MS, mustPass } from "./run.ts";
import { rustMutantsOf } from "./rust.ts";
import { inSeededOrder } from "./sample.ts";
import { coverageOf, filesBelow, selected, TEST_ARGS } from "./select.ts";
import { functionAround, mutantsOf } from "./typescript.ts";

/** The tests of one file end within seconds; a mutant that never ends costs this much of a run. */
const QUICK_LIMIT_MS = 60_000;
const TYPESCRIPT = ["core/auth", "core/audit", "routes", "services/bridge", "core/jobs"];
/** Files whose own test file is quick and covers all of them. */
const QUICK = [
  "services/bridge/batch.ts",
  "services/bridge/client_queue.ts",
  "core/audit/published_heads.ts",
  "core/auth/issuer.ts",
  "core/jobs/projection.ts",
  "core/jobs/cron.ts",
  "core/jobs/queue.ts",
  "core/jobs/schedules.ts",
];

/** A mutant and the text that it changes. */
export interface Candidate {
  readonly mutant: Mutant;
  readonly source: string;
}

/** What runs for the code of one language. */
export interface Language {
  readonly name: string;
  readonly withRust: boolean;
  /** Copies of the tree that work in parallel. */
  readonly copies: number;
  /** All candidates, in the order given by the seed. */
  readonly candidates: readonly Candidate[];
  /** Checks once that the tests pass without a mutant. Returns how each of these is judged. */
  judges(sample: readonly Candidate[], folder: string): Promise<(candidate: Candidate) => Judge>;
}

function candidatesIn(
  paths: readonly string[],
  ending: string,
  find: (file: string, source: string) => Mutant[],
): Candidate[] {
  const files = paths.flatMap((path) => [...filesBelow(path, ending)]);
  return files.filter((file) => !/_test\.ts$|[/_]tests?\.rs$/.test(file)).flatMap((file) => {
    const source = Deno.readTextFileSync(`${ROOT}/${file}`);
    return find(file, source).map((mutant) => ({ mutant, source }));
  });
}

/** All TypeScript in the sample, judged by every test that runs the changed code. */
export const typescript = (seed: number): Language => ({
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
  "ffi/control/src": "control",
  "ffi/models/src": "models",
  "ffi/topic_log/src": "topic_log",
  "ffi/engine/src/gate.rs": "engine",
};

/** Without Kafka, which the changed code does not need and which takes minutes to build. */
const CARGO_TEST = [
  "cargo",
  "test",
  "-q",
  "--locked",
  "--no-default-features",
  "--manifest-path",
  "ffi/Cargo.toml",
];
/** The crate's unit tests first: they are quick and notice most. */
const cargoTests = (crate: string): Judge => ({
  tests: ["--lib", "--tests"].map((which) => ({
    command: [...CARGO_TEST, "-p", crate, which],
    limitMs: LIMIT_MS,
  })),
  isUnusable: (output) => /could not compile/.test(output),
});

/** All Rust of the sample, judged by the tests of its crate. */
export const rust = (seed: number): Language => ({
  name: "Rust",
  withRust: true,
  // Cargo builds one at a time.
  copies: 1,
  // A module that becomes a crate keeps its place in the sample.
  candidates: inSeededOrder(
    candidatesIn(Object.keys(RUST), ".rs", rustMutantsOf),
    seed,
    (file) => file.slice(file.lastIndexOf("/") + 1),
  ),
  judges: async (sample, folder) => {
    const crateOf = ({ mutant }: Candidate) =>
      Object.entries(RUST).find(([path]) => mutant.file.startsWith(path))![1];
    for (const crate of new Set(sample.map(crateOf))) await mustPass(folder, cargoTests(crate));
    return (candidate) => cargoTests(crateOf(candidate));
  },
});

/** A part of the TypeScript that is judged in seconds: each file by the test file beside it. */
export const quick = (seed: number): Language => {
  const testOf = (file: string) => file.replace(/\.ts$/, "_test.ts");
  const judgeBy = (file: string): Judge => ({
    tests: [{ command: [Deno.execPath(), ...TEST_ARGS, testOf(file)], limitMs: QUICK_LIMIT_MS }],
    types: { command: [Deno.execPath(), "check", "-q", file], limitMs: LIMIT_MS },
  });
  return {
    name: "TypeScript, quick ones",
    withRust: false,
    copies: 2,
    candidates: inSeededOrder(candidatesIn(QUICK, ".ts", mutantsOf), seed),
    judges: async (sample, folder) => {
      for (const file of new Set(sample.map(({ mutant }) => mutant.file))) {
        await mustPass(folder, judgeBy(file));
      }
      return ({ mutant }) => judgeBy(mutant.file);
    },
  };
};
