/** LaunchLab: what Raydium's SDK (GPL-3.0: run here, never read into code) says of seeded curves. */
import { Buffer } from "node:buffer";
import {
  Accounts,
  amountOf,
  ask,
  type Big,
  big,
  filled,
  installed,
  key,
  little,
  mint,
  packed,
  Random,
  said,
  TOKEN,
  TOKEN_2022,
  tokenAccount,
  WRAPPED_SOL,
} from "./sdk.ts";

type Struct = Readonly<Record<string, Big>>;
interface Answer {
  readonly amountA: { readonly amount: Big; readonly fee?: Big };
  readonly amountB: Big;
  readonly splitFee: Struct;
}
type Ask = (of: object) => Answer;
interface Layout {
  decode(data: Buffer): Struct;
}
interface Sdk {
  readonly Curve: Record<"buyExactIn" | "buyExactOut" | "sellExactIn" | "sellExactOut", Ask>;
  readonly LaunchpadPool: Layout;
  readonly LaunchpadConfig: Layout;
  readonly PlatformConfig: Layout;
}

const PROGRAM = "LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj";
const { Curve, LaunchpadPool, LaunchpadConfig, PlatformConfig } = installed<Sdk>(
  "@raydium-io/raydium-sdk-v2",
);
const { unpackMint, getTransferFeeConfig } = installed<{
  unpackMint(address: object, account: object, program: object): object;
  getTransferFeeConfig(mint: object): object | null;
}>("@solana/spl-token");
const [POOL, COIN, VAULTS, GLOBAL, PLATFORM] = [
  filled(31),
  filled(32),
  [filled(33), filled(34)] as const,
  filled(35),
  filled(36),
];
const SLOT = 460_000_000;

/** A mint of Token-2022 that withholds a share of each transfer. */
function mintWithFee(random: Random): Buffer {
  const fee = packed(18, little(0, 8), little(random.sized(50), 8), little(random.of([1, 100, 500]), 2));
  return packed(278, packed(165, mint(1n << 50n)), [1, 1, 0, 108, 0], Buffer.alloc(72), fee, fee);
}

function curveOf(random: Random) {
  const accounts = new Accounts();
  const initial = random.below(2n) === 0n
    ? [1_073_025_605_596_382n, 30_000_852_951n] as const
    : [3n + random.sized(51), random.sized(45)] as const;
  const toSell = 1n + random.below(initial[0] - 2n);
  const sold = random.below(toSell);
  const left = initial[0] - sold;
  // What the coins that are sold were paid at least.
  const raised = (sold * initial[1] + left - 1n) / left;
  const pool = packed(
    429,
    [247, 237, 227, 245, 215, 195, 222, 70],
    Buffer.alloc(13),
    ...[1n << 50n, toSell, ...initial, sold, raised].map((number) => little(number, 8)),
    Buffer.alloc(72),
    ...[GLOBAL, PLATFORM, COIN, key(WRAPPED_SOL), ...VAULTS],
  );
  const rates = [2_500n, random.of([0n, 5_000n, 10_000n]), random.of([0n, 500n, 20_000n])];
  const global = packed(
    371,
    packed(27, [149, 8, 156, 202, 160, 252, 176, 217]),
    packed(56, little(rates[0]!, 8)),
    key(WRAPPED_SOL),
  );
  const platform = packed(
    944,
    packed(104, [160, 78, 128, 0, 248, 83, 230, 160]),
    packed(616, little(rates[1]!, 8)),
    little(rates[2]!, 8),
  );
  for (const [at, data] of [[POOL, pool], [GLOBAL, global], [PLATFORM, platform]] as const) {
    accounts.put(at, PROGRAM, data);
  }
  const program = random.below(3n) === 0n ? TOKEN_2022 : TOKEN;
  const coin = accounts.put(COIN, program, program === TOKEN ? mint(1n << 50n) : mintWithFee(random));
  accounts.put(VAULTS[0], program, tokenAccount(COIN, POOL, toSell - sold));
  accounts.put(VAULTS[1], TOKEN, tokenAccount(key(WRAPPED_SOL), POOL, raised));
  const unpacked = unpackMint(COIN, { data: coin, owner: key(program) }, key(program));
  const of = {
    poolInfo: LaunchpadPool.decode(pool),
    protocolFeeRate: LaunchpadConfig.decode(global).tradeFeeRate,
    platformFeeRate: PlatformConfig.decode(platform).feeRate,
    creatorFeeRate: PlatformConfig.decode(platform).creatorFeeRate,
    shareFeeRate: big(0n),
    curveType: 0,
    transferFeeConfigA: program === TOKEN ? undefined : getTransferFeeConfig(unpacked) ?? undefined,
    slot: SLOT,
  };
  return { accounts, of, toSell, sold, raised };
}

/** Amounts of an answer: of the coin as it leaves its sender and as it arrives, of the quote, and all fees. */
function amountsOf(answer: Answer | undefined) {
  const [sent, quote] = [amountOf(answer?.amountA.amount), amountOf(answer?.amountB)];
  if (answer === undefined || sent === undefined || quote === undefined) return undefined;
  const arrives = sent - (amountOf(answer.amountA.fee) ?? 0n);
  const fees = Object.values(answer.splitFee).reduce<bigint>(
    (sum, part) => sum + BigInt(part.toString()),
    0n,
  );
  return arrives > 0n ? { sent, arrives, quote, fees } : undefined;
}

const random = new Random(13n);
for (let state = 0; state < 1_000; state++) {
  const { accounts, of, toSell, sold, raised } = curveOf(random);
  const question = { pool: POOL.toBase58(), accounts, slot: SLOT };
  const spend = random.sized(45);
  let amounts = amountsOf(said(() => Curve.buyExactIn({ ...of, amountB: big(spend) })));
  let want = amounts && { in: amounts.quote, out: amounts.arrives };
  ask({ ...question, side: "b", exact: "in", amount: spend, want });

  const wanted = 1n + random.below(toSell - sold + (toSell - sold) / 20n + 1n);
  amounts = amountsOf(said(() => Curve.buyExactOut({ ...of, amountA: big(wanted) })));
  // The SDK answers for what is left; exactly so many there are not. It counts a transfer fee twice: not quoted.
  want = amounts?.sent === wanted && amounts.arrives === wanted && wanted <= toSell - sold
    ? { in: amounts.quote, out: wanted }
    : undefined;
  ask({ ...question, side: "b", exact: "out", amount: wanted, want });

  // A sale takes back no more than was sold, and pays no more than was raised.
  const isCovered = (of: typeof amounts) =>
    of !== undefined && of.arrives <= sold && of.quote + of.fees <= raised;
  const coins = 1n + random.below(sold + sold / 20n + 1n);
  amounts = amountsOf(said(() => Curve.sellExactIn({ ...of, amountA: big(coins) })));
  want = amounts && isCovered(amounts) ? { in: coins, out: amounts.quote } : undefined;
  ask({ ...question, side: "a", exact: "in", amount: coins, want });

  const paid = 1n + random.below(raised + 1n);
  amounts = amountsOf(said(() => Curve.sellExactOut({ ...of, amountB: big(paid) })));
  want = amounts && isCovered(amounts) ? { in: amounts.sent, out: paid } : undefined;
  ask({ ...question, side: "a", exact: "out", amount: paid, want });
}
