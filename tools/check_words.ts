/**
 * Fails when a word of `words.ts` is in comments, texts and documents more often than it has it. With paths as
 * arguments it prints each line below them that has one.
 */
import { exec, say, task } from "./command.ts";
import { ROOT } from "./paths.ts";
import { type Word, WORDS, wordsIn } from "./words.ts";

const PROSE = /\.(?:tsx?|rs|md)$/;
/** Generated, or about these words. */
const LEFT_OUT = /(?:^|\/)gen\/|\.gen\.|^tools\/(?:check_)?words(?:_test)?\.ts$/;

async function sources(): Promise<string[]> {
  const { stdout } = await exec("git", ["ls-files"], { cwd: ROOT, capture: true });
  return stdout.split("\n").filter((file) => PROSE.test(file) && !LEFT_OUT.test(file));
}

/** Each line that holds a word, for who rewrites them. */
async function list(paths: readonly string[]): Promise<void> {
  for (const file of await sources()) {
    if (!paths.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`))) continue;
    const text = await Deno.readTextFile(`${ROOT}/${file}`);
    const [found, lines] = [wordsIn(file, text), text.split("\n")];
    for (const [n, line] of lines.entries()) {
      const here = [...found.keys()].filter(({ pattern }) => line.match(pattern));
      if (here.length > 0) say(`${file}:${n + 1}: ${line.trim()}`);
    }
  }
}

async function check(): Promise<void> {
  const totals = new Map<Word, number>();
  for (const file of await sources()) {
    const text = await Deno.readTextFile(`${ROOT}/${file}`).catch(() => "");
    for (const [word, count] of wordsIn(file, text)) totals.set(word, (totals.get(word) ?? 0) + count);
  }
  const over = WORDS.filter((word) => (totals.get(word) ?? 0) > word.most);
  for (const word of over) {
    say(`${word.name}: ${totals.get(word)} times, at most ${word.most} allowed; say ${word.instead}`);
  }
  if (over.length > 0) {
    throw new Error("Words that readers stumble over: `deno run -A tools/check_words.ts FOLDER` lists lines");
  }
  say(
    `of ${WORDS.length} words that readers stumble over ${
      [...totals.values()].reduce((a, b) => a + b, 0)
    } uses are left`,
  );
}

if (import.meta.main) await task(() => Deno.args.length > 0 ? list(Deno.args) : check());
