/** Pump.fun: what its SDK says of seeded curves. */
import { Buffer } from "node:buffer";
import {
  Accounts,
  amountOf,
  ask,
  type Big,
  big,
  filled,
  installed,
  type Key,
  key,
  little,
  mint,
  packed,
  Random,
  said,
  TOKEN,
  TOKEN_2022,
  tokenAccount,
  trade,
  USDC,
} from "./sdk.ts";
import { FEE_PROGRAM, feeConfig } from "./pump_fees.ts";

interface Sdk {
  readonly PUMP_PROGRAM_ID: Key;
  readonly GLOBAL_PDA: Key;
  readonly PUMP_FEE_CONFIG_PDA: Key;
  readonly PUMP_SDK: {
    decodeGlobal(account: { data: Buffer }): object;
    decodeFeeConfig(account: { data: Buffer }): object;
    decodeBondingCurve(account: { data: Buffer }): Record<string, Big & Key>;
  };
  bondingCurvePda(mint: Key): Key;
  computeFeesBps(of: object): { protocolFeeBps: Big; creatorFeeBps: Big };
  getBuyTokenAmountFromSolAmount(of: object): Big;
  getBuySolAmountFromTokenAmount(of: object): Big;
  getSellSolAmountFromTokenAmount(of: object): Big;
}

const sdk = installed<Sdk>("@pump-fun/pump-sdk");
const SUPPLY = 1_000_000_000_000_000n;
const WHOLE = 10_000n;
const NOBODY = filled(0);

function curveOf(random: Random, coin: Key) {
  const accounts = new Accounts();
  const quote = random.of([NOBODY, NOBODY, key(USDC), filled(8)]);
  const isMayhem = quote === NOBODY && random.below(4n) === 0n;
  const supply = isMayhem ? SUPPLY + random.below(SUPPLY) : SUPPLY;
  const sold = random.below(793_100_000_000_000n);
  const priced = random.below(2n) === 0n
    ? [1_073_000_000_000_000n - sold, 30_000_000_000n + random.sized(37)]
    : [2n + random.sized(50), random.sized(50)];
  const real = priced[0]! - 1n - random.below(priced[0]! - 1n);
  const address = sdk.bondingCurvePda(coin);
  const program = sdk.PUMP_PROGRAM_ID.toBase58();
  const curve = packed(
    166,
    [23, 183, 248, 55, 96, 216, 172, 96],
    ...[priced[0]!, priced[1]!, real, priced[1]!, supply].map((number) => little(number, 8)),
    [0],
    random.below(4n) === 0n ? NOBODY : filled(3),
    [isMayhem ? 1 : 0, 0],
    quote,
    little(random.of([0n, 0n, 50n, 300n]), 8),
  );
  accounts.put(address, program, curve);
  accounts.put(filled(11), TOKEN_2022, tokenAccount(coin, address, real));
  accounts.put(coin, TOKEN_2022, mint(supply));
  if (quote !== NOBODY) accounts.put(quote, TOKEN, mint(1n << 50n));
  const global = packed(1045, [167, 232, 232, 177, 200, 108, 114, 127]);
  const withGate = packed(1088, global, [Number(random.below(2n))]);
  accounts.put(sdk.GLOBAL_PDA, program, withGate);
  const fees = accounts.put(sdk.PUMP_FEE_CONFIG_PDA, FEE_PROGRAM, feeConfig(random));
  const of = {
    global: sdk.PUMP_SDK.decodeGlobal({ data: withGate }),
    feeConfig: sdk.PUMP_SDK.decodeFeeConfig({ data: fees }),
    bondingCurve: sdk.PUMP_SDK.decodeBondingCurve({ data: curve }),
    mintSupply: big(supply),
  };
  return { pool: address.toBase58(), accounts, of, real };
}

/**
 * A purchase by what is spent. The SDK's function takes one unit off before the fees; the program takes it off what is
 * left after them, as its IDL says and its events show. So the SDK is asked for the amount that leaves as much.
 */
function purchase(of: ReturnType<typeof curveOf>["of"], spend: bigint) {
  const curve = of.bondingCurve;
  const { protocolFeeBps, creatorFeeBps } = sdk.computeFeesBps({ ...of, ...curve });
  const hasCreator = curve.creator!.toBase58() !== NOBODY.toBase58();
  const rates = [protocolFeeBps, creatorFeeBps].map((rate) => BigInt(rate.toString()));
  if (!hasCreator) rates[1] = 0n;
  const all = WHOLE + rates[0]! + rates[1]!;
  let net = spend * WHOLE / all;
  const fees = rates.reduce((sum, rate) => sum + (net * rate + WHOLE - 1n) / WHOLE, 0n);
  if (net + fees > spend) net = spend - fees;
  const buy = (amount: bigint) =>
    amountOf(
      said(() =>
        sdk.getBuyTokenAmountFromSolAmount({ ...of, amount: big(amount), quoteMint: curve.quoteMint })
      ),
    );
  const left = net - 1n;
  const out = left > 0n ? buy((left * all + WHOLE - 1n) / WHOLE + 1n) : undefined;
  return { out, plain: buy(spend) };
}

const random = new Random(11n);
for (let state = 0; state < 1_000; state++) {
  const { pool, accounts, of, real } = curveOf(random, key(packed(32, little(1_000 + state, 8), [9])));
  const spend = random.sized(48);
  const { out, plain } = purchase(of, spend);
  ask({
    pool,
    accounts,
    side: "b",
    exact: "in",
    amount: spend,
    want: out === undefined ? out : { out },
    plain,
  });
  const tokens = 1n + random.below(real + real / 20n + 1n);
  const cost = amountOf(
    said(() =>
      sdk.getBuySolAmountFromTokenAmount({ ...of, amount: big(tokens), quoteMint: of.bondingCurve.quoteMint })
    ),
  );
  // The SDK answers for what is left; exactly so many there are not.
  const want = tokens > real ? undefined : trade(cost, tokens);
  ask({ pool, accounts, side: "b", exact: "out", amount: tokens, want });
  const sold = random.sized(50);
  const paid = amountOf(said(() => sdk.getSellSolAmountFromTokenAmount({ ...of, amount: big(sold) })));
  ask({ pool, accounts, side: "a", exact: "in", amount: sold, want: trade(sold, paid) });
}
