/** The command line as a whole, on the executable: every verb of the contract, its help, its examples, its refusals. */
import assert from "node:assert/strict";
import { choicesOf, placeholders } from "../../cli/parse.ts";
import { COMMANDS } from "../../cli/registry.ts";
import { ROOT } from "../../tools/paths.ts";
import {
  canMount,
  command,
  environment,
  legend,
  messages,
  withFolder,
  withMount,
} from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";
import { eachAtOnce, EXAMPLE_BLOCK, freePort, LIMIT_MS, oneLine, textLines } from "./command_line.ts";

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

Deno.test("operator 21: every verb of the contract exists, or NEXT.md says with which step it comes", async () => {
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

    // Verbs with any number of files or topics look them up by name.
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
        // No agent runs, and the latch for the next start cannot be written.
        assert.equal(kill.code, 1);
        assert.equal(textLines(kill.stdout).length, 2, kill.stdout);
        oneLine(kill, /^The kill is not on the log: .+read-only.+; not in the audit: .+$/m, "kill");
      })
    ),
);

Deno.test("operator 21: with Kafka configured and away, --local reads this host's own log", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const own = (words: string[], env: Record<string, string> = {}) =>
      legend([...words, "--data-dir", data], { env });
    assert.equal((await own(["run", "--source", `file:${EXAMPLE_BLOCK}`])).code, 0);
    // A port without a listener: it has been closed.
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

Deno.test("operator 21: other verbs use the configuration file that `legend run` was given, and name it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const own = (...words: string[]) => legend([...words, "--data-dir", data], { cwd: folder });
    // A symbolic link, as administrators use: its present target is not what counts later.
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

    // A missing file is reported but prevents no kill; without it, it is unknown whether there are other hosts.
    await Deno.rename(`${folder}/light.toml`, `${folder}/moved.toml`);
    const gone = await own("doctor");
    assert.equal(gone.code, 1);
    oneLine(
      gone,
      /^Cannot read .+light\.toml: it does not exist; the last `legend run` used it: /,
      "doctor",
    );
    const kill = await own("kill", "mev");
    assert.equal(kill.code, 3, kill.stderr);
    assert.match(kill.stdout, /^mev\S*: kill applied/m);
    assert.match(
      kill.stderr,
      /^Cannot read .+light\.toml: it does not exist.+\(ignored\)\nCannot determine whether agents run on other hosts: .+\n$/,
    );
    const known = await own("kill", "mev", "--config", "moved.toml");
    assert.deepEqual([known.code, known.stderr], [0, ""]);
    const kept = await Deno.readTextFile(`${data}/config.path`);
    assert.equal(kept, `${folder}/light.toml\n`);

    // Whatever replaces the file, no command hangs.
    await Deno.remove(`${data}/config.path`);
    assert.ok((await new Deno.Command("mkfifo", { args: [`${data}/config.path`] }).output()).success);
    const piped = await own("kill", "mev");
    assert.equal(piped.code, 3, piped.stderr);
    assert.match(piped.stdout, /^mev\S*: kill applied/m);
    await Deno.remove(`${data}/config.path`);

    // A run without a file counts from then on.
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
    const printed = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
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
        await delay(50);
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
      await printed;
    }
  }));

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
