/**
 * Checks names and passwords, from users and attackers alike. An attempt is counted before it is judged: per name and
 * address, per address, and per browser that has logged in before. The answer and its timing are the same for names
 * that exist and for names that do not. Attempts from one address do not lock out users at another address.
 */
import { AppError } from "../platform/errors.ts";
import { Attempts } from "../platform/limits/attempts.ts";
import { FairQueue } from "../platform/limits/fair_queue.ts";
import { networkOf } from "../platform/net.ts";
import { delay } from "../platform/delay.ts";
import type { User } from "./accounts.ts";
import { hashPassword, isPassword } from "./passwords.ts";

/** Where an attempt comes from. */
export interface Source {
  readonly address: string;
  /** A browser that has logged in with this name before; see `device.ts`. */
  readonly device?: string;
}

/** The clock and delays of a gate, for callers that replace them. */
export interface GateTimes {
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
  /** How long a refusal is delayed; 500 ms by default. */
  holdMs?: number;
  /** Waits this many milliseconds. */
  pause?: (ms: number) => Promise<void>;
  /** How long an attempt may wait for its check; 1 s by default. */
  waitMs?: number;
}

export interface GateDeps extends GateTimes {
  passwordOf(name: string): { user: User; hash: string } | undefined;
  /** Whether the name was logged in from the address before. */
  hasLoggedIn(name: string, address: string): boolean;
}

/** Wrong attempts allowed at once, then one per interval: for a name at an address, an address, a browser. */
const PAIR = { burst: 5, everyMs: 12_000 };
const ADDRESS = { burst: 20, everyMs: 3_000 };
const DEVICE = { burst: 10, everyMs: 6_000 };
/** A refusal takes this long, whether or not a password was checked for it. */
const HOLD_MS = 500;
/** A refusal for which a password may be checked takes twice as long. */
const KNOWN_HOLDS = 2;
/** Maximum refusals delayed at once; beyond that they are sent immediately. */
const HELD_MAX = 1_000;
/** A check takes a tenth of a second of a core; the cores must also stay free for kills and other requests. */
const CHECKS = {
  atOnce: checksAtOnce(navigator.hardwareConcurrency),
  laneMax: 8,
  waitingMax: 256,
  waitMaxMs: 1_000,
};
/** Compared for a name that does not exist, so that the check takes as long as for one that does. */
const DUMMY_HASH = await hashPassword("the password of no user");

/** How many passwords are checked at once on a host with this many processors. */
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

  /** The user with this name and password. Throws `unauthorized`, or `rate_limited` after too many attempts. */
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
   * The address has used up its attempts. A user who has logged in from here before still gets a check, and a wrong
   * password is answered like any other attempt from here: with the same words, after the same time. A check that has
   * not finished by then is ignored; otherwise its duration would reveal which names log in from here.
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

  /** The user; null when the password is wrong, undefined when too many attempts wait for a check. */
  async #judge(
    name: string,
    password: string,
    lane: string,
    first: boolean,
  ): Promise<User | null | undefined> {
    const checked = await this.#checks.run(lane, async () => {
      const found = this.#deps.passwordOf(name);
      const fits = await isPassword(password, found?.hash ?? DUMMY_HASH);
      return { user: fits && found && !found.user.disabled ? found.user : null };
    }, first);
    return checked?.user;
  }

  /** The refusal, after its delay. */
  async #tooMany(holds = 1): Promise<AppError> {
    if (this.#held < HELD_MAX) {
      this.#held += 1;
      await (this.#deps.pause ?? delay)(holds * (this.#deps.holdMs ?? HOLD_MS));
      this.#held -= 1;
    }
    return new AppError("rate_limited", "Cannot log in: too many attempts from here, try again in a minute");
  }
}

const wrong = () => new AppError("unauthorized", "Cannot log in: the name or the password is wrong");
