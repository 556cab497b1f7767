/** Every command of the README is run. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { environment, skipShared } from "./executable.ts";

const readme = await Deno.readTextFile(`${ROOT}/README.md`);
const commands = [...readme.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block]) => block!.trim().split("\n"));

/** Run by other means: the test command by CI (it runs this file), compile.sh before this file. */
const ELSEWHERE = ["npx -y deno@2.9.6 task test", "./compile.sh --slim --fast"];

Deno.test("the README has its commands", () => {
  assert.deepEqual(commands.slice(0, 3), [
    "npx -y deno@2.9.6 task start",
    "npx -y deno@2.9.6 task test",
    "./compile.sh --slim --fast",
  ]);
  assert.ok(commands.length >= 9);
});

/** One folder for all commands, in the README's order, as a reader would run them. */
const folder = await Deno.makeTempDir({ prefix: "legend-readme-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

for (const line of commands.filter((line) => !ELSEWHERE.includes(line))) {
  Deno.test(`README: ${line}`, { ignore: skipShared && line.endsWith("start") }, async () => {
    // The README's own folder would outlive the test; the user's home must not be touched.
    const run = line.replaceAll("/tmp/legend-try", `${folder}/try`);
    // What runs until Ctrl-C is given time to build, and some to run.
    const endless = line.endsWith("task start");
    const { success, stdout, stderr } = await shell(endless ? `timeout -s INT 45 ${run}` : run);
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    if (endless) {
      assert.match(said, /paper mode: reading sim/);
      const told = JSON.parse(await Deno.readTextFile(`${folder}/data/agents/arbitrage.status.json`));
      assert.ok(told.transactions > 0 && told.evidence > 0, JSON.stringify(told));
      return;
    }
    assert.ok(success, said);
    assert.ok(stdout.length > 0, "it prints something");
  });
}

function shell(line: string): Promise<Deno.CommandOutput> {
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
  }).output();
}
