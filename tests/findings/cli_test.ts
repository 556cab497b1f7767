/** The command line as a whole, on the executable: every verb of the contract, its help, its examples, its refusals. */
import assert from "node:assert/strict";
import { choicesOf, placeholders } from "../../cli/parse.ts";
import { COMMANDS } from "../../cli/registry.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { Library } from "../../ffi/library.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import {
  canMount,
  command,
  environment,
  legend,
  messages,
  type Outcome,
  withFolder,
  withMount,
} from "../e2e/executable.ts";
import { pause } from "../../core/platform/pause.ts";

const AT_ONCE = 4;
const LIMIT_MS = 60_000;
const library = new Library(LIBRARY);
const EXAMPLE_BLOCK = `${ROOT}/examples/slot_285000037.json`;

/** The verbs of the contract, written down by hand. */
const CONTRACT = [
  ...["run", "run agent", "run api", "run worker", "run gateway", "run sink", "run store"],
  ...["decode", "replay", "quote", "search", "explain", "control", "kill", "unkill", "scrape", "train"],
  ...["list", "show", "deploy", "rollback", "verify", "pin", "shadow"].map((action) => `model ${action}`),
  ...["list", "show", "logs", "cancel", "retry"].map((action) => `job ${action}`),
  ...["create", "list", "tail", "lag"].map((action) => `topics ${action}`),
  ...["db migrate", "db query", "dlq list", "dlq replay", "capture"],
  ...["user add", "user passwd", "user list", "token", "key new", "key list", "key revoke"],
  ...["audit verify", "audit show", "audit export", "config show", "config check", "doctor", "slo"],
  ...["support", "chaos", "bench", "completions", "version", "install"],
];

async function eachAtOnce<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const work = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** One line, of which a person can go on. */
function oneLine({ stderr }: Outcome, pattern: RegExp, name: string): void {
  assert.match(stderr, pattern, name);
  assert.equal(stderr.trim().split("\n").length, 1, `${name}: ${stderr}`);
}

Deno.test("operator 21: every verb of the contract is there, or NEXT.md says with which step it comes", async () => {
  const next = await Deno.readTextFile(`${ROOT}/docs/NEXT.md`);
  const open = next.split("\n").filter((line) => /(Step \d+|a later step)\.?$/.test(line)).join("\n");
  const known = new Set(COMMANDS.map(({ name }) => name));
  for (const verb of CONTRACT) {
    assert.ok(
      known.has(verb) !== open.includes(`\`legend ${verb}\``),
      `${verb}: there, or in NEXT.md, and not both`,
    );
  }
});

Deno.test("operator 21: every verb has help by three ways, and refuses a stray word, an unknown flag and a wrong name with what was meant", async () => {
  const help = await legend(["help"]);
  assert.equal(help.code, 0);
  for (const words of [[], ["-h"], ["--help"]]) assert.deepEqual(await legend(words), help);
  await eachAtOnce(COMMANDS, async ({ name, args, flags = [], examples }) => {
    const words = name.split(" ");
    const shown = await legend(["help", ...words]);
    assert.deepEqual([shown.code, shown.stderr], [0, ""], name);
    assert.deepEqual(await legend([...words, "-h"]), shown, name);
    for (
      const text of [
        `Usage: legend ${name}`,
        "Examples:",
        ...examples,
        ...flags.map((flag) => `--${flag.name}`),
      ]
    ) {
      assert.ok(shown.stdout.includes(text), `${name}: ${text}`);
    }
    assert.ok(help.stdout.includes(`  ${`${name} ${args}`.trim()}  `), name);

    const unknown = await legend([...words, "--hepl"]);
    assert.deepEqual([unknown.code, unknown.stdout], [2, ""], name);
    oneLine(unknown, /there is no flag --hepl, did you mean `--help`\? See `legend .+ --help`/, name);

    // Whatever takes any number of files or topics looks for them by name.
    if (args.includes("…") && !args.includes("|")) return;
    const taken = placeholders(args).map(({ word }) =>
      word.startsWith("MODULE") ? "mev" : choicesOf(word)?.[0] ?? "word"
    );
    const stray = await legend([...words, ...taken, "hepl"]);
    assert.deepEqual([stray.code, stray.stdout], [2, ""], name);
    oneLine(stray, /`hepl`.* (see|See) `legend .+ --help`/, name);
    if (!args.includes("…")) oneLine(stray, /one word too many, .+, did you mean `--help`\?/, name);
  });
});

Deno.test("operator 21: wrong names of verbs, keys and modules are answered with what was meant", async () => {
  const rows: [string[], RegExp][] = [
    [["runn"], /no such verb, did you mean `legend run`\?/],
    [["kil"], /no such verb, did you mean `legend kill`\?/],
    [["stop"], /no such verb, did you mean `legend kill`\?/],
    [["topics", "lsit"], /need one of create, lag, list, tail, verify, did you mean list\?/],
    [["help", "doktor"], /no such verb, did you mean `legend doctor`\?/],
    [["config", "show", "kafka.broker"], /no such key, did you mean kafka\.brokers\?/],
    [["kill", "mve"], /no module `mve`, need one of arbitrage, mev, all, did you mean mev\?/],
    [["config", "check", "--port", "99999"], /^Cannot use api\.port from flag --port: "99999"/],
    [["control", "mev", "policy", "--ev-min", "abc"], /^Cannot use --ev-min abc: /],
    [["run", "--source", "sim:7", "--speed", "fast"], /^Cannot use --speed fast: /],
    [["audit", "show", "--limit", "many"], /--limit cannot be `many`, need a whole number/],
    [["user", "add", "A b", "viewer"], /^Cannot add A b: need 1..64 characters of a-z/],
  ];
  await eachAtOnce(rows, async ([words, pattern]) => {
    const outcome = await legend(words, { env: { HOME: "/nonexistent" } });
    assert.deepEqual([outcome.code, outcome.stdout], [2, ""], `${words.join(" ")}: ${outcome.stderr}`);
    oneLine(outcome, pattern, words.join(" "));
  });
});

/** Verbs that run on until they are stopped. */
const ENDLESS = /legend run (--source sim|api|link|mirror|sink|worker)/;
/** What their examples need and this build or host lacks: exit code 3, and the line says what. */
const NEEDS: Readonly<Record<string, RegExp>> = {
  "run store": /built with --slim/,
  "db migrate": /store|CLICKHOUSE_URL/,
  "db accept-log": /store|CLICKHOUSE_URL/,
  "model compare": /store|CLICKHOUSE_URL/,
};
/** Checks whose answer is that something is wrong: that is their result, on stdout. */
const JUDGES = new Set(["doctor", "slo"]);

/** What can be done once only; the verbs that print one kind of thing that is no record. */
const ONCE = /^(audit export|capture|job cancel|job retry|model import|user add|user remove)$/;
const NO_RECORDS = new Set(["completions", "model report"]);

Deno.test("operator 21: whatever prints results takes --json", () => {
  for (const { name, group, flags = [] } of COMMANDS) {
    const isPart = group === "Single parts" && name !== "run agent";
    const has = flags.some((flag) => flag.name === "json");
    assert.equal(has, !isPart && !NO_RECORDS.has(name), name);
  }
});

Deno.test("operator 21: every example of every help runs as it stands, and again with --json gives NDJSON", () =>
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
      const said = `${example}: ${code} ${text(stdout).slice(-300)} ${text(stderr).slice(-500)}`;
      const need = NEEDS[name];
      const examples = COMMANDS.find((command) => command.name === name)!.examples;
      const isJsonTried = example !== examples[0] || examples.some((line) => line.includes("--json"));
      if (!need && !isJsonTried && !ONCE.test(name) && !NO_RECORDS.has(name)) {
        const again = await shell(`${example} --json`).output();
        assert.equal(again.code, code, `${example} --json: ${text(again.stderr)}`);
        for (const line of textLines(text(again.stdout))) {
          assert.doesNotThrow(() => line === "" || JSON.parse(line), `${example} --json: ${line}`);
        }
      }
      if (need) {
        assert.equal(code, 3, said);
        assert.match(text(stderr), need, said);
      } else if (JUDGES.has(name)) {
        assert.ok(code === 0 || (code === 1 && text(stdout).trim() !== ""), said);
      } else assert.equal(code, 0, said);
    }
  }));

/** Files that the examples name, an installation that has run, and one of everything that they speak of. */
async function prepare(folder: string, env: Record<string, string>): Promise<void> {
  await Deno.symlink(new URL(`file://${ROOT}/dist/legend`).pathname, `${folder}/legend`);
  await Deno.mkdir(`${folder}/blocks`);
  await Deno.copyFile(EXAMPLE_BLOCK, `${folder}/blocks/slot_285000037.json`);
  await Deno.copyFile(EXAMPLE_BLOCK, `${folder}/block.json`);
  const own = async (...words: string[]) => {
    const { code, stderr } = await legend(words, { env, cwd: folder });
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
  };
  await own("run", "--source", "file:blocks");
  await own("topics", "create");
  await own("user", "add", "admin", "admin");
  // A model with a report, and the file of another one.
  await registerSmallModel(new ModelRegistry(library, `${folder}/data`, ""), 1, {
    ...{ features: "default", importance: [], per_dex: [], params: {}, rounds: 1, split: "by time" },
  });
  openDataDir(`${folder}/other`);
  const version = await registerSmallModel(new ModelRegistry(library, `${folder}/other`, ""), 2);
  await Deno.copyFile(`${folder}/other/models/libmev_v${version}.so`, `${folder}/model.so`);
}

/** Every example with its verb; what one makes another one needs. */
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

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

/** Resolves when the process handles SIGTERM by itself. */
async function listensForTerm(pid: number): Promise<void> {
  const TERM = 1n << 14n;
  for (const end = performance.now() + LIMIT_MS; performance.now() < end;) {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
      if ((caught & TERM) !== 0n) return;
    } catch {
      // It has ended; its code says how.
      return;
    }
    await pause(20);
  }
}

/** Starts, is alive after it has begun its work, and ends with 0 when it is asked to. */
async function runsUntilStopped(shell: Deno.Command, example: string): Promise<void> {
  const child = shell.spawn();
  const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const ended = child.status.then(({ code }) => code);
  // From then on the verb has its code and opens what it needs. That it does not end has no condition.
  const alive = listensForTerm(child.pid).then(() => pause(500));
  const early = await Promise.race([ended, alive]);
  if (early === undefined) child.kill("SIGTERM");
  const code = await ended;
  const [stdout, stderr] = await said;
  assert.ok(early === undefined && code === 0, `${example}: ended with ${code}: ${stdout}${stderr}`);
}

Deno.test(
  "operator 18, 21: a kill on a disk that is read-only says in one line what is not kept",
  { ignore: !canMount },
  () =>
    withFolder((folder) =>
      withMount(`${folder}/disk`, "size=100m,mode=700", async () => {
        const data = `${folder}/disk/data`;
        const ran = await legend(["run", "--source", `file:${EXAMPLE_BLOCK}`, "--data-dir", data]);
        assert.equal(ran.code, 0, ran.stderr);
        const mount = new Deno.Command("mount", { args: ["-o", "remount,ro", `${folder}/disk`] });
        assert.ok((await mount.output()).success);
        const kill = await legend(["kill", "--data-dir", data]);
        // Nothing runs, and the latch of the next start cannot be written.
        assert.equal(kill.code, 1);
        assert.equal(textLines(kill.stdout).length, 2, kill.stdout);
        oneLine(kill, /^The kill is not on the log: .+read-only.+; not in the audit: .+$/m, "kill");
      })
    ),
);

const textLines = (text: string) => text.trim().split("\n");

Deno.test("operator 21: with Kafka configured and away, --local reads this host's own log", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const own = (words: string[], env: Record<string, string> = {}) =>
      legend([...words, "--data-dir", data], { env });
    assert.equal((await own(["run", "--source", `file:${EXAMPLE_BLOCK}`])).code, 0);
    // A port that is not listened on: the listener that had it is gone.
    const away = { KAFKA_BROKERS: `127.0.0.1:${freePort()}` };
    await eachAtOnce([
      ["topics", "list"],
      ["topics", "lag"],
      ["topics", "tail", "decision-evidence"],
      ["topics", "verify"],
      ["job", "list"],
      ["dlq", "list"],
      ["explain", "newest"],
    ], async (words) => {
      const alone = await own(words);
      assert.equal(alone.code, 0, alone.stderr);
      const local = await own([...words, "--local"], away);
      assert.deepEqual([local.code, local.stdout], [0, alone.stdout], `${words.join(" ")}: ${local.stderr}`);
    });
    const { code, stdout } = await own(["topics", "list"], away);
    assert.deepEqual([code, stdout], [3, ""], "without it nothing is claimed");
  }));

Deno.test("operator 21: other verbs go by the configuration file that `legend run` was given, and say so", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const own = (...words: string[]) => legend([...words, "--data-dir", data], { cwd: folder });
    // A link as an administrator has it: what it leads to today is not what counts tomorrow.
    await Deno.writeTextFile(`${folder}/v1.toml`, "[store]\nenabled = false\n[api]\nport = 4321\n");
    await Deno.symlink(`${folder}/v1.toml`, `${folder}/light.toml`);
    const file = ["run", "--source", `file:${EXAMPLE_BLOCK}`];
    assert.equal((await own(...file, "--config", "light.toml")).code, 0);
    const shown = await own("config", "show", "api.port", "store.enabled");
    assert.equal(
      shown.stdout,
      `api.port = 4321  # ${folder}/light.toml\nstore.enabled = false  # ${folder}/light.toml\n`,
    );
    assert.equal(
      shown.stderr,
      `configuration file: ${folder}/light.toml, which \`legend run\` was given\n`,
    );
    const doctor = await own("doctor");
    assert.ok(
      doctor.stdout.includes(`ok   configuration: ${folder}/light.toml, which \`legend run\` was given\n`),
      doctor.stdout,
    );
    assert.ok(doctor.stdout.includes("`store.enabled` is false"), doctor.stdout);

    const killed = await own("kill", "mev");
    assert.deepEqual([killed.code, killed.stderr], [0, ""], "the file is known, and has no Kafka");

    // A file that is gone is said, and stands in no kill's way; whether there are other hosts is not known without it.
    await Deno.rename(`${folder}/light.toml`, `${folder}/moved.toml`);
    const gone = await own("doctor");
    assert.equal(gone.code, 1);
    oneLine(
      gone,
      /^Cannot read .+light\.toml: it does not exist; `legend run` was given it last: /,
      "doctor",
    );
    const kill = await own("kill", "mev");
    assert.equal(kill.code, 3, kill.stderr);
    assert.match(kill.stdout, /^mev\S*: kill applied/m);
    assert.match(
      kill.stderr,
      /^Cannot read .+light\.toml: it does not exist.+\(passed over\)\nCannot tell whether agents run on other hosts: .+\n$/,
    );
    const known = await own("kill", "mev", "--config", "moved.toml");
    assert.deepEqual([known.code, known.stderr], [0, ""]);
    const kept = await Deno.readTextFile(`${data}/config.path`);
    assert.equal(kept, `${folder}/light.toml\n`);

    // What a foreign hand makes of the file keeps nobody waiting.
    await Deno.remove(`${data}/config.path`);
    assert.ok((await new Deno.Command("mkfifo", { args: [`${data}/config.path`] }).output()).success);
    const piped = await own("kill", "mev");
    assert.equal(piped.code, 3, piped.stderr);
    assert.match(piped.stdout, /^mev\S*: kill applied/m);
    await Deno.remove(`${data}/config.path`);

    // A run without a file is what counts from then on.
    assert.equal((await own(...file)).code, 0);
    assert.equal((await own("config", "show", "api.port")).stdout, "api.port = 8080  # default\n");
  }));

Deno.test("operator 21: a shell completes words, and flags after words", () =>
  withFolder(async (folder) => {
    await Deno.symlink(`${ROOT}/dist/legend`, `${folder}/legend`);
    const rows: [string, string[]][] = [
      ["legend topics tail decision-evidence-", ["decision-evidence-dlq"]],
      ["legend model show m", ["mev"]],
      ["legend run agent mev --so", ["--source"]],
      ["legend config show kafka.b", ["kafka.brokers"]],
      ["legend ki", ["kill"]],
    ];
    for (const [line, expected] of rows) {
      const words = line.split(" ");
      const script = `source <(legend completions bash); COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${
        words.length - 1
      }; _legend; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", script],
        clearEnv: true,
        env: environment({ PATH: `${folder}:/usr/bin:/bin` }),
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      assert.deepEqual(textLines(new TextDecoder().decode(stdout)), expected, line);
    }
  }));

Deno.test("operator 21: a lock that is held and a port that is taken are exit code 3 of every verb", () =>
  withFolder(async (folder) => {
    const [data, port] = [`${folder}/data`, String(freePort())];
    const child = command(["run", "--source", "sim:7", "--port", port, "--data-dir", data]).spawn();
    const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    try {
      for (const end = performance.now() + LIMIT_MS;;) {
        const { code } = await legend(["job", "list", "--data-dir", data]);
        const isUp = await fetch(`http://127.0.0.1:${port}/api/health`).then(
          (answer) => answer.body?.cancel().then(() => true),
          () => false,
        );
        const parts = ["agents/mev.status.json", "worker.status.json"].every((name) =>
          isThere(`${data}/${name}`)
        );
        if (code === 0 && isUp && parts) break;
        assert.ok(performance.now() < end, "everything runs");
        await pause(50);
      }
      const other = String(freePort());
      await eachAtOnce([
        ["run", "--source", "sim:7", "--port", other, "--data-dir", data],
        ["run", "agent", "mev", "--source", "sim:7", "--data-dir", data],
        ["run", "api", "--port", other, "--data-dir", data],
        ["run", "worker", "--data-dir", data],
        ["run", "api", "--port", port, "--data-dir", `${folder}/second`],
        ["run", "--source", "sim:7", "--port", port, "--data-dir", `${folder}/third`],
      ], async (words) => {
        const { code, stderr } = await legend(words);
        assert.equal(code, 3, `${words.join(" ")}: ${stderr}`);
        assert.match(messages(stderr), /^Cannot (start|run|listen)\b.+(another|stop it)/m, words.join(" "));
      });
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await said;
    }
  }));

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
