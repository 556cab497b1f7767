/** Every example of every help, on the executable. */
import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/registry.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { Library } from "../../ffi/library.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import { environment, legend, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";
import { EXAMPLE_BLOCK, freePort, LIMIT_MS, textLines } from "./command_line.ts";

const library = new Library(LIBRARY);
/** Verbs that run until they are stopped. */
const ENDLESS = /legend run (--source sim|api|link|mirror|sink|worker)/;
/** What their examples need but this build or host lacks: exit code 3, and the line names it. */
const NEEDS: Readonly<Record<string, RegExp>> = {
  "run store": /built with --slim/,
  "db migrate": /store|CLICKHOUSE_URL/,
  "db accept-log": /store|CLICKHOUSE_URL/,
  "model compare": /store|CLICKHOUSE_URL/,
};
/** Checks that may find that something is wrong: this is their result, on stdout. */
const JUDGES = new Set(["doctor", "slo"]);

/** Verbs that can succeed only once; verbs whose output is not a record. */
const ONCE = /^(audit export|capture|job cancel|job retry|model import|user add|user remove)$/;
const NO_RECORDS = new Set(["completions", "model report"]);

Deno.test("operator 21: whatever prints results takes --json", () => {
  for (const { name, group, flags = [] } of COMMANDS) {
    const isPart = group === "Single parts" && name !== "run agent";
    const has = flags.some((flag) => flag.name === "json");
    assert.equal(has, !isPart && !NO_RECORDS.has(name), name);
  }
});

/** A Raydium v4 pool of mainnet, SOL and USDC, whose accounts are in tests/fixtures/pool.json (public chain data). */
const POOL = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2";
const SOL = "So11111111111111111111111111111111111111112";

Deno.test("operator 21: every example of every help runs as written, and again with --json gives NDJSON", () =>
  withFolder(async (folder) => {
    const env = {
      LEGEND_DATA_DIR: `${folder}/data`,
      PATH: `${folder}:/usr/bin:/bin`,
      JWT_SECRET_KEY: "secret-of-the-test-0123456789",
    };
    const shell = (line: string) =>
      new Deno.Command("bash", {
        args: ["-c", line],
        cwd: folder,
        clearEnv: true,
        env: environment(env),
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      });
    await prepare(folder, env);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    for (const [name, example] of inOrder()) {
      if (ENDLESS.test(example)) {
        const line = example.replace("--port 8080", `--port ${freePort()}`);
        await runsUntilStopped(shell(line.replace("legend ", "exec legend ")), example);
        continue;
      }
      const { code, stdout, stderr } = await shell(example).output();
      const printed = `${example}: ${code} ${text(stdout).slice(-300)} ${text(stderr).slice(-500)}`;
      const need = NEEDS[name];
      const examples = COMMANDS.find((command) => command.name === name)!.examples;
      const isJsonTried = example !== examples[0] || examples.some((line) => line.includes("--json"));
      if (!need && !isJsonTried && !ONCE.test(name) && !NO_RECORDS.has(name)) {
        const second = await shell(`${example} --json`).output();
        assert.equal(second.code, code, `${example} --json: ${text(second.stderr)}`);
        for (const line of textLines(text(second.stdout))) {
          assert.doesNotThrow(() => line === "" || JSON.parse(line), `${example} --json: ${line}`);
        }
      }
      if (need) {
        assert.equal(code, 3, printed);
        assert.match(text(stderr), need, printed);
      } else if (JUDGES.has(name)) {
        assert.ok(code === 0 || (code === 1 && text(stdout).trim() !== ""), printed);
      } else assert.equal(code, 0, printed);
    }
  }));

/** Files that the examples name, an installation that has run, and one of every object that the examples use. */
async function prepare(folder: string, env: Record<string, string>): Promise<void> {
  await Deno.symlink(new URL(`file://${ROOT}/dist/legend`).pathname, `${folder}/legend`);
  await Deno.mkdir(`${folder}/blocks`);
  await Deno.copyFile(EXAMPLE_BLOCK, `${folder}/blocks/slot_285000037.json`);
  await Deno.copyFile(EXAMPLE_BLOCK, `${folder}/block.json`);
  await Deno.copyFile(`${ROOT}/tests/fixtures/pool.json`, `${folder}/pool.json`);
  const asked = {
    accounts_file: "pool.json",
    pool: POOL,
    input_mint: SOL,
    amount_in: "5",
    slot: 1,
    unix_ts: 1,
  };
  await Deno.writeTextFile(`${folder}/quotes.ndjson`, `${JSON.stringify(asked)}\n`);
  const own = async (...words: string[]) => {
    const { code, stderr } = await legend(words, { env, cwd: folder });
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
  };
  await own("run", "--source", "file:blocks");
  await own("topics", "create");
  await own("user", "add", "admin", "admin");
  // A model with a report, and the file of another model.
  await registerSmallModel(new ModelRegistry(library, `${folder}/data`, ""), 1, {
    ...{ features: "default", importance: [], per_dex: [], params: {}, rounds: 1, split: "by time" },
  });
  openDataDir(`${folder}/other`);
  const version = await registerSmallModel(new ModelRegistry(library, `${folder}/other`, ""), 2);
  await Deno.copyFile(`${folder}/other/models/libmev_v${version}.so`, `${folder}/model.so`);
}

/** Every example with its verb, ordered so that each finds what it needs. */
function inOrder(): [string, string][] {
  const rank = [
    /^run$/,
    /^user add/,
    /^key new/,
    /^scrape/,
    /^job (show|list|logs)/,
    /^job cancel/,
  ];
  const last = [/^model import/, /^key rotate/, /^key revoke/, /^user remove/];
  const place = (name: string) => {
    const early = rank.findIndex((pattern) => pattern.test(name));
    const late = last.findIndex((pattern) => pattern.test(name));
    return early >= 0 ? early : late >= 0 ? 100 + late : 50;
  };
  return COMMANDS.flatMap(({ name, examples }) => examples.map((line): [string, string] => [name, line]))
    .sort(([a], [b]) => place(a) - place(b));
}

/** Resolves when the process handles SIGTERM itself. */
async function listensForTerm(pid: number): Promise<void> {
  const TERM = 1n << 14n;
  for (const end = performance.now() + LIMIT_MS; performance.now() < end;) {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
      if ((caught & TERM) !== 0n) return;
    } catch {
      // The process has ended; its code is the result.
      return;
    }
    await delay(20);
  }
}

/** Starts, is still alive after it has begun its work, and ends with 0 on request. */
async function runsUntilStopped(shell: Deno.Command, example: string): Promise<void> {
  const child = shell.spawn();
  const printed = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const ended = child.status.then(({ code }) => code);
  // From then on the verb has loaded its code and opens what it needs. There is no condition to wait for that it does
  // not end.
  const alive = listensForTerm(child.pid).then(() => delay(500));
  const early = await Promise.race([ended, alive]);
  if (early === undefined) child.kill("SIGTERM");
  const code = await ended;
  const [stdout, stderr] = await printed;
  assert.ok(early === undefined && code === 0, `${example}: ended with ${code}: ${stdout}${stderr}`);
}
