/** Installs the SDKs of {@link ORACLES} into the cache and compares what they say with the markets' answers. */
import { must } from "../../tools/command.ts";
import { CACHE, ROOT, SHARED } from "../../tools/paths.ts";
import type { Oracle } from "./rows.ts";

const INSTALL_LIMIT_MS = 300_000;
const ANSWERS_LIMIT_MS = 300_000;
const EXAMPLE = `${ROOT}/ffi/target/release/examples/oracle`;

/** What the SDK says: amounts, or null where it refuses. */
export interface Wanted {
  readonly side: string;
  readonly exact: string;
  readonly amount: string;
  readonly want: { readonly in?: string; readonly out?: string } | null;
  /** The SDK's own word where `want` corrects it by the program's published rule. */
  readonly plain?: string;
}

/** What a market says. */
export interface Answer {
  readonly in?: string;
  readonly out?: string;
  readonly refused?: string;
}

export interface Tally {
  questions: number;
  equal: number;
  /** Of those, where both refuse. */
  refused: number;
  /** Where the SDK's own word is above the program's published rule. */
  corrected: number;
  /** The first that differ. */
  readonly different: string[];
}

/** Runs Deno with a program's output; throws with its last line when it fails. */
async function deno(args: readonly string[], cwd: string, limitMs: number): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(limitMs),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(text(stderr).trim().split("\n").slice(0, 3).join(" ") || "no reason given");
  return text(stdout);
}

/** The folder where the oracle's packages are; they are installed once. Throws when they cannot be had. */
export async function install({ id, packages }: Oracle): Promise<string> {
  const wanted = JSON.stringify({ dependencies: packages });
  const folder = `${CACHE}/oracles/${id}`;
  const marker = `${folder}/installed.json`;
  const there = await Deno.readTextFile(marker).catch(() => undefined);
  if (there === wanted) return folder;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, wanted);
  await Deno.writeTextFile(`${folder}/deno.json`, `{"nodeModulesDir":"auto"}`);
  await deno(["install", "--no-lock", "-q"], folder, INSTALL_LIMIT_MS);
  // From here on what is installed is used as it is.
  await Deno.writeTextFile(`${folder}/deno.json`, `{"nodeModulesDir":"manual"}`);
  await Deno.writeTextFile(marker, wanted);
  return folder;
}

/** The questions of an oracle's script with what its SDK says, one a line. The script gets no network and writes nothing. */
function questions(oracle: Oracle, folder: string): Promise<string> {
  const here = `${ROOT}/tests/oracles`;
  const read = `--allow-read=${folder},${here},${SHARED}`;
  const rights = ["--no-prompt", read, "--allow-env", "--allow-sys"];
  const closed = ["--config", `${folder}/deno.json`, "--no-lock", "--no-remote", "--no-check"];
  return deno(["run", ...closed, ...rights, `${here}/${oracle.id}.ts`], folder, ANSWERS_LIMIT_MS);
}

/** What the markets answer, one line for each question. */
async function answers(lines: string): Promise<string> {
  const cargo = ["build", "--release", "--locked", "-q", "-p", "markets", "--example", "oracle"];
  await must("cargo", cargo, { cwd: `${ROOT}/ffi` });
  const child = new Deno.Command(EXAMPLE, { stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const write = async () => {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(lines));
    await writer.close();
  };
  const [{ success, stdout }] = await Promise.all([child.output(), write()]);
  if (!success) throw new Error("Cannot ask the markets: the example ended early, see above");
  return new TextDecoder().decode(stdout);
}

/** Whether a market says what the SDK says: the amounts that it names, or a refusal for none. */
export function isEqual({ want }: Wanted, answer: Answer): boolean {
  if (want === null) return answer.refused !== undefined;
  if (answer.refused !== undefined || (want.in ?? want.out) === undefined) return false;
  return (want.in === undefined || want.in === answer.in) &&
    (want.out === undefined || want.out === answer.out);
}

/** Compares questions and answers, both one a line. */
export function tallyOf(asked: readonly Wanted[], answered: readonly Answer[]): Tally {
  if (asked.length !== answered.length) {
    throw new Error(`Cannot compare: ${asked.length} questions have ${answered.length} answers`);
  }
  const tally: Tally = { questions: asked.length, equal: 0, refused: 0, corrected: 0, different: [] };
  asked.forEach((wanted, place) => {
    const answer = answered[place]!;
    if (isEqual(wanted, answer)) {
      tally.equal++;
      if (answer.refused !== undefined) tally.refused++;
      if (wanted.plain !== undefined && wanted.plain !== answer.out) tally.corrected++;
    } else if (tally.different.length < 10) {
      const { side, exact, amount, want } = wanted;
      tally.different.push(`${side} ${exact} ${amount}: ${JSON.stringify(want)}, ${JSON.stringify(answer)}`);
    }
  });
  return tally;
}

/** Lines of objects; those that only hold accounts are not questions. */
function objects<T>(text: string): T[] {
  const lines = text.trim().split("\n").filter((line) => !line.startsWith(`{"hold"`));
  return lines.map((line) => JSON.parse(line) as T);
}

/** Asks the SDK and the markets. */
export async function compare(oracle: Oracle, folder: string): Promise<Tally> {
  const asked = await questions(oracle, folder);
  return tallyOf(objects<Wanted>(asked), objects<Answer>(await answers(asked)));
}
