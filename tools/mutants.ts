/**
 * `deno task mutants [COUNT] [RUST_COUNT] [SEED]`: changes the code and asks whether a test notices. Each survivor is
 * named; more than one in ten fails the task.
 */
import { say, task } from "./command.ts";
import { describe, type Mutant, OPERATORS } from "./mutants/mutant.ts";
import { randomOf, shuffled } from "./random.ts";
import { copyTree, type Judge, mustPass, type Outcome, outcomeOf } from "./mutants/run.ts";
import { rustMutantsOf } from "./mutants/rust.ts";
import { mutantsOf } from "./mutants/typescript.ts";
import { ROOT } from "./paths.ts";

/** The sample of a whole run; `deno task test` takes a smaller one of the same seed. */
const COUNTS = { typescript: 200, rust: 60 };
const SEED = 20261127;
/** Of those that could be judged. */
const SURVIVORS_MAX = 0.1;
/** Copies of the tree that work beside each other; Cargo builds one at a time. */
const COPIES = { ".ts": 2, ".rs": 1 };

interface Area {
  /** Files and folders whose code is changed. */
  readonly files: readonly string[];
  readonly judge: Judge;
}

const denoTests = (...groups: (readonly string[])[]): Judge => ({
  tests: groups.map((paths) => [Deno.execPath(), "test", "-A", "-q", "--no-check", "--fail-fast", ...paths]),
});
const API = ["tests/api"];

const TYPESCRIPT: readonly Area[] = [
  { files: ["core/auth"], judge: denoTests(["core/auth"], API) },
  { files: ["core/audit"], judge: denoTests(["core/audit"], API) },
  { files: ["routes"], judge: denoTests(["routes"], API) },
  { files: ["agents/bridge"], judge: denoTests(["agents/bridge"], API) },
  { files: ["core/jobs"], judge: denoTests(["core/jobs", "agents"], API) },
];

const CARGO_TEST = ["cargo", "test", "-q", "--locked", "--manifest-path", "ffi/Cargo.toml", "-p"];
/** The crate's unit tests first: they are quick and notice most. */
const cargoTests = (crate: string): Judge => ({
  tests: [[...CARGO_TEST, crate, "--lib"], [...CARGO_TEST, crate, "--tests"]],
  isUnusable: (output) => /could not compile/.test(output),
});

const RUST: readonly Area[] = [
  { files: ["ffi/io/src/control", "ffi/io/src/models", "ffi/io/src/log"], judge: cargoTests("io") },
  { files: ["ffi/engine/src/gate.rs"], judge: cargoTests("engine") },
];

interface Judged {
  readonly mutant: Mutant;
  readonly source: string;
  readonly outcome: Outcome;
}

function* filesOf(path: string, ending: string): Generator<string> {
  if (Deno.statSync(`${ROOT}/${path}`).isFile) return yield path;
  for (
    const { name, isDirectory } of [...Deno.readDirSync(`${ROOT}/${path}`)].sort((a, b) =>
      a.name < b.name ? -1 : 1
    )
  ) {
    if (isDirectory) yield* filesOf(`${path}/${name}`, ending);
    else if (name.endsWith(ending) && !/_test\.ts$|^tests?\.rs$/.test(name)) yield `${path}/${name}`;
  }
}

/** Judges mutants in the seeded order until `count` could be judged. */
async function judge(
  areas: readonly Area[],
  ending: keyof typeof COPIES,
  find: (file: string, source: string) => Mutant[],
  count: number,
  seed: number,
): Promise<Judged[]> {
  const all = areas.flatMap(({ files, judge }) =>
    files.flatMap((path) => [...filesOf(path, ending)]).flatMap((file) => {
      const source = Deno.readTextFileSync(`${ROOT}/${file}`);
      return find(file, source).map((mutant) => ({ mutant, source, judge }));
    })
  );
  const waiting = shuffled(all, randomOf(seed));
  const judged: Judged[] = [];
  let usable = 0;
  const unchecked = new Set(waiting.slice(0, count).map(({ judge }) => judge));
  const work = async () => {
    const folder = await copyTree(ending === ".rs");
    try {
      for (const judge of unchecked) {
        unchecked.delete(judge);
        await mustPass(folder, judge);
      }
      while (usable < count) {
        const next = waiting.shift();
        if (!next) return;
        usable += 1;
        const outcome = await outcomeOf(folder, next.mutant, next.judge);
        if (outcome === "unusable") usable -= 1;
        judged.push({ ...next, outcome });
        if (outcome === "survived") say(`survived: ${describe(next.source, next.mutant)}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: count === 0 ? 0 : COPIES[ending] }, work));
  return judged;
}

/** One line of a language; whether few enough survived. */
function report(name: string, judged: readonly Judged[]): boolean {
  const usable = judged.filter(({ outcome }) => outcome !== "unusable");
  const survivors = usable.filter(({ outcome }) => outcome === "survived");
  const share = usable.length === 0 ? 0 : survivors.length / usable.length;
  const by = OPERATORS.map((operator) => {
    const ours = usable.filter(({ mutant }) => mutant.operator === operator);
    return `${operator} ${ours.filter(({ outcome }) => outcome === "noticed").length}/${ours.length}`;
  });
  const unusable = judged.length - usable.length;
  say(
    `${name}: ${
      usable.length - survivors.length
    } of ${usable.length} noticed, ${survivors.length} survived ` +
      `(${(share * 100).toFixed(1)} %, limit ${SURVIVORS_MAX * 100} %), ${unusable} were no program; ${
        by.join(", ")
      }`,
  );
  return share <= SURVIVORS_MAX;
}

await task(async () => {
  const [typescript = COUNTS.typescript, rust = COUNTS.rust, seed = SEED] = Deno.args.map(Number);
  say(`mutants, seed ${seed}: ${typescript} of TypeScript, ${rust} of Rust`);
  const ours = report("TypeScript", await judge(TYPESCRIPT, ".ts", mutantsOf, typescript, seed));
  const theirs = report("Rust", await judge(RUST, ".rs", rustMutantsOf, rust, seed));
  if (!ours || !theirs) throw new Error("Cannot pass: more mutants survived than one in ten");
});
