/** Runs other programs for the tasks: inherited output, one clear line on failure. */
import { ROOT } from "./paths.ts";
import { otherDeno } from "./pins.ts";
import { messageOf } from "../core/platform/errors.ts";

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Collect stdout instead of showing it. */
  capture?: boolean;
  /** Ends the program with SIGTERM after this time. */
  limitMs?: number;
}

export interface CommandResult {
  code: number;
  stdout: string;
}

/** Runs a program to its end; never throws for a non-zero exit. */
export async function exec(
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  let output;
  const late = new AbortController();
  const timer = options.limitMs === undefined ? undefined : setTimeout(() => late.abort(), options.limitMs);
  try {
    output = await new Deno.Command(command, {
      args,
      cwd: options.cwd ?? ROOT,
      env: { DENO_NO_UPDATE_CHECK: "1", ...options.env },
      stdin: "null",
      stdout: options.capture ? "piped" : "inherit",
      stderr: "inherit",
      signal: late.signal,
    }).output();
  } catch (cause) {
    throw new Error(
      `Cannot run ${command}: ${cause instanceof Deno.errors.NotFound ? "it is not installed" : cause}`,
    );
  }
  clearTimeout(timer);
  return { code: output.code, stdout: options.capture ? new TextDecoder().decode(output.stdout) : "" };
}

/** Like {@link exec}; throws when the program fails. */
export async function must(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout } = await exec(command, args, options);
  if (code !== 0) {
    throw new Error(`Cannot continue: ${command} ${args.slice(0, 4).join(" ")} ended with ${code}`);
  }
  return stdout;
}

/** Prints a task's own line. */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Runs a task's main function: an error becomes one line and exit code 1; a Deno other than the pinned one gives 3. */
export async function task(main: () => Promise<void>): Promise<void> {
  const problem = otherDeno();
  if (problem) {
    say(problem);
    Deno.exit(3);
  }
  try {
    await main();
  } catch (error) {
    say(messageOf(error));
    Deno.exit(1);
  }
}

/** Prints what is made and how long it took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  say(`${what} ...`);
  const begin = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}
