/**
 * Counts instructions per event with callgrind, whose counts do not depend on the machine's load. `--write` stores new
 * limits. A limit may be exceeded by 5 %: more is a regression, reported with both numbers.
 */
import { must, say, task } from "./command.ts";
import { ROOT } from "./paths.ts";

const LIMITS = `${ROOT}/bench/instructions.json`;
const TOLERANCE = 1.05;
const ROUNDS: Record<string, [number, number]> = { append: [20, 120], decode: [20, 120], json: [4, 24] };

async function count(work: string, rounds: number): Promise<{ instructions: number; events: number }> {
  const file = work !== "append" ? [`${ROOT}/examples/slot_285000037.json`] : [];
  const program = `${ROOT}/ffi/target/release/examples/instructions`;
  const args = ["--tool=callgrind", "--callgrind-out-file=/dev/null", program, work, String(rounds), ...file];
  const output = await new Deno.Command("valgrind", { args, stdout: "piped", stderr: "piped" }).output();
  const said = new TextDecoder().decode(output.stderr);
  const collected = /Collected : (\d+)/.exec(said)?.[1];
  if (!output.success || !collected) {
    throw new Error(`Cannot count instructions of ${work}: ${said.trim().split("\n").at(-1)}`);
  }
  return { instructions: Number(collected), events: Number(new TextDecoder().decode(output.stdout)) };
}

/** Instructions of one event: the difference of two runs removes the start-up. */
export async function instructionsPerEvent(work: string): Promise<number> {
  const [few, many] = ROUNDS[work]!;
  const [short, long] = [await count(work, few), await count(work, many)];
  return Math.round((long.instructions - short.instructions) / ((many - few) * long.events));
}

export async function checkInstructions(write: boolean): Promise<void> {
  await must(
    "cargo",
    ["build", "--release", "--locked", "-q", "-p", "sources", "--example", "instructions"],
    {
      cwd: `${ROOT}/ffi`,
    },
  );
  const limits: Record<string, number> = write ? {} : JSON.parse(await Deno.readTextFile(LIMITS));
  const over: string[] = [];
  for (const work of Object.keys(ROUNDS)) {
    const value = await instructionsPerEvent(work);
    if (write) limits[work] = value;
    const limit = limits[work]!;
    say(`instructions_per_event ${work}: ${value}, limit ${limit} + 5 %`);
    if (!(value <= limit * TOLERANCE)) {
      over.push(`${work} takes ${value} instructions an event, limit ${limit} + 5 %`);
    }
  }
  if (write) await Deno.writeTextFile(LIMITS, `${JSON.stringify(limits, null, 2)}\n`);
  if (over.length > 0) throw new Error(`Cannot accept: ${over.join("; ")}`);
}

if (import.meta.main) await task(() => checkInstructions(Deno.args.includes("--write")));
