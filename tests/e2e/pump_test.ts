/**
 * Pump.fun and PumpSwap legs against two witnesses in the transaction itself: the program's own event, and what the
 * curve or the vaults gained and lost. Both are read here from the JSON, not by our decoder.
 */
import assert from "node:assert/strict";
import { legend, lines, shared, skipShared, withFolder } from "./executable.ts";

interface Leg {
  signature: string;
  dex: string;
  pool: string;
  ix: string;
  in_mint: string;
  in_amount: string;
  out_mint: string;
  out_amount: string;
}
interface TokenBalance {
  accountIndex: number;
  mint: string;
  owner: string;
  uiTokenAmount: { amount: string };
}
interface Inner {
  index: number;
  instructions: { data?: string; parsed?: { type: string; info: { amount: string } } }[];
}
interface Answer {
  transaction: { signatures?: string[] } | [string, string];
  meta: {
    err: unknown;
    preBalances: number[];
    postBalances: number[];
    preTokenBalances: TokenBalance[];
    postTokenBalances: TokenBalance[];
    innerInstructions: Inner[];
  };
}

const SOL = "So11111111111111111111111111111111111111112";
const EVENTS = { trade: "bddb7fd34ee661ee", buy: "67f4521f2cf57777", sell: "3e2f370aa503dc2a" };
const ANCHOR_EVENT = "e445a52e51cb9a1d";
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(text: string): Uint8Array {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(ALPHABET.indexOf(letter));
  const hex = number.toString(16);
  const bytes = hex === "0"
    ? []
    : (hex.length % 2 ? `0${hex}` : hex).match(/../g)!.map((pair) => parseInt(pair, 16));
  const zeros = text.length - text.replace(/^1+/, "").length;
  return new Uint8Array([...Array(zeros).fill(0), ...bytes]);
}

/** The amounts an event says its pool received and paid, in the order of the events: base first, then quote. */
function eventAmounts({ meta }: Answer): { base: bigint; quote: bigint; buy: boolean }[] {
  const found = [];
  for (const { data } of meta.innerInstructions.flatMap(({ instructions }) => instructions)) {
    if (!data) continue;
    const bytes = base58(data);
    if (bytes.subarray(0, 8).toHex() !== ANCHOR_EVENT) continue;
    const view = new DataView(bytes.buffer);
    const number = (at: number) => view.getBigUint64(16 + at, true);
    const kind = bytes.subarray(8, 16).toHex();
    if (kind === EVENTS.trade) found.push({ base: number(40), quote: number(32), buy: bytes[16 + 48] === 1 });
    // timestamp, base, limit, four reserves, quote, lp bps, lp fee, protocol bps, protocol fee, quote with its lp fee
    // applied
    if (kind === EVENTS.buy || kind === EVENTS.sell) {
      found.push({ base: number(8), quote: number(8 * 12), buy: kind === EVENTS.buy });
    }
  }
  return found;
}

/** What the token accounts of `pool` gained of `mint`; null when it has none. */
function gained({ meta }: Answer, pool: string, mint: string): bigint | null {
  const amount = (list: TokenBalance[]) =>
    list.filter(({ owner, mint: known }) => owner === pool && known === mint).reduce(
      (sum, balance) => sum + BigInt(balance.uiTokenAmount.amount),
      0n,
    );
  const named = [...meta.preTokenBalances, ...meta.postTokenBalances].some(({ owner, mint: known }) =>
    owner === pool && known === mint
  );
  return named ? amount(meta.postTokenBalances) - amount(meta.preTokenBalances) : null;
}

/** What a mint created in this same transaction gave its curve before it sold: the first MintTo (tag 7). */
function minted({ meta }: Answer, mint: string): bigint {
  if (mint === SOL || meta.preTokenBalances.some((balance) => balance.mint === mint)) return 0n;
  for (const { data, parsed } of meta.innerInstructions.flatMap(({ instructions }) => instructions)) {
    if (parsed?.type === "mintTo") return BigInt(parsed.info.amount);
    const bytes = base58(data ?? "");
    if (bytes.length === 9 && bytes[0] === 7) return new DataView(bytes.buffer).getBigUint64(1, true);
  }
  return 0n;
}

Deno.test("every Pump.fun and PumpSwap leg agrees with the program's event and with the balances", {
  ignore: skipShared,
}, () =>
  withFolder(async () => {
    const rows: string[] = [];
    let legs = 0;
    for (const dex of ["Pumpfun", "PumpSwap"]) {
      for (
        const { name } of [...Deno.readDirSync(shared(`tx/${dex}`))].sort((a, b) =>
          a.name.localeCompare(b.name)
        )
      ) {
        const answer = JSON.parse(await Deno.readTextFile(shared(`tx/${dex}/${name}`)));
        const transaction: Answer = answer.result ?? answer;
        const own = lines<Leg>((await legend(["decode", shared(`tx/${dex}/${name}`)])).stdout).filter((
          { dex },
        ) => dex.startsWith("pump_"));
        if (transaction.meta.err !== null) {
          assert.deepEqual(own, [], `${name} failed`);
          continue;
        }
        const events = eventAmounts(transaction);
        const printed = own.map((leg) => {
          const buy = events.find(({ base, buy }) => String(base) === (buy ? leg.out_amount : leg.in_amount));
          return buy ? { leg, event: buy } : { leg, event: undefined };
        });
        for (const { leg, event } of printed) {
          assert.ok(event, `${name} ${leg.ix}: no event with the leg's base amount`);
          // For a curve quoted in a token, the event's SOL field is 0: then the vault is the witness.
          const quote = event.buy ? leg.in_amount : leg.out_amount;
          if (event.quote !== 0n) {
            assert.equal(quote, String(event.quote), `${name} ${leg.ix}: the event's quote`);
          }
          legs += 1;
        }
        for (
          const pool of new Set(own.map(({ pool }) => pool))
        ) {
          const here = own.filter((leg) => leg.pool === pool);
          for (const mint of new Set(here.flatMap(({ in_mint, out_mint }) => [in_mint, out_mint]))) {
            const moved = here.reduce(
              (sum, leg) =>
                sum + (leg.in_mint === mint ? BigInt(leg.in_amount) : 0n) -
                (leg.out_mint === mint ? BigInt(leg.out_amount) : 0n),
              0n,
            );
            const vault = gained(transaction, pool, mint);
            const isCurveSol = mint === SOL && here[0]!.dex === "pump_fun";
            if (vault !== null) {
              assert.equal(moved + minted(transaction, mint), vault, `${name}: ${pool} moved ${mint}`);
            } else assert.ok(isCurveSol, `${name}: no vault of ${pool} for ${mint}`);
            rows.push([
              here[0]!.dex,
              name.slice(0, 8),
              here.map(({ ix }) => ix).join(" "),
              mint.slice(0, 6),
              moved,
              vault ?? "lamports",
            ].join("\t"));
          }
        }
      }
    }
    assert.ok(legs >= 30, `only ${legs} legs`);
    const table = ["dex\ttransaction\tix\tmint\tlegs\tvault", ...rows].join("\n");
    Deno.stdout.writeSync(new TextEncoder().encode(`${table}\n`));
  }));
