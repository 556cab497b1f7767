/** The API's handle on the writing thread. */
import { AppError, ERROR_STATUS, type ErrorCode } from "../platform/errors.ts";
import type { CallName, RecordCalls, RecordWriter } from "./calls.ts";
import type { Answer } from "./queue.ts";
import type { OpenMessage } from "./thread.ts";
import { delay } from "../platform/delay.ts";

/** How long a call waits for another process that holds the file. */
const WAIT_MS = 3_000;
/** Maximum pending calls: beyond it every call is refused. */
const CALLS_MAX = 10_000;
/**
 * Beyond this number, calls of clients that are not logged in are refused: the remaining places are for those that are.
 */
const OPEN_CALLS_MAX = 1_000;
const OPEN_CALLS: ReadonlySet<CallName> = new Set(["refresh"]);
/** How long pending calls may take when the process ends. */
const CLOSE_MS = 5_000;

type FromThread = Answer | { ready: true } | { closed: true } | { say: string } | {
  failed: { code: string; message: string };
};

export interface ThreadOptions {
  /** `core/records/thread.ts`, bundled or not. */
  readonly module: string;
  readonly folder: string;
  /** The instance whose audit it is. */
  readonly node: string;
  /** Seed of the key that signs its heads, hex; null: the key cannot be used now, and entries wait for their heads. */
  readonly seed: string | null;
  say(line: string): void;
}

export class RecordThread implements RecordWriter {
  /** Rejects when the thread ends by itself; never resolves. */
  readonly failed: Promise<never>;
  readonly #worker: Worker;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #count = 0;
  #fail!: (error: Error) => void;
  #end: Error | undefined;

  constructor({ module, folder, node, seed, say }: ThreadOptions) {
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    this.failed.catch(() => {});
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#receive(data, say);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#over(new AppError("failed", `Cannot continue writing legend.db: ${event.message}`));
    };
    this.#worker.postMessage({ open: { folder, node, seed } } satisfies OpenMessage);
  }

  /** Resolves when the file is open; rejects with the reason when it cannot be opened. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  call<N extends CallName>(
    name: N,
    args: Parameters<RecordCalls[N]>,
    waitMs = WAIT_MS,
  ): Promise<ReturnType<RecordCalls[N]>> {
    if (this.#end) return Promise.reject(this.#end);
    const most = OPEN_CALLS.has(name) ? OPEN_CALLS_MAX : CALLS_MAX;
    if (this.#calls.size >= most) {
      return Promise.reject(
        new AppError("unavailable", `Cannot write legend.db: ${most} writes wait already`),
      );
    }
    const id = ++this.#count;
    const call = Promise.withResolvers<unknown>();
    this.#calls.set(id, call);
    this.#worker.postMessage({ id, name, args, waitMs });
    return call.promise as Promise<ReturnType<RecordCalls[N]>>;
  }

  /** Writes pending calls, within a few seconds, and ends. */
  async close(): Promise<void> {
    if (!this.#end) this.#worker.postMessage({ close: true });
    const over = new AbortController();
    await Promise.race([this.#closed.promise, delay(CLOSE_MS, over.signal)]);
    over.abort();
    this.#over(new AppError("unavailable", "Cannot write legend.db: legend is ending"));
  }

  #receive(message: FromThread, say: (line: string) => void): void {
    if ("ready" in message) this.#ready.resolve();
    else if ("closed" in message) this.#closed.resolve();
    else if ("say" in message) say(message.say);
    else if ("failed" in message) this.#over(errorOf(message.failed));
    else {
      const call = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if ("error" in message) call?.reject(errorOf(message.error));
      else call?.resolve(message.value);
    }
  }

  #over(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#ready.promise.catch(() => {});
    this.#ready.reject(error);
    this.#closed.resolve();
    this.#fail(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    this.#worker.terminate();
  }
}

function errorOf({ code, message }: { code: string; message: string }): Error {
  return code in ERROR_STATUS ? new AppError(code as ErrorCode, message) : new Error(message);
}
