/**
 * Names and passwords, tried by friends and strangers. An attempt is counted before it is judged: per name and address,
 * per address, and per browser that has logged in before. What is answered, and when, is the same for names that exist
 * and for names that do not; nobody's attempts keep somebody at another address out.
 */
import { AppError } from "../platform/errors.ts";
import { Attempts } from "../platform/limits/attempts.ts";
import { FairQueue } from "../platform/limits/fair_queue.ts";
import { networkOf } from "../platform/net.ts";
import { pause } from "../platform/pause.ts";
import type { User } from "./accounts.ts";
import { hashPassword, isPassword } from "./passwords.ts";

/** Where an attempt comes from. */
export interface Source {
  readonly address: string;
  /** A browser that has logged in with this name before; see `device.ts`. */
  readonly device?: string;
}

/** The times of a gate, for those that have others. */
export interface GateTimes {
  /** Milliseconds of a clock that nobody sets. */
  now?: () => number;
  /** How long a refusal is held back; 500 ms when left out. */
  holdMs?: number;
  /** Lets so many milliseconds pass. */
  pause?: (ms: number) => Promise<void>;
  /** How long an attempt may wait for its check; 1 s when left out. */
  waitMs?: number;
}

export interface GateDeps extends GateTimes {
  passwordOf(name: string): { user: User; hash: string } | undefined;
  /** Whether the name was logged in from the address before. */
  hasLoggedIn(name: string, address: string): boolean;
}

/** Wrong ones at once, then one each: for a name at an address, an address, a browser. */
const PAIR = { burst: 5, everyMs: 12_000 };
const ADDRESS = { burst: 20, everyMs: 3_000 };
const DEVICE = { burst: 10, everyMs: 6_000 };
/** A refusal takes so long, whether a password was looked at for it or not. */
const HOLD_MS = 500;
/** One for which a password may be looked at takes twice as long. */
const KNOWN_HOLDS = 2;
/** Refusals held back at once; beyond it they are given at once. */
const HELD_MAX = 1_000;
/** A check costs a tenth of a second of a core: those that also kill and answer must stay free. */
const CHECKS = {
  atOnce: checksAtOnce(navigator.hardwareConcurrency),
  laneMax: 8,
  waitingMax: 256,
  waitMaxMs: 1_000,
};
/** What a name that does not exist is compared with, so that it takes as long as one that does. */
const NOBODY = await hashPassword("a password of nobody");

/** How many passwords are checked at once on a host with so many processors. */
export function checksAtOnce(processors: number): number {
  return processors > 2 ? 2 : 1;
}

export class LoginGate {
  readonly #deps: GateDeps;
  readonly #pairs: Attempts;
  readonly #addresses: Attempts;
  readonly #devices: Attempts;
  readonly #checks: FairQueue;
  #held = 0;

  constructor(deps: GateDeps) {
    this.#deps = deps;
    this.#checks = new FairQueue({ ...CHECKS, waitMaxMs: deps.waitMs ?? CHECKS.waitMaxMs });
    const bucket = ({ burst, everyMs }: typeof PAIR) => new Attempts(burst, everyMs, deps.now);
    [this.#pairs, this.#addresses, this.#devices] = [bucket(PAIR), bucket(ADDRESS), bucket(DEVICE)];
  }

  /** The user whose name and password these are. Throws `unauthorized`, or `rate_limited` after too many. */
  async check(name: string, password: string, { address, device }: Source): Promise<User> {
    const place = networkOf(address);
    const pair = `${name}\n${place}`;
    if (device !== undefined && this.#devices.take(device)) {
      const user = await this.#judge(name, password, `device ${device}`, true);
      if (user) {
        this.#devices.clear(device);
        return user;
      }
      throw user === null ? wrong() : await this.#tooMany();
    }
    if (this.#addresses.take(place)) {
      const user = this.#pairs.take(pair) ? await this.#judge(name, password, place, false) : undefined;
      if (user) {
        this.#addresses.giveBack(place);
        this.#pairs.clear(pair);
        return user;
      }
      throw user === null ? wrong() : await this.#tooMany();
    }
    return await this.#afterStrangers(name, password, place, pair);
  }

  /**
   * Somebody at this address has used up what the address has. Who has logged in from here before is still heard, and
   * a wrong password is answered like any other attempt from here: in the same words, after the same time. A check that
   * is not done by then counts for nothing, or its time would tell which names log in from here.
   */
  async #afterStrangers(name: string, password: string, place: string, pair: string): Promise<User> {
    const refusal = this.#tooMany(KNOWN_HOLDS);
    const known = this.#deps.hasLoggedIn(name, place) && this.#pairs.take(pair);
    const judged: Promise<User | AppError | null | undefined> = known
      ? this.#judge(name, password, `known ${pair}`, true)
      : refusal;
    const first = await Promise.race([refusal, judged.then((user) => user ?? refusal)]);
    if (first instanceof AppError) throw first;
    this.#pairs.clear(pair);
    return first;
  }

  /** The user; null when the password is wrong, undefined when too many wait for a check. */
  async #judge(
    name: string,
    password: string,
    lane: string,
    first: boolean,
  ): Promise<User | null | undefined> {
    const checked = await this.#checks.run(lane, async () => {
      const found = this.#deps.passwordOf(name);
      const fits = await isPassword(password, found?.hash ?? NOBODY);
      return { user: fits && found && !found.user.disabled ? found.user : null };
    }, first);
    return checked?.user;
  }

  /** The refusal, when it may be given. */
  async #tooMany(holds = 1): Promise<AppError> {
    if (this.#held < HELD_MAX) {
      this.#held += 1;
      await (this.#deps.pause ?? pause)(holds * (this.#deps.holdMs ?? HOLD_MS));
      this.#held -= 1;
    }
    return new AppError("rate_limited", "Cannot log in: too many attempts from here, try again in a minute");
  }
}

const wrong = () => new AppError("unauthorized", "Cannot log in: the name or the password is wrong");
