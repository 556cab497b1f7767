/** Meteora DLMM: what its SDK says of seeded pools and of mainnet's snapshot. */
import { Buffer } from "node:buffer";
import {
  Accounts,
  amountOf,
  ask,
  type Big,
  big,
  filled,
  hold,
  installed,
  type Key,
  key,
  little,
  packed,
  Random,
  said,
  shared,
  TOKEN,
  TOKEN_2022,
  tokenAccount,
} from "./sdk.ts";

type Fields = Record<string, unknown>;
interface Sdk {
  readonly IDL: { readonly accounts: readonly { readonly name: string }[] };
  readonly prototype: Asked;
}
/** The SDK's pool, without its connection. */
interface Asked {
  lbPair: Fields;
  swapQuote(
    amount: Big,
    forY: boolean,
    slippage: Big,
    arrays: object[],
    isPartial: boolean,
  ): { outAmount: Big };
  swapQuoteExactOut(amount: Big, forY: boolean, slippage: Big, arrays: object[]): { inAmount: Big };
}
type Coder = new (idl: object) => { accounts: { decode(name: string, data: Buffer): Fields } };

const { IDL, prototype: DLMM } = installed<Sdk>("@meteora-ag/dlmm");
const coder = new (installed<{ BorshCoder: Coder }>("@coral-xyz/anchor").BorshCoder)(IDL);
const { unpackMint } = installed<{ unpackMint(address: Key, account: object, program: Key): object }>(
  "@solana/spl-token",
);

const PROGRAM = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo";
const SLOTS_OF_EPOCH = 432_000;
const POOL = filled(1);
const VAULTS = [filled(2), filled(3)] as const;
const MINTS = [filled(4), filled(5)] as const;
const BINS = 70;

/** Fields with the names that the SDK's functions use. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object" || value.constructor !== Object) return value;
  const name = (snake: string) => snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [name(key), camel(field)]));
}

function decoded(kind: string, data: Buffer): Fields {
  const { name } = IDL.accounts.find(({ name }) => name.toLowerCase() === kind.toLowerCase())!;
  return camel(coder.accounts.decode(name, data)) as Fields;
}

/** An array as the SDK takes it. */
const arrayFor = (data: Buffer) => ({
  publicKey: key(data.subarray(8, 40)),
  account: decoded("BinArray", data),
});

const extensionFor = (data: Buffer) => ({ account: decoded("BinArrayBitmapExtension", data) });

/** A mint as the SDK takes it. */
function mintFor([data, owner]: readonly [Buffer, string]) {
  const account = { data, owner: key(owner), lamports: 1, executable: false };
  return { mint: unpackMint(filled(9), account, key(owner)) };
}

/** What the SDK is made of. */
interface Of {
  readonly pair: Buffer;
  /** As the SDK takes them. */
  readonly arrays: readonly object[];
  readonly extension: object;
  readonly mints: readonly object[];
  readonly slot: number;
}

/** Asks both for one amount. The SDK reads the host's clock, which is set to the question's time. */
function askBoth(
  pool: string,
  of: Of,
  [isX, isIn, amount, time_s]: readonly [boolean, boolean, bigint, number],
) {
  const sdk = Object.assign(Object.create(DLMM) as Asked, {
    lbPair: decoded("LbPair", of.pair),
    tokenX: of.mints[0],
    tokenY: of.mints[1],
    clock: { epoch: big(BigInt(Math.floor(of.slot / SLOTS_OF_EPOCH))) },
    binArrayBitmapExtension: of.extension,
  });
  Date.now = () => 1_000 * time_s;
  const [zero, size] = [big(0n), big(amount)];
  const other = isIn
    ? amountOf(said(() => sdk.swapQuote(size, isX, zero, [...of.arrays], false).outAmount))
    : amountOf(said(() => sdk.swapQuoteExactOut(size, isX, zero, [...of.arrays]).inAmount));
  const found = isIn ? { in: amount, out: other } : { in: other, out: amount };
  const want = other === undefined ? undefined : found;
  ask({ pool, side: isX ? "a" : "b", exact: isIn ? "in" : "out", amount, slot: of.slot, time_s, want });
}

/** The price of a bin, as the program rounds it. */
function priceOf(bin: number, step: number): bigint {
  const [one, most] = [1n << 64n, (1n << 128n) - 1n];
  if (bin === 0) return one;
  let [square, power, rest] = [most / (one + (BigInt(step) << 64n) / 10_000n), one, Math.abs(bin)];
  for (; rest > 0; rest >>= 1) {
    if (rest & 1) power = power * square >> 64n;
    square = square * square >> 64n;
  }
  return bin > 0 ? most / power : power;
}

/** An array with bins at random: y below the active bin, x above it, limit orders among them. */
function arrayOf(random: Random, index: number, active: number, step: number): [Buffer, [bigint, bigint]] {
  const data = packed(10_136, [92, 142, 92, 220, 5, 148, 70, 181], little(index, 8), little(2, 8), POOL);
  const [sums, share]: [[bigint, bigint], bigint] = [[0n, 0n], random.of([2n, 8n, 32n])];
  for (let place = 0; place < BINS; place++) {
    const [bin, at] = [index * BINS + place, 56 + 144 * place];
    data.set(little(priceOf(bin, step), 16), at + 16);
    if (random.below(share) > 0n && bin !== active) continue;
    const isX = bin > active || bin === active && random.below(2n) === 0n;
    const hasOrders = random.below(4n) === 0n;
    const own = hasOrders && random.below(3n) === 0n ? 0n : random.sized(44);
    const [open, partial] = [0, 1].map(() => hasOrders && random.below(2n) === 0n ? random.sized(40) : 0n);
    data.set(little(own, 8), at + (isX ? 0 : 8));
    data.set(little(open!, 8), at + 112);
    data.set(little(partial!, 8), at + 128);
    data[at + 140] = isX ? 1 : 0;
    sums[isX ? 0 : 1] += own + open! + partial!;
  }
  return [data, sums];
}

/** A mint; of Token-2022 with a transfer fee. */
function mintOf(random: Random): readonly [Buffer, string] {
  if (random.below(3n) > 0n) return [packed(82, Array<number>(45).fill(0), [1]), TOKEN];
  const data = packed(278, Array<number>(45).fill(0), [1], Array<number>(119).fill(0), [1, 1, 0, 108, 0]);
  const fee = packed(18, little(0, 8), little(random.sized(40), 8), little(random.of([0, 1, 100, 9_999]), 2));
  for (const at of [170 + 72, 170 + 90]) data.set(fee, at);
  return [data, TOKEN_2022];
}

function pairOf(random: Random, active: number, step: number): Buffer {
  const pair = packed(904, [33, 11, 49, 98, 181, 101, 177, 13]);
  const numbers: [number, number | bigint, number][] = [
    [8, random.below(20_000n), 2],
    [10, random.below(60n), 2],
    [12, random.below(1_200n), 2],
    [14, random.below(10_001n), 2],
    [16, random.below(random.of([1n, 100_000n, 500_000n])), 4],
    [20, random.below(1_000_000n), 4],
    [34, random.of([0, 0, 1]), 1],
    [35, random.of([0, 1, 2]), 1],
    [36, random.below(2n), 1],
    [40, random.below(300_000n), 4],
    [44, random.below(300_000n), 4],
    [48, active - 20 + Number(random.below(41n)), 4],
    [56, 1_000_000, 8],
    [76, active, 4],
    [80, step, 2],
  ];
  for (const [at, number, bytes] of numbers) pair.set(little(number, bytes), at);
  for (const side of [0, 1]) {
    pair.set(MINTS[side]!.toBuffer(), 88 + 32 * side);
    pair.set(VAULTS[side]!.toBuffer(), 152 + 32 * side);
  }
  return pair;
}

/** A seeded pool with three arrays around its active bin. */
function poolOf(random: Random): [Accounts, Of] {
  const step = random.of([1, 4, 10, 25, 80, 100, 400]);
  const reach = Math.floor(120_000 / step);
  const active = Number(random.below(BigInt(2 * reach))) - reach;
  const pair = pairOf(random, active, step);
  const extension = packed(1_576, [80, 111, 124, 113, 55, 237, 18, 5], POOL);
  const [accounts, arrays, sums] = [new Accounts(), [] as object[], [0n, 0n]];
  for (const offset of [-1, 0, 1]) {
    const index = Math.floor(active / BINS) + offset;
    const [data, [x, y]] = arrayOf(random, index, active, step);
    arrays.push(arrayFor(accounts.put(filled(31 + offset), PROGRAM, data)));
    [sums[0], sums[1]] = [sums[0]! + x, sums[1]! + y];
    const isInside = index >= -512 && index < 512;
    const bit = isInside ? index + 512 : index > 0 ? index - 512 : -(index + 1) - 512;
    const [bitmap, at] = isInside ? [pair, 584] : [extension, index > 0 ? 40 : 808];
    bitmap[at + (bit >> 3)]! |= 1 << (bit & 7);
  }
  accounts.put(POOL, PROGRAM, pair);
  accounts.put(filled(8), PROGRAM, extension);
  const mints = [mintOf(random), mintOf(random)];
  mints.forEach(([data, owner], side) => {
    accounts.put(MINTS[side]!, owner, data);
    accounts.put(VAULTS[side]!, owner, tokenAccount(MINTS[side]!, POOL, sums[side]!));
  });
  return [accounts, {
    pair,
    arrays,
    extension: extensionFor(extension),
    mints: mints.map(mintFor),
    slot: 1_064 * SLOTS_OF_EPOCH,
  }];
}

const random = new Random(13n);
for (let state = 0; state < 500; state++) {
  const [accounts, of] = poolOf(random);
  const time = 1_000_000 + Number(random.below(1_500n));
  hold(accounts);
  for (let asked = 0; asked < 4; asked++) {
    const amount = random.sized(asked < 2 ? 44 : 40);
    askBoth(POOL.toBase58(), of, [asked % 2 === 0, asked < 2, amount, time]);
  }
}

/** Mainnet's pool at slot 458965734, of a mint with a transfer fee. */
function snapshotOf(text: string): [Accounts, Of] {
  interface Row {
    readonly owner: string;
    readonly data: readonly [string, string];
  }
  const rows = (JSON.parse(text) as { accounts: Record<string, Row | null> }).accounts;
  const [accounts, data] = [new Accounts(), new Map<string, Buffer>()];
  for (const [address, row] of Object.entries(rows)) {
    if (row) data.set(address, accounts.put(address, row.owner, Buffer.from(row.data[0], "base64")));
  }
  const pair = data.get(MAINNET)!;
  const ofPair = (size: number, at: number) =>
    [...data.values()].filter((one) =>
      one.length === size && key(one.subarray(at, at + 32)).toBase58() === MAINNET
    );
  const mints = [88, 120].map((at) => {
    const address = key(pair.subarray(at, at + 32)).toBase58();
    return mintFor([data.get(address)!, rows[address]!.owner]);
  });
  const extension = extensionFor(ofPair(1_576, 8)[0]!);
  return [accounts, { pair, arrays: ofPair(10_136, 24).map(arrayFor), extension, mints, slot: 458_965_734 }];
}

const MAINNET = "F1mbBZYKXGFx5nraY3cK4RgNR5EuShntQ8xDKDD5HY1z";
const text = shared("accounts/bridge_defaults_20261020.json");
if (text !== undefined) {
  const [accounts, of] = snapshotOf(text);
  hold(accounts);
  const moved_s = Number(of.pair.readBigInt64LE(56));
  for (let size = 0; size < 1_000; size++) {
    const time = moved_s + Number(random.below(200n));
    askBoth(MAINNET, of, [size % 2 === 0, size % 4 < 2, random.sized(40), time]);
  }
}
