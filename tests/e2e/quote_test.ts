/** `legend quote` on the executable: swaps that the real programs executed, one quote, and what is refused. */
import assert from "node:assert/strict";
import { SHARED } from "../../tools/paths.ts";
import { legend, lines, skipShared, withFolder } from "./executable.ts";

const EXECUTED = `${SHARED}/executed`;
/** Lines of the executed swaps by DEX, as their data has them. */
const LINES = {
  meteora_damm_v1: 320,
  meteora_damm_v2: 320,
  meteora_dlmm: 320,
  orca_whirlpool: 320,
  raydium_amm_v4: 400,
  raydium_clmm: 320,
  raydium_cpmm: 320,
};
const DEX_OF: Readonly<Record<string, string>> = {
  MeteoraDAMMv1: "meteora_damm_v1",
  MeteoraDAMMv2: "meteora_damm_v2",
  MeteoraDLMM: "meteora_dlmm",
  OrcaWhirlpool: "orca_whirlpool",
  RaydiumV4: "raydium_amm_v4",
  RaydiumCLMM: "raydium_clmm",
  RaydiumCPMM: "raydium_cpmm",
};

interface Executed {
  dex: string;
  pool: string;
  accounts_file: string;
  input_mint: string;
  amount_in: string;
  amount_in_spent: string | null;
  amount_out_actual: string | null;
  err: unknown;
  slot: number;
  unix_ts: number;
}

interface Answer {
  dex?: string;
  in_amount?: string;
  out_amount?: string;
  error?: string;
}

const executed = async () =>
  lines<Executed>(await Deno.readTextFile(`${EXECUTED}/quotes.ndjson`)).filter(({ dex }) => dex);

Deno.test({
  name: "every swap that the programs executed is quoted to the unit, and refused where they refused",
  ignore: skipShared,
  async fn() {
    const { code, stdout, stderr } = await legend(["quote", "--batch", `${EXECUTED}/quotes.ndjson`]);
    assert.equal(code, 0, stderr);
    const [asked, answers] = [await executed(), lines<Answer>(stdout)];
    assert.equal(answers.length, asked.length);
    const equal: Record<string, number> = {};
    for (const [at, line] of asked.entries()) {
      const { in_amount, out_amount, error } = answers[at]!;
      if (line.err === null) {
        assert.deepEqual(
          [in_amount, out_amount],
          [line.amount_in_spent, line.amount_out_actual],
          `line ${at + 1}`,
        );
      } else {
        assert.match(error ?? "", /^the program refuses: \w+/, `line ${at + 1}`);
      }
      const dex = DEX_OF[line.dex] ?? line.dex;
      equal[dex] = (equal[dex] ?? 0) + 1;
    }
    assert.deepEqual(equal, LINES);
  },
});

Deno.test({
  name: "one quote is one line; a refusal is exit code 1, and says what is missing",
  ignore: skipShared,
  async fn() {
    const [line] = (await executed()).filter(({ err, dex }) => err === null && dex === "RaydiumCPMM");
    const { pool, input_mint, amount_in, accounts_file, amount_out_actual } = line!;
    const file = `${EXECUTED}/${accounts_file}`;
    const words = (
      more: string[],
    ) => ["quote", "--accounts", file, "--pool", pool, "--in", input_mint, ...more];
    const one = await legend(words(["--amount", amount_in]));
    assert.equal(one.code, 0, one.stderr);
    assert.equal(lines<Answer>(one.stdout)[0]!.out_amount, amount_out_actual);
    const all = await legend(words(["--amount", "18446744073709551615"]));
    assert.deepEqual([all.code, lines<Answer>(all.stdout).length], [1, 1], "more than the vault can hold");
    const more = await legend(words(["--amount", "18446744073709551616"]));
    assert.match(lines<Answer>(more.stdout)[0]!.error!, /is not a number below 2\^64/);
    const none = await legend(words(["--amount", "0"]));
    assert.deepEqual([none.code, lines<Answer>(none.stdout)[0]!.error], [
      1,
      "the program refuses: RequireGtViolated",
    ]);
    await withFolder(async (folder) => {
      const snapshot = JSON.parse(await Deno.readTextFile(file));
      snapshot.accounts = { [pool]: snapshot.accounts[pool] };
      await Deno.writeTextFile(`${folder}/part.json`, JSON.stringify(snapshot));
      const part = await legend(
        words(["--amount", "5"]).map((word) => word === file ? `${folder}/part.json` : word),
      );
      assert.equal(part.code, 1);
      assert.match(
        lines<Answer>(part.stdout)[0]!.error!,
        /^the snapshot does not hold the account [1-9A-HJ-NP-Za-km-z]+$/,
      );
    });
  },
});

Deno.test("what is asked wrongly is one line and exit code 2; a batch names the line that is not a quote", () =>
  withFolder(async (folder) => {
    const missing = await legend(["quote", "--pool", "x"]);
    assert.deepEqual([missing.code, missing.stdout, missing.stderr.trim().split("\n").length], [2, "", 1]);
    assert.match(missing.stderr, /--accounts, --in, --amount missing/);
    const both = await legend(["quote", "--batch", "a", "--pool", "x"]);
    assert.deepEqual([both.code, both.stdout], [2, ""]);
    const batch = `${folder}/batch.ndjson`;
    await Deno.writeTextFile(
      batch,
      '{"pool":1}\n{"pool":"x","accounts_file":"none.json","input_mint":"y","amount_in":"1","slot":1,"unix_ts":1}\n',
    );
    const broken = await legend(["quote", "--batch", batch]);
    const [first, second] = lines<Answer>(broken.stdout);
    assert.match(first!.error!, /^Cannot quote line 1: .*need \{pool, accounts_file/);
    assert.match(second!.error!, /^Cannot read .*none\.json/);
    assert.deepEqual([broken.code, broken.stderr.trim()], [
      1,
      "Cannot quote 2 of the lines: their answers say why",
    ]);
  }));
