/** Tips of all landing services are distinguished; a file names more services; who else is paid like one is found. */
import assert from "node:assert/strict";
import { legend, lines, withFolder } from "../e2e/executable.ts";

const SYSTEM = "11111111111111111111111111111111";
const JITO = "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5";
const NOZOMI = "TEMPaMeCRFAS9EKF53Jd6KpHxgL47uWLcpFArU1Fanq";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(bytes: Uint8Array): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + text;
}

/** Bytes that are unique to the number. */
const bytes = (length: number, number: number) =>
  Uint8Array.from({ length }, (_, at) => at % 2 === 0 ? number + 1 : at + 1);
const wallet = (number: number) => base58(bytes(32, number));

function transferData(lamports: bigint): string {
  const data = new Uint8Array(12);
  data[0] = 2;
  new DataView(data.buffer).setBigUint64(4, lamports, true);
  return base58(data);
}

type Paid = readonly [from: number, to: string, lamports: bigint, failed?: true];

/** A block of plain transfers as returned by getBlock in the encoding json. */
function block(slot: number, paid: readonly Paid[]) {
  return {
    slot,
    blockTime: 1_700_000_000,
    blockhash: wallet(99),
    previousBlockhash: wallet(98),
    parentSlot: slot - 1,
    blockHeight: slot,
    transactions: paid.map(([from, to, lamports, failed], index) => ({
      transaction: {
        signatures: [base58(bytes(64, index))],
        message: {
          header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
          accountKeys: [wallet(from), to, SYSTEM],
          recentBlockhash: wallet(97),
          instructions: [{ programIdIndex: 2, accounts: [0, 1], data: transferData(lamports) }],
        },
      },
      meta: {
        err: failed ? { InstructionError: [0, "InsufficientFunds"] } : null,
        fee: 5_000,
        preBalances: [10_000_000_000, 1_000_000_000, 1],
        postBalances: [9_000_000_000, 1_000_000_000, 1],
        innerInstructions: [],
        preTokenBalances: [],
        postTokenBalances: [],
        loadedAddresses: { readonly: [], writable: [] },
      },
      version: "legacy",
    })),
  };
}

interface TipReport {
  tip_services: unknown;
  tip_candidates: unknown;
  tip_candidate_accounts: unknown;
}
const tips = ({ tip_services, tip_candidates, tip_candidate_accounts }: TipReport) => ({
  services: tip_services,
  candidates: tip_candidates,
  accounts: tip_candidate_accounts,
});

const [MANY, FEW, MINE] = [wallet(200), wallet(201), wallet(202)];
const PAID: readonly Paid[] = [
  ...Array.from({ length: 9 }, (_, at): Paid => [at, MANY, 100n]),
  // A failed one has paid nothing.
  [10, MANY, 100n, true],
  // Often, but only by seven.
  ...Array.from({ length: 14 }, (_, at): Paid => [at % 7, FEW, 100n]),
  ...Array.from({ length: 9 }, (_, at): Paid => [at, MINE, 1_000n]),
  [0, JITO, 2_000n],
  [1, JITO, 3_000n],
  [2, NOZOMI, 4_000n],
  [3, NOZOMI, 4_000n, true],
];

Deno.test("engine 10: tips are counted by service, a file names more of them, and an account that is paid like one is a candidate", () =>
  withFolder(async (folder) => {
    const [blocks, file, config] = [
      `${folder}/slot_7.json`,
      `${folder}/tips.ndjson`,
      `${folder}/legend.toml`,
    ];
    await Deno.writeTextFile(blocks, JSON.stringify(block(7, PAID)));
    await Deno.writeTextFile(file, `${JSON.stringify({ account: MINE, service: "mine" })}\n`);
    await Deno.writeTextFile(config, `[tips]\nfile = ${JSON.stringify(file)}\n`);
    const base = [
      { service: "jito", payments: 2, lamports: "5000" },
      { service: "nozomi", payments: 1, lamports: "4000" },
    ];
    const many = { account: MANY, payers: 9, payments: 9, lamports: "900" };
    const mine = { account: MINE, payers: 9, payments: 9, lamports: "9000" };
    const byAccount = (one: { account: string }, other: { account: string }) =>
      one.account < other.account ? -1 : 1;
    const decoded = async (more: string[] = []) => {
      const { code, stderr } = await legend(["decode", blocks, ...more]);
      assert.equal(code, 0, stderr);
      const reported = tips(JSON.parse(stderr));
      return { ...reported, accounts: (reported.accounts as { account: string }[]).toSorted(byAccount) };
    };
    assert.deepEqual(await decoded(), {
      services: base,
      candidates: 2,
      accounts: [many, mine].toSorted(byAccount),
    });
    const expected = {
      services: [{ service: "mine", payments: 9, lamports: "9000" }, ...base],
      candidates: 1,
      accounts: [many],
    };
    assert.deepEqual(await decoded(["--config", config]), expected);
    const replayed = await legend(["replay", blocks, "--config", config]);
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.deepEqual(tips(lines(replayed.stdout).at(-1) as unknown as TipReport), expected);
    const words = ["run", "agent", "mev", "--source", `file:${blocks}`, "--config", config, "--json"];
    const ran = await legend([...words, "--data-dir", `${folder}/data`]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(tips(JSON.parse(ran.stdout)), expected);
  }));

Deno.test("engine 10: a bad file of tip accounts ends what reads it with exit code 2, before anything is done", () =>
  withFolder(async (folder) => {
    const [file, config, data] = [`${folder}/tips.ndjson`, `${folder}/legend.toml`, `${folder}/data`];
    await Deno.writeTextFile(
      file,
      `${JSON.stringify({ account: MINE, service: "mine" })}\n{"account": "x"}\n`,
    );
    await Deno.writeTextFile(config, `[tips]\nfile = ${JSON.stringify(file)}\n`);
    const with_ = ["--config", config, "--data-dir", data];
    for (
      const words of [
        ["decode", file, "--config", config],
        ["replay", "--seed", "7", ...with_],
        ["run", "agent", "mev", "--source", "sim:7", ...with_],
        ["run", "--source", "sim:7", "--port", "1", ...with_],
      ]
    ) {
      const { code, stdout, stderr } = await legend(words);
      assert.deepEqual([code, stdout], [2, ""], `${words}: ${stderr}`);
      assert.match(
        stderr,
        /^Cannot use tips\.file \S+tips\.ndjson: line 2: account: need base58 of 32 bytes\n$/,
      );
      await assert.rejects(Deno.stat(data), Deno.errors.NotFound, `${words}`);
    }
  }));

Deno.test("engine 10: what landed says which service its tips went to, in replay, evidence and explain", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const replayed = await legend(["replay", "--seed", "7", "--blocks", "40", "--data-dir", data]);
    assert.equal(replayed.code, 0, replayed.stderr);
    type Event = {
      kind: string;
      decision_id: string;
      tip_lamports: string;
      tips_by_service: Record<string, string>;
    };
    const events = lines<Event>(replayed.stdout).slice(0, -1).filter(({ kind }) => !kind.startsWith("open_"));
    const tipped = events.filter(({ tip_lamports }) => tip_lamports !== "0");
    assert.ok(tipped.length > 0);
    for (const { tip_lamports, tips_by_service } of events) {
      // The simulator's traders use only one service.
      assert.deepEqual(tips_by_service, tip_lamports === "0" ? {} : { jito: tip_lamports });
    }
    const [{ decision_id, tip_lamports }] = tipped as [Event];
    const explained = await legend(["explain", decision_id, "--data-dir", data]);
    assert.equal(explained.code, 0, explained.stderr);
    assert.ok(
      explained.stdout.includes(`tips of ${tip_lamports} lamports (jito ${tip_lamports})`),
      explained.stdout,
    );
    const evidence = lines<Event>(
      (await legend(["explain", decision_id, "--json", "--data-dir", data])).stdout,
    );
    assert.deepEqual(evidence.map(({ tips_by_service }) => tips_by_service), [{ jito: tip_lamports }]);
  }));
