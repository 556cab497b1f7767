/** Runs every command of the README. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { DENO } from "../../tools/pins.ts";
import { environment, skipShared } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

const readme = await Deno.readTextFile(`${ROOT}/README.md`);
const commands = [...readme.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block]) => block!.trim().split("\n"));

/** Run in another way: the test command by CI (it runs this file), compile.sh before this file. */
const RUN_BY_OTHER_TESTS = [`npx -y deno@${DENO.version} task test`, "./compile.sh --slim --fast"];
/** Enough for a first build on a busy machine. */
const START_SECONDS = 900;

Deno.test("the README has its commands", () => {
  assert.deepEqual(commands.slice(0, 3), [
    `npx -y deno@${DENO.version} task start`,
    `npx -y deno@${DENO.version} task test`,
    "./compile.sh --slim --fast",
  ]);
  assert.ok(commands.length >= 9);
});

/** One folder for all commands, in the README's order, as a reader would run them. */
const folder = await Deno.makeTempDir({ prefix: "legend-readme-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

for (const line of commands.filter((line) => !RUN_BY_OTHER_TESTS.includes(line))) {
  Deno.test(`README: ${line}`, { ignore: skipShared && line.endsWith("start") }, async () => {
    // The README's own folder would outlive the test; the user's home must not be touched.
    const run = line.replaceAll("/tmp/legend-try", `${folder}/try`);
    if (line.endsWith("task start")) return await untilItDecides(run);
    const { success, stdout, stderr } = await shell(run).output();
    const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(success, printed);
    assert.ok(stdout.length > 0, "it prints something");
  });
}

/**
 * Commands that run until Ctrl-C first build, which may take minutes: they are ended after an agent's first decision.
 */
async function untilItDecides(line: string): Promise<void> {
  // `timeout` forwards the signal to everything that the command has started.
  const child = shell(`exec timeout -s INT ${START_SECONDS} ${line}`).spawn();
  const ended = child.output();
  let isOver = false;
  ended.then(() => isOver = true);
  const status = () => {
    try {
      return JSON.parse(Deno.readTextFileSync(`${folder}/data/agents/arbitrage.status.json`));
    } catch {
      return {};
    }
  };
  let last = status();
  while (!isOver && !(last.transactions > 0 && last.evidence > 0)) {
    await delay(200);
    last = status();
  }
  if (!isOver) child.kill("SIGINT");
  const { stdout, stderr } = await ended;
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.match(printed, /paper mode: reading sim/);
  assert.ok(last.transactions > 0 && last.evidence > 0, JSON.stringify(last) + printed);
}

function shell(line: string): Deno.Command {
  const keep = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "npm_config_cache", "DENO_DIR"].flatMap(
    (name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    },
  );
  const env = environment({ ...Object.fromEntries(keep), LEGEND_DATA_DIR: `${folder}/data` });
  return new Deno.Command("sh", {
    args: ["-c", line],
    cwd: ROOT,
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
