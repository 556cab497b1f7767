/** Bad input: one clear line, the right exit code, nothing lost. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import {
  canMount,
  legend,
  lines,
  messages,
  shared,
  skipShared,
  withFolder,
  withMount,
} from "./executable.ts";

const EXAMPLE = `${ROOT}/examples/slot_285000037.json`;

interface Row {
  name: string;
  prepare?: (folder: string) => Promise<void>;
  args: (folder: string) => string[];
  env?: (folder: string) => Record<string, string>;
  code: number;
  line: RegExp;
}

const run = (
  folder: string,
  path: string,
) => ["run", "--source", `file:${path}`, "--data-dir", `${folder}/data`];

const ROWS: Row[] = [
  {
    name: "no verb that exists",
    args: () => ["trade"],
    code: 2,
    line: /^Cannot run legend trade: no such verb; see `legend --help`$/,
  },
  {
    name: "a source of an unknown kind",
    args: () => ["run", "--source", "carrier-pigeon"],
    code: 2,
    line: /^Cannot use --source carrier-pigeon: need file:PATH, kafka or sim\[:SEED\]$/,
  },
  {
    name: "a missing file",
    args: (f) => run(f, `${f}/none.json`),
    code: 1,
    line: /^Cannot read .*none\.json: it does not exist$/m,
  },
  {
    name: "a truncated zst",
    prepare: async (f) => {
      await Deno.copyFile(EXAMPLE, `${f}/slot_1.json`);
      await new Deno.Command("zstd", { args: ["-q", "--rm", `${f}/slot_1.json`] }).output();
      const bytes = await Deno.readFile(`${f}/slot_1.json.zst`);
      await Deno.writeFile(`${f}/slot_1.json.zst`, bytes.subarray(0, bytes.length >> 1));
    },
    args: (f) => run(f, `${f}/slot_1.json.zst`),
    code: 1,
    line: /^Cannot unpack .*slot_1\.json\.zst: it is truncated$/m,
  },
  {
    name: "a zst that is none",
    prepare: (f) => Deno.writeTextFile(`${f}/x.json.zst`, "{}"),
    args: (f) => run(f, `${f}/x.json.zst`),
    code: 1,
    line: /^Cannot unpack .*x\.json\.zst: /m,
  },
  {
    name: "JSON that is not a block",
    prepare: (f) => Deno.writeTextFile(`${f}/x.json`, '{"hello": "world"}'),
    args: (f) => run(f, `${f}/x.json`),
    code: 1,
    line: /^Cannot read .*x\.json: .*need the answer of getBlock or getTransaction$/m,
  },
  {
    name: "text that is not JSON",
    prepare: (f) => Deno.writeTextFile(`${f}/x.json`, "hello"),
    args: (f) => ["decode", `${f}/x.json`],
    code: 1,
    line: /^Cannot read .*x\.json: it is not JSON/m,
  },
  {
    name: "an RPC error instead of a block",
    prepare: (f) =>
      Deno.writeTextFile(`${f}/x.json`, '{"jsonrpc":"2.0","error":{"code":-32009,"message":"Slot skipped"}}'),
    args: (f) => ["decode", `${f}/x.json`],
    code: 1,
    line: /^Cannot read .*x\.json: it holds the RPC error .*Slot skipped/m,
  },
  {
    name: "a folder without captured data",
    prepare: (f) => Deno.mkdir(`${f}/empty`),
    args: (f) => run(f, `${f}/empty`),
    code: 1,
    line: /^Cannot read .*: no .json, .ndjson, .jsonl or .journal file in it$/m,
  },
  {
    name: "an unknown key in the configuration",
    prepare: (f) => Deno.writeTextFile(`${f}/c.toml`, "[api]\nprot = 1\n"),
    args: (f) => ["config", "check", "--config", `${f}/c.toml`, "--data-dir", `${f}/data`],
    code: 1,
    line: /^Cannot use api\.prot from .*c\.toml: no such key, did you mean api\.port\?$/,
  },
  {
    name: "a wrong type in the configuration",
    prepare: (f) => Deno.writeTextFile(`${f}/c.toml`, '[api]\nport = "many"\n'),
    args: (f) => ["config", "show", "--config", `${f}/c.toml`],
    code: 1,
    line: /^Cannot use api\.port from .*c\.toml: "many": expected number/,
  },
  {
    name: "a data folder of a newer version",
    prepare: async (f) => {
      await Deno.mkdir(`${f}/data`);
      await Deno.writeTextFile(`${f}/data/VERSION`, "legend-data 7\n");
    },
    args: (f) => run(f, EXAMPLE),
    code: 3,
    line:
      /^Cannot use .*data: its version is `legend-data 7`, need `legend-data 1`; use the legend version that wrote it$/m,
  },
  {
    name: "a log of a newer version",
    prepare: async (f) => {
      openDataDir(`${f}/data`);
      await Deno.mkdir(`${f}/data/log`);
      await Deno.writeTextFile(`${f}/data/log/FORMAT`, "legend-log 7\n");
    },
    args: (f) => ["topics", "list", "--data-dir", `${f}/data`],
    code: 3,
    line:
      /^Cannot open .*log\/FORMAT: its format is `legend-log 7`, need `legend-log 2` or an older one; use the legend version that wrote it, or, if the file is damaged, restore it from a copy$/m,
  },
  {
    name: "a data folder that is a file",
    prepare: (f) => Deno.writeTextFile(`${f}/data`, ""),
    args: (f) => run(f, EXAMPLE),
    code: 3,
    line: /^Cannot use the data folder .*data: it is not a folder$/m,
  },
  {
    name: "a topic that does not exist",
    prepare: (f) => Promise.resolve(void openDataDir(`${f}/data`)),
    args: (f) => ["topics", "tail", "nope", "--data-dir", `${f}/data`],
    code: 1,
    line: /^Cannot open topic nope: it does not exist, create it with `legend topics create`$/m,
  },
  {
    name: "a topic name that is a path",
    prepare: (f) => Promise.resolve(void openDataDir(`${f}/data`)),
    args: (f) => ["topics", "tail", "../x", "--data-dir", `${f}/data`],
    code: 1,
    line: /^Cannot use topic name `\.\.\/x`/m,
  },
];

for (const { name, prepare, args, env, code, line } of ROWS) {
  Deno.test(`bad input: ${name} gives one clear line`, () =>
    withFolder(async (folder) => {
      await prepare?.(folder);
      const outcome = await legend(args(folder), { env: env?.(folder) });
      const printed = messages(outcome.stderr).split("\n").filter((text) => text.startsWith("Cannot"));
      assert.equal(outcome.code, code, outcome.stderr);
      assert.equal(printed.length, 1, outcome.stderr);
      assert.match(printed[0]!, line);
      assert.ok(!outcome.stderr.includes("at file:"), "no stack");
    }));
}

Deno.test(
  "bad input: a read-only place for the data gives one clear line",
  { ignore: !canMount },
  () =>
    withFolder(async (folder) => {
      await withMount(`${folder}/ro`, "ro", async () => {
        const { code, stderr } = await legend([
          "run",
          "--source",
          `file:${EXAMPLE}`,
          "--data-dir",
          `${folder}/ro/data`,
        ]);
        assert.equal(code, 3, stderr);
        assert.match(
          stderr,
          /^Cannot use the data folder .*ro\/data: the file system is read-only, choose another with --data-dir$/m,
        );
      });
    }),
);

Deno.test("bad input: one broken file among good ones is reported and the good ones are read", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    await Deno.copyFile(EXAMPLE, `${folder}/in/slot_285000037.json`);
    await Deno.writeTextFile(`${folder}/in/slot_285000038.json`, "{");
    const { code, stdout, stderr } = await legend([
      "run",
      "--source",
      `file:${folder}/in`,
      "--json",
      "--data-dir",
      `${folder}/data`,
    ]);
    assert.equal(code, 1);
    assert.match(messages(stderr), /^Cannot read .*slot_285000038\.json: it is not JSON/m);
    assert.equal(JSON.parse(stdout).transactions, 20);
  }));

/** Disk usage of a folder, in KiB. */
async function usedKib(folder: string): Promise<number> {
  const { stdout } = await new Deno.Command("du", { args: ["-sk", folder] }).output();
  return Number(new TextDecoder().decode(stdout).split("\t")[0]);
}

/** A data folder as it is before an installation's first run. */
async function createTopics(folder: string): Promise<void> {
  openDataDir(folder);
  await legend(["topics", "create", "--data-dir", folder]);
}

async function decisions(place: string): Promise<string[]> {
  const args = ["topics", "tail", "decision-evidence", "--from", "start", "--data-dir", place];
  const tailed = await legend(args);
  assert.equal(tailed.code, 0, tailed.stderr);
  // Two agents write to it, each in its own order.
  return lines<{ data: { decision_id: string } }>(tailed.stdout).map((line) => line.data.decision_id).sort();
}

for (
  const { when, agentsKib, evidence, some } of [
    { when: "before a run", agentsKib: 8, evidence: 0, some: false },
    // Less than the size at which an agent compresses: compression would free space again.
    { when: "during a run", agentsKib: 160, evidence: 0.12, some: true },
  ]
) {
  Deno.test(`a disk that is full ${when} gives clear lines, no damage, and the run can be repeated`, {
    ignore: !canMount || skipShared,
  }, () =>
    withFolder((folder) =>
      withMount(`${folder}/large`, "size=64m,mode=700", async () => {
        const args = ["run", "--source", `file:${shared("executed/blocks")}`, "--json", "--data-dir"];
        const whole = `${folder}/large/whole`;
        await createTopics(whole);
        const topicsKib = await usedKib(whole);
        const ran = await legend([...args, whole]);
        assert.equal(ran.code, 0, ran.stderr);
        assert.ok(JSON.parse(ran.stdout).evidence > 50);
        // As text it is a twentieth larger than on disk before compression.
        const tail = ["topics", "tail", "decision-evidence", "--from", "start", "--data-dir", whole];
        const { stdout } = await legend(tail);
        const kib = topicsKib + agentsKib + Math.round(stdout.length / 1_024 * evidence);
        await withMount(`${folder}/small`, `size=${kib}k,mode=700`, async () => {
          const data = `${folder}/small/data`;
          await createTopics(data);
          const full = await legend([...args, data]);
          assert.equal(full.code, 1, full.stderr);
          const printed = messages(full.stderr).split("\n").filter((line) => line.startsWith("Cannot"));
          // The evidence, and for each agent its state or its status.
          assert.ok(printed.length > 0 && printed.length <= 4, full.stderr);
          for (const line of printed) assert.match(line, /^Cannot .*: the disk is full, free some space$/);
          // Only a kill may go without an audit entry, and the disk has no space for that either.
          const lifted = await legend(["unkill", "mev", "--reason", "x", "--data-dir", data]);
          assert.notEqual(lifted.code, 0);
          assert.match(lifted.stderr, /^Cannot .*: the disk is full, free some space\n$/);
          const more = { args: ["-o", "remount,size=64m", `${folder}/small`] };
          assert.ok((await new Deno.Command("mount", more).output()).success);
          const [kept, all] = [await decisions(data), await decisions(whole)];
          assert.equal(kept.length > 0, some);
          assert.ok(kept.length < all.length);
          const second = await legend([...args, data]);
          assert.equal(second.code, 0, second.stderr);
          assert.deepEqual(await decisions(data), all);
          assert.equal((await legend(["topics", "verify", "--data-dir", data])).code, 0);
        });
      })
    ));
}

Deno.test("a port in use ends the whole run with one line", () =>
  withFolder(async (folder) => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr as Deno.NetAddr;
    const { code, stderr } = await legend([
      "run",
      "--source",
      "sim",
      "--port",
      String(port),
      "--data-dir",
      folder,
    ]);
    listener.close();
    assert.equal(code, 3);
    assert.match(
      messages(stderr),
      new RegExp(
        `^Cannot listen on 127\\.0\\.0\\.1:${port}: another program listens there, use another --port$`,
        "m",
      ),
    );
  }));

Deno.test("secrets are never shown", () =>
  withFolder(async (folder) => {
    const secret = `s3cret-${crypto.randomUUID()}`;
    const env = { MASTER_API_KEY: secret, JWT_SECRET_KEY: secret };
    for (const args of [["config", "show"], ["config", "show", "--json"], ["config", "check"]]) {
      const { stdout, stderr } = await legend([...args, "--data-dir", `${folder}/data`], { env });
      assert.ok(!stdout.includes(secret) && !stderr.includes(secret));
    }
    const shown = await legend(["config", "show", "auth.master_api_key", "--data-dir", `${folder}/data`], {
      env,
    });
    assert.equal(shown.stdout, 'auth.master_api_key = "(set)"  # environment MASTER_API_KEY\n');
  }));

Deno.test("help and completions come out of the executable", async () => {
  const help = await legend(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /topics tail TOPIC/);
  assert.deepEqual(await legend([]), help);
  const script = await legend(["completions", "bash"]);
  const check = new Deno.Command("bash", { args: ["-n", "-c", script.stdout] });
  assert.equal((await check.output()).code, 0, "bash can read it");
});
