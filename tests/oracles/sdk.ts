/**
 * What the scripts that ask an SDK share. A script runs in the folder where its SDK is installed, without a network and
 * without the right to write. It prints questions for the example `oracle` of the markets, each with what the SDK says.
 */
import { createRequire } from "node:module";
import { Buffer } from "node:buffer";

/** A number of an SDK. */
export interface Big {
  toString(): string;
}

/** An address of an SDK. */
export interface Key {
  toBuffer(): Uint8Array;
  toBase58(): string;
}

const require = createRequire(`${Deno.cwd()}/package.json`);

/** A package that is installed in the working folder. */
export function installed<T>(name: string): T {
  return require(name) as T;
}

const BN = installed<new (text: string) => Big>("bn.js");
const { PublicKey } = installed<{ PublicKey: new (bytes: string | Uint8Array) => Key }>("@solana/web3.js");

export const big = (value: bigint): Big => new BN(value.toString());
export const key = (value: string | Uint8Array): Key => new PublicKey(value);
/** An address without an account: all its bytes are `byte`. */
export const filled = (byte: number): Key => key(new Uint8Array(32).fill(byte));

export const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const WRAPPED_SOL = "So11111111111111111111111111111111111111112";
export const USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

/** Numbers that are the same in each run. */
export class Random {
  #seed: bigint;

  constructor(seed: bigint) {
    this.#seed = seed;
  }

  /** 53 bits. */
  next(): bigint {
    this.#seed = BigInt.asUintN(64, this.#seed * 6364136223846793005n + 1442695040888963407n);
    return this.#seed >> 11n;
  }

  below(limit: bigint): bigint {
    return this.next() % limit;
  }

  /** At least 1 and of at most `bits` bits, each length as likely. */
  sized(bits: number): bigint {
    return 1n + this.next() % (1n << (1n + this.below(BigInt(bits))));
  }

  of<T>(choices: readonly T[]): T {
    return choices[Number(this.below(BigInt(choices.length)))]!;
  }
}

/** Little-endian bytes of a number. */
export function little(value: bigint | number, bytes: number): Uint8Array {
  let rest = BigInt.asUintN(8 * bytes, BigInt(value));
  return Uint8Array.from({ length: bytes }, () => {
    const byte = Number(rest & 255n);
    rest >>= 8n;
    return byte;
  });
}

/** An account's bytes: parts one after the other, zeros up to `size`. */
export function packed(size: number, ...parts: readonly (Uint8Array | readonly number[] | Key)[]): Buffer {
  const bytes = parts.flatMap((part) => [...("toBuffer" in part ? part.toBuffer() : part)]);
  return Buffer.from([...bytes, ...Array<number>(Math.max(0, size - bytes.length)).fill(0)]);
}

export const mint = (supply: bigint): Buffer =>
  packed(82, Array<number>(36).fill(0), little(supply, 8), [6, 1]);
export const tokenAccount = (of: Key, owner: Key, amount: bigint): Buffer =>
  packed(165, of, owner, little(amount, 8), Array<number>(36).fill(0), [1]);

/** Accounts as the example reads them. */
export class Accounts {
  readonly #written: Record<string, { owner: string; data: string }> = {};

  put(address: Key | string, owner: string, data: Buffer): Buffer {
    const name = typeof address === "string" ? address : address.toBase58();
    this.#written[name] = { owner, data: data.toString("base64") };
    return data;
  }

  toJSON() {
    return this.#written;
  }
}

export interface Question {
  pool: string;
  /** Those that are not held already. */
  accounts?: Accounts;
  /** The mint that is paid. */
  side: "a" | "b";
  exact: "in" | "out";
  amount: bigint;
  slot?: number;
  time_s?: number;
  /** What the SDK says: amounts, one of them or both; undefined where it refuses or pays nothing. */
  want: { in?: bigint; out?: bigint } | undefined;
  /** The SDK's own word where `want` corrects it by the program's published rule. */
  plain?: bigint;
}

/** What `ask` says; undefined where the SDK throws. */
export function said<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

const U64_MAX = (1n << 64n) - 1n;

/** An amount of an SDK; undefined when there is none that a program could move. */
export function amountOf(value: Big | undefined): bigint | undefined {
  const amount = BigInt(value?.toString() ?? 0);
  return amount > 0n && amount <= U64_MAX ? amount : undefined;
}

/** Both amounts of a trade; undefined where one is not there. */
export function trade(paid: bigint | undefined, got: bigint | undefined): Question["want"] {
  return paid === undefined || got === undefined ? undefined : { in: paid, out: got };
}

function print(line: object): void {
  const text = JSON.stringify(line, (_, value) => typeof value === "bigint" ? value.toString() : value);
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Accounts for the questions from here on, below a question's own. */
export function hold(accounts: Accounts): void {
  print({ hold: accounts });
}

/** Prints a question. */
export function ask(question: Question): void {
  print({ ...question, want: question.want ?? null });
}

/** A file of the data beside the checkout; undefined where `LEGEND_SHARED=none` leaves it out. */
export function shared(name: string): string | undefined {
  if (Deno.env.get("LEGEND_SHARED") === "none") return undefined;
  return Deno.readTextFileSync(new URL(`../../../shared/data/${name}`, import.meta.url));
}
