import assert from "node:assert/strict";
import { candidates } from "./complete.ts";
import { COMMANDS } from "./registry.ts";

/** The line as typed; what must be offered; what must not. */
const ROWS: [string, string[], string[]][] = [
  ["", ["run", "kill", "topics", "help"], ["list", "--json"]],
  ["topics ", ["create", "tail"], ["run", "--json"]],
  ["help topics ", ["create", "tail"], []],
  ["kill ", ["arbitrage", "mev", "all"], ["--reason"]],
  ["kill mev ", ["arbitrage", "mev", "all"], []],
  ["kill mev --", ["--reason", "--json", "--data-dir"], ["mev", "--port"]],
  ["control mev ", ["start", "policy"], ["mev"]],
  ["topics tail ", ["decision-evidence", "arbitrage-decisions-proto"], ["--follow"]],
  ["topics tail decision-evidence --f", ["--from", "--follow", "--local"], []],
  ["scrape x.parquet --fo", ["--format", "--compress"], []],
  ["scrape x.parquet --format ", ["parquet", "jsonl"], ["--start"]],
  ["scrape x.parquet --type arb --", ["--type", "--start"], []],
  ["run agent mev --so", ["--source", "--accounts"], []],
  ["run ", ["agent", "api", "--source"], []],
  ["config show ", ["api.port", "kafka.brokers"], []],
  ["config show api.port ", ["kafka.brokers"], []],
  ["model show ", ["arbitrage", "mev"], ["newest"]],
  ["model show mev ", ["newest", "baseline"], ["mev"]],
  ["doctor --json --", ["--config"], ["--json"]],
  ["db query ", ["table_sizes"], []],
];
for (const [line, offered, absent] of ROWS) {
  Deno.test(`completion of \`legend ${line}\``, () => {
    const found = candidates(line.split(" "), COMMANDS);
    for (const word of offered) assert.ok(found.includes(word), `${word} of ${found}`);
    for (const word of absent) assert.ok(!found.includes(word), `${word} is not for here: ${found}`);
  });
}

Deno.test("completion knows the versions of the data folder that is named", () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${folder}/models`);
    for (const name of ["libmev_v0a1b.so", "libmev_latest.so", "libarbitrage_v77.so"]) {
      Deno.writeTextFileSync(`${folder}/models/${name}`, "");
    }
    const words = ["model", "deploy", "--data-dir", folder, "mev", ""];
    assert.deepEqual(candidates(words, COMMANDS), ["newest", "baseline", "0a1b"]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
