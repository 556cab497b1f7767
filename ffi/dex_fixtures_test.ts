/**
 * Each decoder on real transactions: tests/fixtures/dex/README.md says what is in a row and where it is from.
 * What a row expects is first checked against the balances that the chain recorded, then the decoder is checked.
 */
import assert from "node:assert/strict";
import { LIBRARY, ROOT } from "../tools/paths.ts";
import { Decoder } from "./engine.ts";
import { Library } from "./library.ts";

const FIXTURES = `${ROOT}/tests/fixtures/dex`;
/** The folder of the decoders, one file each; `NO_DECODER`: the table and the rule for all other programs. */
const DECODERS = `${ROOT}/ffi/engine/src/dex`;
const NO_DECODER = new Set(["mod.rs", "amounts_only.rs"]);
const ROWS_MIN = 3;
/** Decoders for which fewer rows than `ROWS_MIN` are known. */
const ROWS_KNOWN: Readonly<Record<string, number>> = { lifinity_v2: 2 };
const WRAPPED_SOL = "So11111111111111111111111111111111111111112";

interface Leg {
  ix: string;
  pool: string;
  user: string;
  in_mint: string;
  in_amount: string;
  out_mint: string;
  out_amount: string;
}
type Expected = Leg & {
  vault_in: string;
  vault_out: string;
  /** Accounts that the program paid its fees to out of `vault_in`. */
  fees_of_vault_in?: string[];
};
interface TokenBalance {
  accountIndex: number;
  mint: string;
  uiTokenAmount: { amount: string };
}
interface Row {
  signature: string;
  slot: number;
  chain: "mainnet" | "local";
  legs: Expected[];
  transaction: {
    slot: number;
    /** Its bytes, or the message with keys as text or objects. */
    transaction: [string, string] | {
      signatures: [string];
      message: { accountKeys: (string | { pubkey: string })[] };
    };
    meta: {
      err: unknown;
      preBalances: number[];
      postBalances: number[];
      preTokenBalances: TokenBalance[];
      postTokenBalances: TokenBalance[];
      loadedAddresses?: { writable: string[]; readonly: string[] };
    };
  };
}

const decoders = [...Deno.readDirSync(DECODERS)].map(({ name }) => name)
  .filter((name) => name.endsWith(".rs") && !NO_DECODER.has(name)).map((name) => name.replace(".rs", ""))
  .sort();

async function rowsOf(dex: string): Promise<Row[]> {
  const text = await Deno.readTextFile(`${FIXTURES}/${dex}.ndjson`);
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

const library = new Library(LIBRARY);

/** All legs of the rows' transactions, each in a file of its own as a node answers it. */
async function decoded(rows: readonly Row[]) {
  const folder = await Deno.makeTempDir({ prefix: "legend-dex-" });
  try {
    for (const { signature, transaction } of rows) {
      await Deno.writeTextFile(`${folder}/${signature}.json`, JSON.stringify(transaction));
    }
    using decoder = new Decoder(library, { paths: [folder] });
    let text = "";
    for (let block = decoder.read(); block.length > 0; block = decoder.read()) {
      text += new TextDecoder().decode(block);
    }
    const legs = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return { legs, summary: decoder.summary() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What an account gained of a mint, by the balances before and after; undefined when these do not show it. */
function gain(
  { transaction: { transaction, meta } }: Row,
  account: string,
  mint: string,
): bigint | undefined {
  const own = Array.isArray(transaction) ? keysOf(transaction[0]) : transaction.message.accountKeys
    .map((key) => typeof key === "string" ? key : key.pubkey);
  // Keys given as objects already include the loaded ones.
  const loaded = own.length === meta.preBalances.length
    ? []
    : [...meta.loadedAddresses?.writable ?? [], ...meta.loadedAddresses?.readonly ?? []];
  const at = [...own, ...loaded].indexOf(account);
  const of = (balances: TokenBalance[]) =>
    balances.find((balance) => balance.accountIndex === at && balance.mint === mint)?.uiTokenAmount.amount;
  const [pre, post] = [of(meta.preTokenBalances), of(meta.postTokenBalances)];
  if (pre !== undefined && post !== undefined) return BigInt(post) - BigInt(pre);
  // A bonding curve holds its SOL itself.
  if (mint !== WRAPPED_SOL || at < 0) return undefined;
  return BigInt(meta.postBalances[at]!) - BigInt(meta.preBalances[at]!);
}

/** The static keys of a legacy or v0 transaction's bytes. */
function keysOf(base64: string): string[] {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const signatures = bytes[0]!;
  let at = 1 + 64 * signatures;
  if (bytes[at]! >= 0x80) at += 1;
  at += 3;
  const count = bytes[at++]!;
  assert.ok(signatures < 0x80 && count < 0x80, "a compact length of one byte");
  return Array.from(
    { length: count },
    (_, key) => base58(bytes.subarray(at + 32 * key, at + 32 * (key + 1))),
  );
}

function base58(bytes: Uint8Array): string {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = "";
  for (; number > 0n; number /= 58n) text = alphabet[Number(number % 58n)] + text;
  const first = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(first < 0 ? bytes.length : first) + text;
}

Deno.test("every decoder has a fixture, and every fixture a decoder", () => {
  const fixtures = [...Deno.readDirSync(FIXTURES)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ndjson")).map((name) => name.replace(".ndjson", "")).sort();
  assert.ok(decoders.length >= 10, `${decoders.length} decoders`);
  assert.deepEqual(fixtures, decoders, "tests/fixtures/dex/<id>.ndjson");
});

for (const dex of decoders) {
  Deno.test(`${dex} gives the legs of real transactions to the unit`, async () => {
    const rows = await rowsOf(dex);
    assert.ok(rows.length >= (ROWS_KNOWN[dex] ?? ROWS_MIN), `${rows.length} rows`);
    assert.equal(new Set(rows.map(({ signature }) => signature)).size, rows.length, "each signature once");
    for (const row of rows) {
      for (const leg of row.legs) {
        const into = [leg.vault_in, ...leg.fees_of_vault_in ?? []].map((account) =>
          gain(row, account, leg.in_mint)
        );
        const sum = into.reduce((sum, gained) => sum! + gained!, 0n);
        assert.equal(String(sum), leg.in_amount, `${row.signature} in`);
        const out = gain(row, leg.vault_out, leg.out_mint);
        assert.equal(String(out), `-${leg.out_amount}`, `${row.signature} out`);
      }
    }
    const { legs, summary } = await decoded(rows);
    assert.deepEqual([summary.transactions, summary.malformed, summary.failed], [rows.length, 0, 0]);
    for (const { signature, slot, legs: expected } of rows) {
      const found = legs.filter((leg) => leg.signature === signature && leg.dex === dex);
      const part = (
        leg: Leg,
      ) => [leg.ix, leg.pool, leg.user, leg.in_mint, leg.in_amount, leg.out_mint, leg.out_amount];
      assert.deepEqual(
        found.map(({ trader, ...leg }) => part({ ...leg, user: trader })),
        expected.map(part),
        `${signature}: these legs and no other`,
      );
      assert.ok(found.every((leg) => leg.slot === slot), signature);
    }
  });
}
