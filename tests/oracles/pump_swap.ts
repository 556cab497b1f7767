/** PumpSwap: what its SDK says of seeded pools. */
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
  mint,
  packed,
  Random,
  said,
  shared,
  TOKEN,
  TOKEN_2022,
  tokenAccount,
  trade,
  USDC,
  WRAPPED_SOL,
} from "./sdk.ts";
import { FEE_PROGRAM, feeConfig } from "./pump_fees.ts";

interface Sdk {
  readonly PUMP_AMM_PROGRAM_ID: Key;
  readonly GLOBAL_CONFIG_PDA: Key;
  readonly PUMP_AMM_FEE_CONFIG_PDA: Key;
  readonly PUMP_AMM_SDK: {
    decodeGlobalConfig(account: { data: Buffer }): object;
    decodeFeeConfig(account: { data: Buffer }): object;
    decodePool(account: { data: Buffer }): Record<string, Big>;
  };
  pumpPoolAuthorityPda(mint: Key): Key;
  buyBaseInput(of: object): { uiQuote: Big };
  buyQuoteInput(of: object): { base: Big };
  sellBaseInput(of: object): { uiQuote: Big };
}

const sdk = installed<Sdk>("@pump-fun/pump-swap-sdk");
const POOL = filled(21);
const VAULTS = [filled(23), filled(24)] as const;

function poolOf(random: Random) {
  const accounts = new Accounts();
  const base = filled(9);
  const quote = random.of([key(WRAPPED_SOL), key(WRAPPED_SOL), key(USDC), filled(8)]);
  const reserves = [random.sized(50), random.sized(50)] as const;
  const virtual = random.of([0n, random.sized(45), -random.below(reserves[1])]);
  const isCoin = random.below(4n) > 0n;
  const supply = random.sized(50);
  const program = sdk.PUMP_AMM_PROGRAM_ID.toBase58();
  const pool = packed(
    301,
    [241, 154, 109, 4, 17, 177, 109, 188, 255, 0, 0],
    isCoin ? sdk.pumpPoolAuthorityPda(base) : filled(5),
    ...[base, quote, filled(22), ...VAULTS],
    little(1, 8),
    random.below(4n) === 0n ? filled(0) : filled(3),
    [isCoin && random.below(4n) === 0n ? 1 : 0, 0],
    little(virtual, 16),
    little(random.of([0n, 0n, 50n, 300n]), 8),
  );
  accounts.put(POOL, program, pool);
  accounts.put(base, TOKEN_2022, mint(supply));
  accounts.put(VAULTS[0], TOKEN_2022, tokenAccount(base, POOL, reserves[0]));
  accounts.put(VAULTS[1], TOKEN, tokenAccount(quote, POOL, reserves[1]));
  const config = packed(940, [149, 8, 156, 202, 160, 252, 176, 217]);
  const withGate = packed(949, config, [Number(random.below(2n))]);
  accounts.put(sdk.GLOBAL_CONFIG_PDA, program, withGate);
  const fees = accounts.put(sdk.PUMP_AMM_FEE_CONFIG_PDA, FEE_PROGRAM, feeConfig(random));
  const decoded = sdk.PUMP_AMM_SDK.decodePool({ data: pool });
  const of = {
    ...decoded,
    slippage: 0,
    baseReserve: big(reserves[0]),
    quoteReserve: big(reserves[1]),
    globalConfig: sdk.PUMP_AMM_SDK.decodeGlobalConfig({ data: withGate }),
    feeConfig: sdk.PUMP_AMM_SDK.decodeFeeConfig({ data: fees }),
    baseMintAccount: { supply },
  };
  return { accounts, of, reserves };
}

/** Asks for a purchase by what is spent, one by what is bought, and a sale. */
function askAll(question: { pool: string; accounts?: Accounts }, of: object, amounts: readonly bigint[]) {
  const [spend, wanted, sold] = amounts as [bigint, bigint, bigint];
  const bought = amountOf(said(() => sdk.buyQuoteInput({ ...of, quote: big(spend) }).base));
  const want = bought === undefined ? undefined : { out: bought };
  ask({ ...question, side: "b", exact: "in", amount: spend, want });
  const cost = amountOf(said(() => sdk.buyBaseInput({ ...of, base: big(wanted) }).uiQuote));
  ask({ ...question, side: "b", exact: "out", amount: wanted, want: trade(cost, wanted) });
  const paid = amountOf(said(() => sdk.sellBaseInput({ ...of, base: big(sold) }).uiQuote));
  ask({ ...question, side: "a", exact: "in", amount: sold, want: trade(sold, paid) });
}

const random = new Random(12n);
for (let state = 0; state < 1_000; state++) {
  const { accounts, of, reserves } = poolOf(random);
  const wanted = 1n + random.below(reserves[0] + reserves[0] / 20n + 1n);
  askAll({ pool: POOL.toBase58(), accounts }, of, [random.sized(48), wanted, random.sized(50)]);
}

/** The pool of mainnet, of two Token-2022 mints. */
function snapshotOf(text: string) {
  interface Row {
    readonly address: string;
    readonly owner: string;
    readonly data_base64: string;
  }
  const { accounts: rows } = JSON.parse(text) as { accounts: Row[] };
  const [accounts, data] = [new Accounts(), new Map<string, Buffer>()];
  for (const { address, owner, data_base64 } of rows) {
    data.set(address, accounts.put(address, owner, Buffer.from(data_base64, "base64")));
  }
  const at = (address: string) => ({ data: data.get(address)! });
  const amount = (vault: string) => at(vault).data.readBigUInt64LE(64);
  const base = amount("CpMeJ3bD9GHXnHKtNE3bYYroffv1Pup334iGN9nQe3oV");
  const of = {
    ...sdk.PUMP_AMM_SDK.decodePool(at("G2UuRbmVDzDFP4qyoBJrSKBXSi7d6V4bPP9tHPs36y4b")),
    slippage: 0,
    baseReserve: big(base),
    quoteReserve: big(amount("xaFEWkDafDHSu7JBDoXiG3mSsMrkNjxZPovmSh6nkgV")),
    globalConfig: sdk.PUMP_AMM_SDK.decodeGlobalConfig(at(sdk.GLOBAL_CONFIG_PDA.toBase58())),
    feeConfig: sdk.PUMP_AMM_SDK.decodeFeeConfig(at(sdk.PUMP_AMM_FEE_CONFIG_PDA.toBase58())),
    baseMintAccount: { supply: at("nxPqZ4F7ux8Vph5NFu25rEP6Kx9Gr1U6Fmj36Rjpump").data.readBigUInt64LE(36) },
  };
  return { accounts, of, base };
}

const text = shared("accounts/pumpswap_ttwo_route_accounts.json");
if (text !== undefined) {
  const { accounts, of, base } = snapshotOf(text);
  hold(accounts);
  for (let size = 0; size < 1_000; size++) {
    const amounts = [random.sized(45), 1n + random.below(base), random.sized(50)];
    askAll({ pool: "G2UuRbmVDzDFP4qyoBJrSKBXSi7d6V4bPP9tHPs36y4b" }, of, amounts);
  }
}
