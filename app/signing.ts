/** The control key of a running API. A lost or damaged key does not end the API, because its kills need none. */
import { controlSeed } from "../core/control/control_key.ts";
import { delay } from "../core/platform/delay.ts";
import { messageOf } from "../core/platform/errors.ts";

const POLL_MS = 1_000;

export interface SigningOptions {
  readonly dataDir: string;
  /** `control.sign_sk_hex`; "" = none. */
  readonly configured: string;
  say(line: string): void;
}

/** Knows at any time whether signing is possible, and passes a restored key to the signers. */
export class Signing {
  /** Seed that signs heads from the start on; null: the key could not be used then. */
  readonly seed: string | null;
  #isWaiting: boolean;

  constructor(private readonly options: SigningOptions) {
    const { say } = options;
    const found = this.#read();
    this.seed = "seed" in found ? found.seed : null;
    this.#isWaiting = this.seed === null;
    if ("problem" in found) {
      say(
        `${found.problem}; kills still work; entries of the audit wait for their signatures until the key is back`,
      );
    }
  }

  /** Why signing is impossible now, in one line; null: it is possible. */
  problem(): string | null {
    const found = this.#read();
    return "problem" in found ? found.problem : null;
  }

  /** Why the folder's own key cannot be used; agents need it at their start, whatever is configured. */
  ownProblem(): string | null {
    const found = this.#read("");
    return "problem" in found ? found.problem : null;
  }

  /** Passes a key that was missing at the start to `adopt` when it is there; retries until that succeeds. */
  async follow(signal: AbortSignal, adopt: (seed: string) => Promise<void>): Promise<void> {
    let logged = "";
    while (this.#isWaiting && !signal.aborted) {
      await delay(POLL_MS, signal);
      const found = this.#read();
      if (!("seed" in found)) continue;
      try {
        await adopt(found.seed);
        this.#isWaiting = false;
        this.options.say("The control key is back: the waiting entries of the audit are signed");
      } catch (error) {
        const line = `Cannot sign the waiting entries of the audit: ${messageOf(error)}`;
        if (line !== logged) this.options.say(line);
        logged = line;
      }
    }
  }

  #read(configured = this.options.configured): { seed: string } | { problem: string } {
    try {
      return { seed: controlSeed(this.options.dataDir, configured) };
    } catch (error) {
      // A file that disappears while it is read does not end the process either.
      return { problem: messageOf(error) };
    }
  }
}
