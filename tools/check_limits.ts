/**
 * Fails when a file or a Rust function is longer than `limits.ts` allows. TypeScript functions are measured by the rule
 * in `lint_limits.ts`.
 */
import { exec, say, task } from "./command.ts";
import { FILE_LINES_MAX, FUNCTION_LINES_MAX, LONG_FILES, LONG_FUNCTIONS } from "./limits.ts";
import { ROOT } from "./paths.ts";

const SOURCE = /\.(?:tsx?|rs|css)$/;
const GENERATED = /(?:^|\/)gen\/|\.gen\.|^proto\/gen|^static\/.*\.min\./;
/** Relies on rustfmt: a function's last line is a brace in the column of its first word. */
const RUST_FUNCTION =
  /^( *)(?:pub(?:\([a-z ]+\))? )?(?:const )?(?:async )?(?:unsafe )?(?:extern "C" )?fn (\w+)/;

/** Functions of a Rust file with their lines, signature and braces among them. */
export function rustFunctions(text: string): { name: string; lines: number }[] {
  const lines = text.split("\n");
  return lines.flatMap((line, first) => {
    const [, indent, name] = RUST_FUNCTION.exec(line) ?? [];
    if (indent === undefined || /[;}]$/.test(line)) return [];
    const end = lines.findIndex((other, n) => n > first && other.startsWith(`${indent}}`));
    return end < 0 ? [] : [{ name: name!, lines: end - first + 1 }];
  });
}

/** What is wrong with a file. */
export function overLimits(file: string, text: string): string[] {
  const wrong: string[] = [];
  const lines = text.replace(/\n$/, "").split("\n").length;
  const most = LONG_FILES[file] ?? FILE_LINES_MAX;
  if (lines > most) wrong.push(`${file} has ${lines} lines, at most ${most} allowed`);
  const longest = LONG_FUNCTIONS[file] ?? FUNCTION_LINES_MAX;
  if (!file.endsWith(".rs")) return wrong;
  const long = rustFunctions(text).filter((one) => one.lines > longest);
  return [
    ...wrong,
    ...long.map((one) => `${file}: fn ${one.name} has ${one.lines} lines, at most ${longest} allowed`),
  ];
}

if (import.meta.main) {
  await task(async () => {
    const { stdout } = await exec("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
      capture: true,
    });
    const files = stdout.split("\n").filter((file) => SOURCE.test(file) && !GENERATED.test(file));
    const wrong: string[] = [];
    for (const file of files) {
      const text = await Deno.readTextFile(`${ROOT}/${file}`).catch((error) => {
        // Deleted and not yet committed.
        if (error instanceof Deno.errors.NotFound) return "";
        throw error;
      });
      wrong.push(...overLimits(file, text));
    }
    for (const line of wrong) say(line);
    if (wrong.length > 0) {
      throw new Error(`${wrong.length} files or functions are longer than tools/limits.ts allows`);
    }
    say(`${files.length} files and their functions are within their limits`);
  });
}
