/** `legend run` over captured data: what it finds, run twice, killed, and read by others at the same time. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { ROOT } from "../../tools/paths.ts";
import { command, legend, lines, shared, skipShared, withFolder } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

interface Status {
  state: string;
  transactions: number;
  legs: number;
  unknown_version: number;
  malformed: number;
  arbitrage: number;
  sandwich: number;
  wide_sandwich: number;
  published: number;
  already_logged: number;
  evidence: number;
  warnings: string[];
}
interface TailLine {
  offset: string;
  type: string;
  data: {
    decision_id: string;
    producer_id: string;
    seq: string;
    tx_signature?: string;
    kind: string;
    tier: string | null;
  };
}
interface Label {
  kind: string;
  ok?: boolean;
  sig: string;
  dexes: string[];
  start_mint: string;
  profit_lamports: string | null;
}

const BLOCKS = ["blocks", "executed/blocks"].flatMap((path) => ["--source", `file:${shared(path)}`]);

const status = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1)!) as Status;
const counts = ({ transactions, legs, arbitrage, sandwich, wide_sandwich }: Status) => ({
  transactions,
  legs,
  arbitrage,
  sandwich,
  wide_sandwich,
});

async function tail(data: string, topic: string): Promise<TailLine[]> {
  const { code, stdout, stderr } = await legend([
    "topics",
    "tail",
    topic,
    "--from",
    "start",
    "--data-dir",
    data,
  ]);
  assert.equal(code, 0, stderr);
  return lines<TailLine>(stdout);
}

/** No duplicates, and sequence numbers from 1 without gaps. */
function assertWhole(published: TailLine[], evidence: TailLine[]): void {
  assert.deepEqual(published.map(({ data }) => Number(data.seq)), published.map((_, at) => at + 1));
  for (const list of [published, evidence]) {
    assert.equal(new Set(list.map(({ data }) => data.decision_id)).size, list.length);
  }
}

Deno.test("run finds the labelled arbitrages of decoded pools with exact net, and the same counts twice", {
  ignore: skipShared,
}, () =>
  withFolder(async (folder) => {
    const args = ["run", ...BLOCKS, "--json", "--data-dir", `${folder}/data`];
    const first = await legend(args);
    assert.equal(first.code, 0, first.stderr);
    const published = await tail(`${folder}/data`, "arbitrage-decisions-proto");
    const evidence = await tail(`${folder}/data`, "decision-evidence");
    assertWhole(published, evidence);
    const net = new Map(
      evidence.map((
        { data },
      ) => [
        JSON.stringify(data),
        data as unknown as { net_lamports: string; cycle?: { signature: string }[] },
      ]),
    );
    const bySignature = new Map(
      [...net.values()].filter(({ cycle }) => cycle).map((
        row,
      ) => [row.cycle![0]!.signature, row.net_lamports]),
    );
    const labels = lines<Label>(await Deno.readTextFile(shared("executed/labels.ndjson")));
    const expected = labels.filter(({ kind, ok, dexes }) =>
      kind === "arbitrage" && ok && !dexes.some((dex) => dex.includes("DAMM"))
    );
    assert.equal(expected.length, 42);
    for (const { sig, profit_lamports } of expected) assert.equal(bySignature.get(sig), profit_lamports, sig);
    const failed = new Set(
      labels.filter(({ kind, ok }) => kind === "arbitrage" && !ok).map(({ sig }) => sig),
    );
    assert.ok(failed.size > 0);
    assert.deepEqual(published.filter(({ data }) => failed.has(data.tx_signature!)), []);
    assert.ok(evidence.every(({ data }) =>
      data.kind === "arbitrage" ? data.tier === null : ["B", "C"].includes(data.tier!)
    ));
    const second = await legend(args);
    assert.deepEqual(counts(status(second.stdout)), counts(status(first.stdout)));
    assert.deepEqual([status(second.stdout).published, status(second.stdout).evidence], [0, 0]);
    assert.equal(status(second.stdout).already_logged, published.length);
    const fresh = await legend([...args.slice(0, -1), `${folder}/other`]);
    assert.deepEqual(counts(status(fresh.stdout)), counts(status(first.stdout)));
  }));

Deno.test(
  "another process reads the events back while run writes them",
  { ignore: skipShared },
  () =>
    withFolder(async (folder) => {
      const data = `${folder}/data`;
      openDataDir(data);
      await legend(["topics", "create", "--data-dir", data]);
      const reader = command([
        "topics",
        "tail",
        "decision-evidence",
        "--from",
        "start",
        "--follow",
        "--limit",
        "20",
        "--data-dir",
        data,
      ]).spawn();
      const run = await legend(["run", ...BLOCKS, "--json", "--data-dir", data]);
      assert.equal(run.code, 0, run.stderr);
      const { code, stdout } = await reader.output();
      assert.equal(code, 0);
      assert.equal(lines(new TextDecoder().decode(stdout)).length, 20);
    }),
);

Deno.test("run killed at any moment and started again leaves the log whole and nothing twice", {
  ignore: skipShared,
}, () =>
  withFolder(async (folder) => {
    const whole = status(
      (await legend(["run", ...BLOCKS, "--json", "--data-dir", `${folder}/whole`])).stdout,
    );
    let interrupted = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const data = `${folder}/${attempt}`;
      const args = ["run", ...BLOCKS, "--json", "--data-dir", data];
      const child = command(args).spawn();
      // The moment of its lifetime at which it is killed.
      await delay(60 + attempt * 17);
      try {
        child.kill("SIGKILL");
      } catch {
        // Ended by itself before the kill; the count below needs some that did not.
      }
      const { code } = await child.output();
      if (code !== 0) interrupted += 1;
      const second = await legend(args);
      assert.equal(second.code, 0, second.stderr);
      const published = await tail(data, "arbitrage-decisions-proto");
      const evidence = await tail(data, "decision-evidence");
      assertWhole(published, evidence);
      assert.deepEqual([published.length, evidence.length], [whole.published, whole.evidence]);
      assert.equal((await legend(["topics", "verify", "--data-dir", data])).code, 0);
    }
    assert.ok(interrupted >= 3, `only ${interrupted} of 12 runs were interrupted`);
  }));

Deno.test(
  "two runs in one data folder: the second is refused with one line",
  { ignore: skipShared },
  () =>
    withFolder(async (folder) => {
      const args = ["run", ...BLOCKS, "--data-dir", `${folder}/data`];
      const outcomes = await Promise.all([legend(args), legend(args), legend(args), legend(args)]);
      const refused = outcomes.filter(({ code }) => code !== 0);
      assert.ok(refused.length >= 1);
      for (const { stderr } of refused) {
        assert.match(stderr, /^Cannot start: another legend runs in .*, stop it or use another --data-dir$/m);
      }
      const published = await tail(`${folder}/data`, "arbitrage-decisions-proto");
      assertWhole(published, await tail(`${folder}/data`, "decision-evidence"));
    }),
);

Deno.test("run reads the bundled example", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await legend([
      "run",
      "--source",
      `file:${ROOT}/examples`,
      "--json",
      "--data-dir",
      folder,
    ]);
    assert.equal(code, 0, stderr);
    const { transactions, sandwich, malformed } = status(stdout);
    assert.deepEqual({ transactions, sandwich, malformed }, { transactions: 20, sandwich: 1, malformed: 0 });
  }));

Deno.test("run counts transactions of an unknown version and reads the rest", () =>
  withFolder(async (folder) => {
    const block = JSON.parse(await Deno.readTextFile(`${ROOT}/examples/slot_285000037.json`));
    block.transactions[0].version = 9;
    block.transactions[1] = { nonsense: true };
    await Deno.writeTextFile(`${folder}/block.json`, JSON.stringify(block));
    const { code, stdout } = await legend([
      "run",
      "--source",
      `file:${folder}/block.json`,
      "--json",
      "--data-dir",
      `${folder}/data`,
    ]);
    assert.equal(code, 0);
    const { transactions, unknown_version, malformed } = status(stdout);
    assert.deepEqual({ transactions, unknown_version, malformed }, {
      transactions: 18,
      unknown_version: 1,
      malformed: 1,
    });
  }));

Deno.test(
  "run with pool state publishes tier A sandwiches, and only those",
  { ignore: skipShared },
  () =>
    withFolder(async (data) => {
      const accounts = shared("executed/accounts_start.ndjson.zst");
      const source = `file:${shared("executed/blocks")}`;
      const run = await legend(["run", "--source", source, "--accounts", accounts, "--data-dir", data]);
      assert.equal(run.code, 0, run.stderr);
      const published = await tail(data, "sandwich-decisions-proto");
      assert.ok(published.length >= 61);
      assert.ok(published.every((line) => line.type === "mev_opportunity" && line.data.tier === "A"));
      assertWhole(published, await tail(data, "decision-evidence"));
    }),
);

Deno.test("explain describes a tier A sandwich and an arbitrage with the numbers they rest on", {
  ignore: skipShared,
}, () =>
  withFolder(async (data) => {
    const accounts = shared("executed/accounts_start.ndjson.zst");
    await legend([
      "run",
      "--source",
      `file:${shared("executed/blocks")}`,
      "--accounts",
      accounts,
      "--data-dir",
      data,
    ]);
    type Expected = Label & {
      victim_loss: { sig: string; loss: string; out_without: string }[];
      dex: string;
    };
    const labels = lines<Expected>(await Deno.readTextFile(shared("executed/labels.ndjson")));
    const sandwich = labels.find(({ kind, dex }) => kind === "sandwich" && dex === "RaydiumV4")!;
    const [victim] = sandwich.victim_loss;
    const explained = await legend(["explain", victim!.sig, "--data-dir", data]);
    assert.equal(explained.code, 0, explained.stderr);
    // The victim may have opened an opportunity too, which is listed first.
    assert.match(explained.stdout, /^sandwich, tier A, slot /m);
    assert.ok(
      explained.stdout.includes(`would have got ${victim!.out_without}: a loss of ${victim!.loss}`),
      explained.stdout,
    );
    assert.ok(
      explained.stdout.includes(`net ${sandwich.profit_lamports} lamports, computed from balances`),
      explained.stdout,
    );
    const line = (await tail(data, "arbitrage-decisions-proto")).find(({ data }) =>
      data.kind === "arbitrage"
    );
    const byId = await legend(["explain", line!.data.decision_id, "--data-dir", data]);
    assert.match(byId.stdout, /^arbitrage, slot \d+: atomic_\dhop\n.*\n {2}hop 1: .*\n {2}hop 2: /);
    const none = await legend(["explain", "0".repeat(32), "--data-dir", data]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Cannot explain 0+: no evidence names it/);
    assert.equal((await legend(["explain", "x", "--data-dir", data])).code, 2);
  }));

Deno.test(
  "run keeps its topics within the configured limits",
  { ignore: skipShared },
  () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/c.toml`, "[log]\nsegment_bytes = 65536\n");
      const data = `${folder}/data`;
      const run = await legend(["run", ...BLOCKS, "--config", `${folder}/c.toml`, "--data-dir", data]);
      assert.equal(run.code, 0, run.stderr);
      // Closed segments may be in packs by now.
      const evidence = `${data}/log/decision-evidence`;
      const files = [...Deno.readDirSync(evidence)].map(({ name }) => name);
      const segments = files.filter((name) => name.endsWith(".seg"));
      assert.ok(segments.some((name) => Number.parseInt(name) > 0), `${files.join(", ")}: none was closed`);
      for (const name of segments) assert.ok(Deno.statSync(`${evidence}/${name}`).size < 2 * 65_536, name);
      assert.ok((await tail(data, "decision-evidence")).length > 150);
    }),
);
