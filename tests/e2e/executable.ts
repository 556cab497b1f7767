/** Runs dist/legend as a user would: with a home and cache of its own, and nothing else of this checkout. */
import { EXECUTABLE, SHARED } from "../../tools/paths.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  executable?: string;
  cwd?: string;
  env?: Record<string, string>;
}

/** Unpacked once for all tests that do not test unpacking. */
const cache = Deno.makeTempDirSync({ prefix: "legend-cache-" });
addEventListener("unload", () => Deno.removeSync(cache, { recursive: true }));

const decoder = new TextDecoder();

/** The environment of a run: only what is given, so that nothing of the developer's environment leaks in. */
export function environment(env: Record<string, string> = {}): Record<string, string> {
  return { PATH: "/usr/bin:/bin", LEGEND_CACHE_DIR: cache, ...env };
}

export function command(args: readonly string[], options: RunOptions = {}): Deno.Command {
  return new Deno.Command(options.executable ?? EXECUTABLE, {
    args: [...args],
    cwd: options.cwd,
    clearEnv: true,
    env: environment(options.env),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs until it ends. */
export async function legend(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { code, stdout, stderr } = await command(args, options).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The log lines of parts, without time, level and part. */
export const messages = (stderr: string) =>
  stderr.replaceAll(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARN|ERROR) +[a-z-]+: /gm, "");

/** A folder for one test, removed afterwards. */
export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-e2e-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** NDJSON as values. */
export function lines<T = Record<string, unknown>>(text: string): T[] {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
}

/** Tests on captured chain data fail without it, unless LEGEND_SHARED=none says to skip them. */
export const skipShared = Deno.env.get("LEGEND_SHARED") === "none";

export const shared = (path: string) => `${SHARED}/${path}`;

/** Mounts need root; without it the rows that need a mount are reported as ignored. */
export const canMount = Deno.uid() === 0;

/** Runs with a small file system of its own mounted at `folder`. */
export async function withMount(folder: string, options: string, run: () => Promise<void>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", options, "tmpfs", folder] })
    .output();
  if (!mount.success) throw new Error(`Cannot mount ${folder}: ${decoder.decode(mount.stderr)}`);
  try {
    await run();
  } finally {
    await new Deno.Command("umount", { args: ["-l", folder] }).output();
  }
}
