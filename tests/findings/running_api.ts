/** An API on the executable that runs as long as a test, and how a test waits. */
import { command } from "../e2e/executable.ts";
import { messageOf } from "../../core/platform/errors.ts";
import { delay } from "../../core/platform/delay.ts";

/** The machine may be loaded: conditions may take this long. */
export const LIMIT_MS = 60_000;

/** Waits until the condition holds. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await delay(20);
  }
}

/** A part of `legend` that runs until the test has ended. */
export async function withRun(
  words: readonly string[],
  run: (pid: number, printed: () => string) => Promise<void>,
): Promise<string> {
  const child = command(words, { env: { MASTER_API_KEY: "master-key-of-the-test-01234567" } }).spawn();
  let printed = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  const out = new Response(child.stdout).text();
  try {
    await run(child.pid, () => printed);
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${words.slice(0, 2).join(" ")} said: ${printed}`, { cause: error });
  } finally {
    try {
      child.kill("SIGTERM");
    } catch {
      // The process has already ended.
    }
    await child.status;
    await Promise.all([reading, out]);
  }
  return printed;
}

/** Waits until the API answers. */
export const up = (url: string) =>
  until(
    "the API answers",
    () =>
      fetch(`${url}/api/health`).then(
        (answer) => answer.body?.cancel().then(() => true) ?? true,
        () => false,
      ),
  );
