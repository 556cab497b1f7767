// The peer: solana-dex-parser on the same blocks. `node dex_parser.mjs MODULES_FOLDER BLOCK_JSON…` prints nanoseconds
// per transaction, from parsed JSON (`ns`) and from its text (`text_ns`), and the legs it found.
import { readFileSync } from "node:fs";
import process from "node:process";
import { createRequire } from "node:module";

const [folder, ...files] = process.argv.slice(2);
const { DexParser } = createRequire(`${folder}/`)("solana-dex-parser");
const parser = new DexParser();
const blocks = files.map((
  file,
) => [Number(/(\d+)\.json$/.exec(file)[1]), JSON.parse(readFileSync(file, "utf8"))]);
const times = [];
let legs = 0, transactions = 0;
for (let round = 0; round < 4; round++) {
  const begin = process.hrtime.bigint();
  legs = transactions = 0;
  for (const [slot, block] of blocks) {
    for (const transaction of block.transactions) {
      transactions += 1;
      legs += parser.parseTrades({ ...transaction, slot, blockTime: block.blockTime }).length;
    }
  }
  times.push(Number(process.hrtime.bigint() - begin) / transactions);
}
times.sort((a, b) => a - b);
const texts = files.map((file) => readFileSync(file, "utf8"));
const parses = [0, 1, 2].map(() => {
  const begin = process.hrtime.bigint();
  for (const text of texts) JSON.parse(text);
  return Number(process.hrtime.bigint() - begin) / transactions;
});
parses.sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({ ns: times[1], text_ns: times[1] + parses[1], legs, transactions })}\n`,
);
