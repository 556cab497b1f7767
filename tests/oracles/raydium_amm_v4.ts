/**
 * Raydium v4: what Raydium's SDK (GPL-3.0: run here, never read into code) says of mainnet's pool. Its exact output asks
 * for two units less than the program's own logs show, so that it is not a witness there.
 */
import { Buffer } from "node:buffer";
import {
  Accounts,
  amountOf,
  ask,
  type Big,
  big,
  hold,
  installed,
  type Key,
  Random,
  said,
  shared,
  trade,
} from "./sdk.ts";

interface State {
  readonly baseVault: Key;
  readonly quoteVault: Key;
  readonly baseMint: Key;
  readonly quoteMint: Key;
  readonly baseNeedTakePnl: Big;
  readonly quoteNeedTakePnl: Big;
}
interface Sdk {
  readonly liquidityStateV4Layout: { decode(data: Buffer): State };
  readonly Raydium: {
    load(of: object): Promise<{
      readonly liquidity: {
        computeAmountOut(of: object): { readonly amountOut: Big };
      };
    }>;
  };
}

const sdk = installed<Sdk>("@raydium-io/raydium-sdk-v2");
const { Connection } = installed<{ Connection: new (url: string) => object }>("@solana/web3.js");
const POOL = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2";
/** Below it the executed program takes no fee, the SDK one unit: executed swaps decide there. */
const LEAST = 200n;

interface Snapshot {
  readonly slot: number;
  readonly accounts: Readonly<
    Record<string, { readonly owner: string; readonly data: [string, string] } | null>
  >;
}

function poolOf({ accounts: rows }: Snapshot) {
  const [accounts, data] = [new Accounts(), new Map<string, Buffer>()];
  for (const [address, row] of Object.entries(rows)) {
    if (row) data.set(address, accounts.put(address, row.owner, Buffer.from(row.data[0], "base64")));
  }
  const state = sdk.liquidityStateV4Layout.decode(data.get(POOL)!);
  const reserve = (vault: Key, owed: Big) =>
    data.get(vault.toBase58())!.readBigUInt64LE(64) - BigInt(owed.toString());
  const reserves = [
    reserve(state.baseVault, state.baseNeedTakePnl),
    reserve(state.quoteVault, state.quoteNeedTakePnl),
  ] as const;
  const mints = [state.baseMint.toBase58(), state.quoteMint.toBase58()] as const;
  const [mintA, mintB] = mints.map((address) => ({ address, decimals: 6, extensions: {} }));
  const [baseReserve, quoteReserve] = reserves.map(big);
  const poolInfo = { id: POOL, mintA, mintB, baseReserve, quoteReserve, version: 4, status: 6 };
  return { accounts, mints, poolInfo: { ...poolInfo, mintAmountA: 1, mintAmountB: 1 } };
}

const text = shared("accounts/bridge_defaults_20261020.json");
if (text !== undefined) {
  const snapshot = JSON.parse(text) as Snapshot;
  const { accounts, mints, poolInfo } = poolOf(snapshot);
  // No address is asked: it has no network.
  const connection = new Connection("http://127.0.0.1:1");
  const { liquidity } = await sdk.Raydium.load({
    connection,
    disableFeatureCheck: true,
    disableLoadToken: true,
  });
  hold(accounts);
  const random = new Random(15n);
  for (let size = 0; size < 2_000; size++) {
    const paid = size % 2;
    const of = { poolInfo, mintIn: mints[paid], mintOut: mints[1 - paid], slippage: 0 };
    const question = {
      pool: POOL,
      side: paid === 0 ? "a" : "b",
      slot: snapshot.slot,
      time_s: 1_792_442_281,
    } as const;
    const spend = LEAST + random.sized(45);
    const got = amountOf(said(() => liquidity.computeAmountOut({ ...of, amountIn: big(spend) }).amountOut));
    ask({ ...question, exact: "in", amount: spend, want: trade(spend, got) });
  }
}
