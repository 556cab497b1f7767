/** Calls that wait for the file. Available calls share one transaction, so that a hundred of them cost one sync. */
import { type Database, isBusy, transaction } from "../platform/database.ts";
import { AppError } from "../platform/errors.ts";
import { asFullDisk } from "../platform/atomic_file.ts";
import type { CallName, RecordCalls } from "./calls.ts";

/** A call on its way to the writing thread. */
export interface CallMessage {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
  readonly waitMs: number;
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** Maximum calls in one transaction. */
const BATCH = 64;

interface Waiting {
  readonly call: CallMessage;
  /** By the monotonic clock. */
  readonly until: number;
}

export class WriteQueue {
  #waiting: Waiting[] = [];

  constructor(
    readonly database: Database,
    readonly calls: RecordCalls,
    readonly answer: (answer: Answer) => void,
    readonly now: () => number = () => performance.now(),
  ) {}

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(call: CallMessage): void {
    this.#waiting.push({ call, until: this.now() + call.waitMs });
  }

  /** Writes the waiting calls, or as many as one transaction takes; false when another process holds the file. */
  turn(): boolean {
    const batch = this.#waiting.slice(0, BATCH);
    if (batch.length === 0) return true;
    let answers: Answer[];
    try {
      answers = this.#together(batch);
    } catch (error) {
      // The effect of one failed call on the transaction must not decide the answers of the others.
      return isBusy(error) ? this.#busy() : this.#oneByOne(batch);
    }
    this.#waiting.splice(0, batch.length);
    answers.forEach(this.answer);
    return true;
  }

  /** Runs each in its own transaction; calls for which the file was not free keep waiting. */
  #oneByOne(batch: readonly Waiting[]): boolean {
    for (const { call } of batch) {
      let answer: Answer;
      try {
        answer = this.#alone(call);
      } catch {
        return this.#busy();
      }
      this.#waiting.shift();
      this.answer(answer);
    }
    return true;
  }

  #busy(): false {
    this.#expire();
    return false;
  }

  #together(batch: readonly Waiting[]): Answer[] {
    return transaction(this.database, () =>
      batch.map(({ call }) => {
        const answer = this.#alone(call);
        // A full disk ends the whole transaction.
        if (!this.database.isTransaction) throw new Error("The transaction has ended");
        return answer;
      }));
  }

  /** Throws when another process holds the file, and only then. */
  #alone({ id, name, args }: CallMessage): Answer {
    try {
      // deno-lint-ignore no-explicit-any -- the name decides about the arguments
      return { id, value: transaction(this.database, () => (this.calls[name] as any)(...args)) };
    } catch (error) {
      if (isBusy(error)) throw error;
      return { id, error: described(error) };
    }
  }

  /** Answers those that have waited long enough. */
  #expire(): void {
    const now = this.now();
    const due = this.#waiting.filter(({ until }) => until <= now);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ until }) => until > now);
    for (const { call: { id, waitMs } } of due) {
      const message = `Cannot write legend.db: another process has held it for ${
        (waitMs / 1_000).toFixed(0)
      } s`;
      this.answer({ id, error: { code: "unavailable", message } });
    }
  }
}

function described(error: unknown): { code: string; message: string } {
  const known = error instanceof AppError ? error : asFullDisk(error);
  if (known) return { code: known.code, message: known.message };
  return { code: "", message: error instanceof Error ? error.stack ?? error.message : String(error) };
}
