/** `legend decode` against independent witnesses on real chain data. */
import assert from "node:assert/strict";
import { legend, lines, shared, skipShared } from "./executable.ts";

interface Leg {
  slot: number;
  index: number;
  signature: string;
  ix: string;
  leg: number;
  dex: string;
  pool: string | null;
  in_mint: string;
  in_amount: string;
  out_mint: string;
  out_amount: string;
  trader_in: string;
  trader_out: string;
}

Deno.test(
  "decode gives every leg of legs.ndjson to the unit",
  { ignore: skipShared },
  async () => {
    const { code, stdout, stderr } = await legend(["decode", shared("blocks"), shared("tx")]);
    assert.equal(code, 0, stderr);
    const found = new Map(lines<Leg>(stdout).map((leg) => [`${leg.signature} ${leg.ix} ${leg.leg}`, leg]));
    const expected = lines<Leg>(await Deno.readTextFile(shared("legs.ndjson")));
    assert.equal(expected.length, 155);
    for (const want of expected) {
      const leg = found.get(`${want.signature} ${want.ix} 0`);
      assert.ok(leg, `no leg ${want.signature} ${want.ix}`);
      const part = ({ dex, in_mint, in_amount, out_mint, out_amount }: Leg) => ({
        dex,
        in_mint,
        in_amount,
        out_mint,
        out_amount,
      });
      assert.deepEqual(part(leg), part(want), want.signature);
      if (want.pool !== null) assert.equal(leg.pool, want.pool, want.signature);
    }
  },
);

Deno.test("decode gives no leg of a failed transaction", { ignore: skipShared }, async () => {
  const { stdout, stderr } = await legend([
    "decode",
    shared("blocks"),
    shared("tx"),
    shared("executed/blocks"),
  ]);
  const signatures = new Set(lines<Leg>(stdout).map(({ signature }) => signature));
  const failed = (await failedSignatures(shared("blocks/slot_285000037.json.zst"))).concat(
    ...await Promise.all(
      [...Deno.readDirSync(shared("executed/blocks"))].map(({ name }) =>
        failedSignatures(shared(`executed/blocks/${name}`))
      ),
    ),
  );
  assert.equal(failed.length, 437);
  assert.deepEqual(failed.filter((signature) => signatures.has(signature)), []);
  assert.equal(
    (JSON.parse(stderr.trim().split("\n").at(-1)!)).failed,
    437 + 7,
    "7 more among the single transactions",
  );
});

/** From the JSON itself, decompressed by another program. */
async function failedSignatures(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("zstd", { args: ["-dcq", path] }).output();
  const block = JSON.parse(new TextDecoder().decode(stdout));
  type Transaction = { meta: { err: unknown }; transaction: { signatures: [string] } };
  return block.transactions.filter(({ meta }: Transaction) => meta.err !== null).map((
    { transaction }: Transaction,
  ) => transaction.signatures[0]);
}

Deno.test("decode reads all forms of one block alike", { ignore: skipShared }, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { stdout } = await new Deno.Command("zstd", {
      args: ["-dcq", shared("blocks/slot_285000037.json.zst")],
    }).output();
    const block = JSON.parse(new TextDecoder().decode(stdout));
    const plain = (await legend(["decode", shared("blocks")])).stdout;
    assert.equal(lines(plain).length, 140);
    const forms: Record<string, string> = {
      "285000037.json": JSON.stringify(block),
      "block_285000037.json": JSON.stringify({ jsonrpc: "2.0", result: block, id: 1 }),
      "array.json": JSON.stringify([{ slot: 285000037, block }]),
      "lines.ndjson": `${JSON.stringify({ slot: 285000037, block })}\n`,
      "slot_285000037.json": JSON.stringify({ ...block, transactions: block.transactions.map(parsedForm) }),
    };
    for (const [name, text] of Object.entries(forms)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      assert.equal((await legend(["decode", `${folder}/${name}`])).stdout, plain, name);
    }
    await new Deno.Command("gzip", { args: [`${folder}/285000037.json`] }).output();
    assert.equal((await legend(["decode", `${folder}/285000037.json.gz`])).stdout, plain, "gzip");
    await Deno.writeTextFile(`${folder}/bare.json`, JSON.stringify(block));
    assert.match(
      (await legend(["decode", `${folder}/bare.json`])).stderr,
      /neither it nor the file name states its slot, use --slot/,
    );
    assert.equal(
      (await legend(["decode", `${folder}/bare.json`, "--slot", "285000037"])).stdout,
      plain,
      "--slot",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

interface Message {
  header: { numRequiredSignatures: number };
  accountKeys: string[];
  instructions: Instruction[];
}
interface Instruction {
  programIdIndex: number;
  accounts: number[];
  data: string;
  stackHeight?: number;
}

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/** The jsonParsed form of a transaction: keys as objects, token transfers parsed, other instructions with keys. */
// deno-lint-ignore no-explicit-any
function parsedForm(entry: any): unknown {
  const message = entry.transaction.message as Message;
  const loaded = entry.meta.loadedAddresses ?? { writable: [], readonly: [] };
  const keys = [...message.accountKeys, ...loaded.writable, ...loaded.readonly] as string[];
  const accountKeys = keys.map((pubkey, at) => ({
    pubkey,
    signer: at < message.header.numRequiredSignatures,
    writable: true,
    source: at < message.accountKeys.length ? "transaction" : "lookupTable",
  }));
  const words = (instruction: Instruction) => {
    const programId = keys[instruction.programIdIndex]!;
    const accounts = instruction.accounts.map((at) => keys[at]!);
    const bytes = programId === TOKEN ? base58(instruction.data) : new Uint8Array();
    const { stackHeight } = instruction;
    if (bytes[0] === 3) {
      const [source, destination, authority] = accounts;
      const amount = String(new DataView(bytes.buffer).getBigUint64(1, true));
      return {
        program: "spl-token",
        programId,
        stackHeight,
        parsed: { type: "transfer", info: { source, destination, authority, amount } },
      };
    }
    if (bytes[0] === 12) {
      const [source, mint, destination, authority] = accounts;
      const amount = String(new DataView(bytes.buffer).getBigUint64(1, true));
      const tokenAmount = { amount, decimals: bytes[9] };
      const info = { source, mint, destination, authority, tokenAmount };
      return { program: "spl-token", programId, stackHeight, parsed: { type: "transferChecked", info } };
    }
    return { programId, accounts, data: instruction.data, stackHeight };
  };
  const { header: _, ...rest } = message;
  return {
    ...entry,
    transaction: {
      ...entry.transaction,
      message: { ...rest, accountKeys, instructions: message.instructions.map(words) },
    },
    meta: {
      ...entry.meta,
      innerInstructions: entry.meta.innerInstructions.map((
        group: { index: number; instructions: Instruction[] },
      ) => ({
        index: group.index,
        instructions: group.instructions.map(words),
      })),
    },
  };
}

function base58(text: string): Uint8Array {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(alphabet.indexOf(letter));
  const bytes: number[] = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n));
  const zeros = text.length - text.replace(/^1+/, "").length;
  return new Uint8Array([...Array(zeros).fill(0), ...bytes]);
}
