/**
 * The contract is the rule, not the files: the answers are the same when every wallet, mint and pool has another key,
 * slots are shifted, and transactions are reordered that share no account which one of them writes.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { shared, skipShared, withFolder } from "./executable.ts";
import { replay, type ReplayEvent } from "./replay.ts";

interface Transaction {
  transaction: {
    signatures: string[];
    message: {
      header: {
        numRequiredSignatures: number;
        numReadonlySignedAccounts: number;
        numReadonlyUnsignedAccounts: number;
      };
      accountKeys: string[];
      instructions: { programIdIndex: number }[];
    };
  };
  meta: {
    loadedAddresses: { writable: string[]; readonly: string[] };
    innerInstructions: { instructions: { programIdIndex: number }[] }[];
  };
}
interface Block {
  parentSlot: number;
  transactions: Transaction[];
}
interface Account {
  pubkey: string;
  owner: string;
  lamports: number;
  data: string;
}

const SLOT_SHIFT = 1_000_000;
const KEPT = [
  "So11111111111111111111111111111111111111112",
  "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
  "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
  "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
  "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49",
  "DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh",
  "ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt",
  "DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL",
  "3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT",
];

async function unpack(path: string): Promise<string> {
  const { stdout, success } = await new Deno.Command("zstd", { args: ["-dcq", path] }).output();
  assert.ok(success, path);
  return new TextDecoder().decode(stdout);
}

/** splitmix64: the same reordering in every run. */
function random(seed: bigint): () => number {
  let state = seed;
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  return () => {
    state = wrap(state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = wrap((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
}

const allKeys = ({ transaction, meta }: Transaction) => [
  ...transaction.message.accountKeys,
  ...meta.loadedAddresses.writable,
  ...meta.loadedAddresses.readonly,
];

function writable(entry: Transaction): Set<string> {
  const { header, accountKeys } = entry.transaction.message;
  const signedWritable = header.numRequiredSignatures - header.numReadonlySignedAccounts;
  const unsignedEnd = accountKeys.length - header.numReadonlyUnsignedAccounts;
  const own = accountKeys.filter((_, at) =>
    at < signedWritable || (at >= header.numRequiredSignatures && at < unsignedEnd)
  );
  return new Set([...own, ...entry.meta.loadedAddresses.writable]);
}

function independent(a: Transaction, b: Transaction): boolean {
  const [writesA, writesB] = [writable(a), writable(b)];
  return !allKeys(a).some((key) => writesB.has(key)) && !allKeys(b).some((key) => writesA.has(key));
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function toBase58(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  for (let at = 0; bytes[at] === 0; at++) text = `1${text}`;
  return text;
}

function fromBase58(text: string): Buffer {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(ALPHABET.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(64, "0"), "hex");
}

/** The part that must not change, with keys mapped. */
function answer(event: ReplayEvent, rename: (key: string) => string, shift: number): string {
  const {
    kind,
    tier,
    pool,
    slot,
    front,
    victims,
    back,
    tips,
    links,
    failed,
    net_lamports,
    victim_losses,
    hops,
  } = event;
  const sorted = (list: string[]) => [...list].sort();
  const losses = victim_losses.map(({ signature, loss }) => `${signature} ${loss}`).sort();
  return JSON.stringify([
    kind,
    tier,
    rename(pool),
    slot + shift,
    sorted(front),
    sorted(victims),
    sorted(back),
    sorted(tips),
    sorted(links),
    sorted(failed),
    net_lamports,
    losses,
    hops,
  ]);
}

/** What landed; an opportunity depends on the moment, and so on the order of everything before it. */
async function observed(args: string[]) {
  const answer = await replay(args);
  return { ...answer, events: answer.events.filter(({ kind }) => !kind.startsWith("open_")) };
}

/** The captured blocks by slot, and the accounts in their earlier state. */
async function captured(): Promise<{ blocks: Map<number, Block>; accounts: Account[] }> {
  const names = [...Deno.readDirSync(shared("executed/blocks"))].map(({ name }) => name);
  const blocks = new Map<number, Block>();
  for (const name of names) {
    blocks.set(Number(name.split(".")[0]), JSON.parse(await unpack(shared(`executed/blocks/${name}`))));
  }
  const accounts = (await unpack(shared("executed/accounts_start.ndjson.zst"))).trim().split("\n").map((
    line,
  ) => JSON.parse(line) as Account);
  return { blocks, accounts };
}

/** Another key for each key, except those of programs and the system. */
function otherKeys(
  blocks: ReadonlyMap<number, Block>,
  accounts: readonly Account[],
  next: () => number,
): Map<string, string> {
  const programs = new Set([...KEPT, ...accounts.map(({ owner }) => owner)]);
  const keys = new Set(accounts.map(({ pubkey }) => pubkey));
  for (const { transactions } of blocks.values()) {
    for (const entry of transactions) {
      const all = allKeys(entry);
      for (const key of all) keys.add(key);
      const inner = entry.meta.innerInstructions.flatMap(({ instructions }) => instructions);
      for (const { programIdIndex } of [...entry.transaction.message.instructions, ...inner]) {
        programs
          .add(all[programIdIndex]!);
      }
    }
  }
  const renamed = new Map<string, string>();
  for (const key of keys) {
    if (programs.has(key) || key.startsWith("Sysvar") || /^1+$/.test(key)) continue;
    renamed.set(
      key,
      toBase58(Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0) + Math.floor(next() * 255))),
    );
  }
  return renamed;
}

/** Renames the keys within base64 data. */
function renameIn(renamed: ReadonlyMap<string, string>): (data: string) => string {
  const bytes = new Map(
    [...renamed].map((
      [from, to],
    ) => [fromBase58(from).toString("latin1"), fromBase58(to).toString("latin1")]),
  );
  return (data: string) => {
    const raw = Buffer.from(data, "base64").toString("latin1");
    let out = "";
    for (let at = 0; at < raw.length;) {
      const to = bytes.get(raw.slice(at, at + 32));
      out += to ?? raw[at];
      at += to ? 32 : 1;
    }
    return Buffer.from(out, "latin1").toString("base64");
  };
}

/** Writes the blocks with other keys, shifted slots, and independent transactions in another order. */
async function writeBlocks(
  folder: string,
  blocks: ReadonlyMap<number, Block>,
  next: () => number,
  rename: (key: string) => string,
): Promise<void> {
  let moved = 0;
  const renameText = (text: string) => text.replace(/[1-9A-HJ-NP-Za-km-z]{32,44}/g, rename);
  await Deno.mkdir(folder);
  for (const [slot, block] of blocks) {
    const list = block.transactions;
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at + 1 < list.length; at++) {
        if (next() < 0.5 && independent(list[at]!, list[at + 1]!)) {
          [list[at], list[at + 1]] = [list[at + 1]!, list[at]!];
          moved += 1;
        }
      }
    }
    await Deno.writeTextFile(
      `${folder}/${slot + SLOT_SHIFT}.json`,
      renameText(JSON.stringify(block)),
    );
  }
  assert.ok(moved > 1000, `only ${moved} transactions changed places`);
}

Deno.test(
  "replay gives the same answers under other keys, shifted slots and another order of independent transactions",
  {
    ignore: skipShared,
  },
  () =>
    withFolder(async (folder) => {
      const { blocks, accounts } = await captured();
      const next = random(42n);
      const renamed = otherKeys(blocks, accounts, next);
      const rename = (key: string) => renamed.get(key) ?? key;

      await writeBlocks(`${folder}/blocks`, blocks, next, rename);
      assert.ok(renamed.size > 500, `only ${renamed.size} keys renamed`);
      const renameData = renameIn(renamed);
      const lines = accounts.map((account) =>
        JSON.stringify({ ...account, pubkey: rename(account.pubkey), data: renameData(account.data) })
      );
      await Deno.writeTextFile(`${folder}/accounts.ndjson`, lines.join("\n"));

      const before = await observed([
        shared("executed/blocks"),
        "--accounts",
        shared("executed/accounts_start.ndjson.zst"),
      ]);
      const after = await observed([`${folder}/blocks`, "--accounts", `${folder}/accounts.ndjson`]);
      const expected = before.events.map((event) => answer(event, rename, SLOT_SHIFT)).sort();
      const got = after.events.map((event) => answer(event, (key) => key, 0)).sort();
      assert.deepEqual(got, expected);
    }),
);
