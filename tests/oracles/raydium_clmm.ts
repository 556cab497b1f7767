/** Raydium CLMM: what Raydium's SDK (GPL-3.0: run here, never read into code) says of mainnet's pool. */
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
  key,
  Random,
  said,
  shared,
  trade,
} from "./sdk.ts";

interface TickArray {
  readonly startTickIndex: number;
}
interface Layout<T> {
  decode(data: Buffer): T;
}
interface Answer {
  readonly allTrade: boolean;
  readonly amountSpecifiedRemaining: Big;
  readonly amountCalculated: Big;
}
interface Sdk {
  readonly PoolInfoLayout: Layout<{ readonly tickCurrent: number; readonly tickSpacing: number }>;
  readonly ClmmConfigLayout: Layout<object>;
  readonly TickArrayLayout: Layout<TickArray>;
  readonly TickArrayBitmapExtensionLayout: Layout<object>;
  swapInternal(of: object): Answer;
}

const sdk = installed<Sdk>("@raydium-io/raydium-sdk-v2");
const POOL = "ANyCzRPgiCLeJx3nH4SKS1jxtaxMk9qzG5SmJooh55ie";
const PROGRAM = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK";
const TICK_ARRAY_BYTES = 10_240;
const TICK_ARRAY_TICKS = 60;
const EXTENSION_BYTES = 1_832;

interface Snapshot {
  readonly slot: number;
  readonly accounts: Readonly<
    Record<string, { readonly owner: string; readonly data: [string, string] } | null>
  >;
}

/** Everything that the snapshot has, and what of it is the pool's. */
function poolOf({ accounts: rows }: Snapshot) {
  const [accounts, data] = [new Accounts(), new Map<string, Buffer>()];
  for (const [address, row] of Object.entries(rows)) {
    if (row) data.set(address, accounts.put(address, row.owner, Buffer.from(row.data[0], "base64")));
  }
  const pool = data.get(POOL)!;
  const ofPool = (bytes: Buffer) => key(bytes.subarray(8, 40)).toBase58() === POOL;
  const arrays = [...data].filter(([, bytes]) => bytes.length === TICK_ARRAY_BYTES && ofPool(bytes));
  const extension = [...data.values()].find((bytes) => bytes.length === EXTENSION_BYTES && ofPool(bytes))!;
  return {
    accounts,
    pool,
    config: sdk.ClmmConfigLayout.decode(data.get(key(pool.subarray(9, 41)).toBase58())!),
    arrays: arrays.map(([address, bytes]) => ({
      address: key(address),
      value: sdk.TickArrayLayout.decode(bytes),
    })),
    extension: sdk.TickArrayBitmapExtensionLayout.decode(extension),
  };
}

/** The arrays from the price on, in the direction of the swap. */
function ahead(arrays: readonly { address: Key; value: TickArray }[], isDown: boolean, first: number) {
  const [sign, start] = isDown ? [-1, -first] : [1, first];
  const at = ({ value }: { value: TickArray }) => sign * value.startTickIndex;
  return arrays.filter((array) => at(array) >= start).sort((a, b) => at(a) - at(b));
}

const text = shared("accounts/bridge_defaults_20261020.json");
if (text !== undefined) {
  const snapshot = JSON.parse(text) as Snapshot;
  const { accounts, pool, config, arrays, extension } = poolOf(snapshot);
  hold(accounts);
  const random = new Random(14n);
  for (let size = 0; size < 4_000; size++) {
    const [isDown, isIn] = [size % 2 === 0, size % 4 < 2];
    const amount = random.sized(44);
    const time = 1_792_442_281 - 300 + Number(random.below(2_000n));
    const poolInfo = sdk.PoolInfoLayout.decode(pool);
    const ticks = TICK_ARRAY_TICKS * poolInfo.tickSpacing;
    const answer = said(() =>
      sdk.swapInternal({
        programId: key(PROGRAM),
        poolId: key(POOL),
        poolInfo,
        tickArrays: ahead(arrays, isDown, Math.floor(poolInfo.tickCurrent / ticks) * ticks),
        configInfo: config,
        tickarrayBitmapExtension: extension,
        amountSpecified: big(amount),
        sqrtPriceLimitX64: big(0n),
        zeroForOne: isDown,
        isBaseInput: isIn,
        blockTimestamp: time,
        includeExtraTickArrays: false,
      })
    );
    // The SDK fills partially where the program, or the arrays that are held, refuse.
    const isWhole = answer?.allTrade === true && answer.amountSpecifiedRemaining.toString() === "0";
    const other = isWhole ? amountOf(answer.amountCalculated) : undefined;
    const want = isIn ? trade(amount, other) : trade(other, amount);
    const question = { pool: POOL, slot: snapshot.slot, time_s: time, amount, want };
    ask({ ...question, side: isDown ? "a" : "b", exact: isIn ? "in" : "out" });
  }
}
