/** Keeps the parts of `legend run` alive: one child process each, restarted after a crash. */
import { parseLine, type Say } from "../core/platform/logger.ts";
import { delay } from "../core/platform/delay.ts";

export interface Part {
  readonly name: string;
  /** The arguments after `legend`. */
  readonly args: readonly string[];
  /** Whether trading needs it. A part that is not essential is restarted whatever its exit code was. */
  readonly essential?: boolean;
}

/** How a part ended, without another restart. */
export interface PartEnd {
  readonly name: string;
  readonly code: number;
  /** The last line it printed. */
  readonly last: string;
}

export interface SupervisorOptions {
  /** A child's process, its stdout and stderr piped. */
  spawn(args: readonly string[]): Deno.ChildProcess;
  /** Aborted when all parts must end. */
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Passes on a line exactly as a part wrote it. */
  passOn(part: string, text: string): void;
  /** Whether an end was intended: then the part is not started again. `lifeMs`: the longest that the part has run. */
  isMeant(code: number, last: string, lifeMs: number): boolean;
  /** Called at each restart after an unintended end, with the last line that the part wrote. */
  restarted?(name: string, code: number, line: string | null): void;
}

/** First pause before a restart. It doubles up to the last one, and is reset after a run longer than `LONG_LIFE_MS`. */
const PAUSE_MS = { first: 100, last: 1_000 };
const LONG_LIFE_MS = 400;
const SIGTERM_CODE = 128 + 15;
/** After this time a part that was asked to end is killed. */
const END_MS = 8_000;

/** Name of a part in log lines: one word. */
const partName = ({ name }: Part) => name.replaceAll(" ", "-");

/** Maximum characters kept of a part's last line. */
const LINE_LENGTH_MAX = 300;

/** How long a repeated line is suppressed. */
const SAME_NEWS_MS = 5_000;

/**
 * Whether a message is new: lines that several parts write alike, or that a part writes at each of its restarts, are
 * logged once.
 */
function isNews(): (message: string) => boolean {
  const logged = new Map<string, number>();
  return (message) => {
    const now = performance.now();
    for (const [known, at] of logged) if (now - at > SAME_NEWS_MS) logged.delete(known);
    if (logged.has(message)) return false;
    logged.set(message, now);
    return true;
  };
}

/** Runs all parts until each has ended as intended, or the signal ends them. */
export function supervise(parts: readonly Part[], options: SupervisorOptions): Promise<PartEnd[]> {
  const news = isNews();
  const passOn = (part: string, text: string) =>
    news(parseLine(text)?.message ?? text) && options.passOn(part, text);
  return Promise.all(parts.map((part) => keep(part, { ...options, passOn })));
}

async function keep(part: Part, options: SupervisorOptions): Promise<PartEnd> {
  const { signal, say } = options;
  let pauseMs = PAUSE_MS.first;
  let longestMs = 0;
  for (;;) {
    const begin = performance.now();
    let lastSaid: string | null = null;
    const { code, last } = await runOnce(part, options, (text) => {
      lastSaid = (parseLine(text)?.message ?? text).slice(0, LINE_LENGTH_MAX);
      options.passOn(partName(part), text);
    });
    const lifeMs = performance.now() - begin;
    longestMs = Math.max(longestMs, lifeMs);
    const meant = part.essential !== false && options.isMeant(code, last, longestMs);
    if (signal.aborted || meant) {
      // Before a part listens for the signal, the signal simply ends it: it ended as it was asked to.
      return { name: part.name, code: signal.aborted && code === SIGTERM_CODE ? 0 : code, last };
    }
    if (lifeMs > LONG_LIFE_MS) pauseMs = PAUSE_MS.first;
    options.restarted?.(part.name, code, lastSaid);
    say(`${part.name} ended with ${code}, restarting it in ${pauseMs} ms`, "error");
    await delay(pauseMs, signal);
    // The part's crash has been reported; since then it was asked to end, and it has ended.
    if (signal.aborted) return { name: part.name, code: 0, last };
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.last);
  }
}

async function runOnce(
  part: Part,
  { spawn, signal, say }: SupervisorOptions,
  logged: (text: string) => void,
): Promise<{ code: number; last: string }> {
  const child = spawn(part.args);
  const kill = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch {
      // The part has already ended.
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    kill("SIGTERM");
    timer = setTimeout(() => {
      say(`${part.name} has not ended within ${END_MS / 1_000} s of being asked to: killing it`, "error");
      kill("SIGKILL");
    }, END_MS);
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const [last] = await Promise.all([lastLine(child.stdout), linesOf(child.stderr, logged)]);
  const { code } = await child.status;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  return { code, last };
}

/** Reads to the end and keeps the last line: parts print one, when they end. */
async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split("\n");
    text = lines.slice(-2).join("\n");
  }
  return text.trim().split("\n").at(-1) ?? "";
}

/** Passes on each line of a stream as it arrives. */
async function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  logged: (text: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    lines.forEach(logged);
  }
  if (rest) logged(rest);
}
