/** The data folder: missing, replaced, owned by another user, on a read-only disk. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { canMount, environment, legend, messages, withFolder, withMount } from "../e2e/executable.ts";
import { EXECUTABLE, ROOT } from "../../tools/paths.ts";
import { agentsRun, freePort, names, processesOf, Run, SIM, until } from "./processes.ts";

Deno.test("M9: a data folder that is gone or replaced ends everything with 3, and nothing is made again", () =>
  withFolder(async (folder) => {
    for (const replaced of [false, true]) {
      const data = `${folder}/${replaced ? "replaced" : "gone"}`;
      await using run = new Run(data);
      await agentsRun(data);
      // A part that is still starting opens its files by their paths.
      const statusFiles = ["api.status.json", "worker.status.json"];
      await until("the API and the worker", () => statusFiles.every((name) => names(data).includes(name)));
      if (replaced) openDataDir(`${data}.new`);
      await Deno.rename(data, `${data}.away`);
      if (replaced) await Deno.rename(`${data}.new`, data);
      const { code, stderr } = await run.end();
      assert.equal(code, 3, stderr);
      assert.match(
        messages(stderr),
        replaced
          ? /^Cannot continue in the data folder .*replaced: another folder stands in its place$/m
          : /^Cannot continue in the data folder .*gone: it is gone$/m,
      );
      assert.equal(stderr.match(/Cannot continue in/g)!.length, 1, stderr);
      await until("the end of all parts", () => processesOf(data).length === 0);
      // The supervisor may have written its own status just before it checked.
      const made = () => names(data).filter((name) => !name.startsWith("parts.status.json"));
      if (replaced) assert.deepEqual(made(), ["VERSION", "agents", "instance", "keys"]);
      else assert.throws(() => Deno.statSync(data), Deno.errors.NotFound);
    }
  }));

Deno.test("M9: a folder of the agents that is gone or replaced ends everything with 3, and whether one runs is not known", () =>
  withFolder(async (folder) => {
    for (const replaced of [false, true]) {
      const data = `${folder}/${replaced ? "replaced" : "gone"}`;
      const agents = `${data}/agents`;
      await using run = new Run(data);
      await agentsRun(data);
      await Deno.rename(agents, `${data}/away`);
      if (replaced) await Deno.mkdir(agents);
      const { code, stderr } = await run.end();
      assert.equal(code, 3, stderr);
      const why = replaced ? "another folder stands in its place" : "it is gone";
      assert.deepEqual(messages(stderr).match(/^Cannot continue in the data folder .*$/mg), [
        `Cannot continue in the data folder ${agents}: ${why}`,
      ]);
      await until("the end of all parts", () => processesOf(data).length === 0);
      if (replaced) {
        // The agent may have written its own status just before it checked.
        const made = names(agents).filter((name) => !/\.(status\.json.*|seq.*)$/.test(name));
        assert.deepEqual(made, [], "no lock, state or latch is made again");
        continue;
      }
      // Whether an agent still works in the moved folder cannot be known.
      const at = ["--data-dir", data];
      const kill = await legend(["kill", "mev", ...at]);
      assert.equal(kill.code, 1, kill.stdout + kill.stderr);
      assert.match(kill.stdout, /it is not known whether the mev agent runs: .*agents is gone/);
      const stop = await legend(["control", "mev", "stop", ...at]);
      assert.match(stop.stdout, /it is not known whether the mev agent runs: .*agents is gone/);
      const doctor = await legend(["doctor", ...at]);
      for (const module of ["arbitrage", "mev"]) {
        assert.match(
          doctor.stdout,
          new RegExp(`^BAD {2}agent ${module}: .*agents is gone, put it back`, "m"),
        );
      }
      const second = await legend([...SIM, freePort(), ...at]);
      assert.deepEqual([second.code, second.stdout], [3, ""], second.stderr);
      assert.match(second.stderr, /agents: it is gone; put it back, it holds the kills and policies/);
      assert.throws(() => Deno.statSync(agents), Deno.errors.NotFound);
      await Deno.rename(`${data}/away`, agents);
      assert.equal((await legend(["kill", "mev", ...at])).code, 0);
    }
  }));

/** The executable as another user, who has a cache of its own. */
async function asStranger(
  cache: string,
  words: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await strangerCommand(cache, words).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const NOBODY = 65_534;
function strangerCommand(cache: string, words: string[]): Deno.Command {
  return new Deno.Command("setpriv", {
    args: [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", `${cache}/legend`, ...words],
    clearEnv: true,
    env: environment({ LEGEND_CACHE_DIR: `${cache}/cache` }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Files in a folder that do not belong to the service. */
function foreignFiles(folder: string): string[] {
  const foreign: string[] = [];
  const walk = (path: string) => {
    if (Deno.lstatSync(path).uid !== NOBODY) foreign.push(path);
    if (Deno.lstatSync(path).isDirectory) names(path).forEach((name) => walk(`${path}/${name}`));
  };
  walk(folder);
  return foreign;
}

Deno.test(
  "operator 3: root works in the service's folder and leaves nothing of its own; others change nothing",
  {
    ignore: !canMount,
  },
  () =>
    withFolder(async (folder) => {
      await Deno.chmod(folder, 0o755);
      await Deno.copyFile(EXECUTABLE, `${folder}/legend`);
      for (const name of ["cache", "home"]) {
        await Deno.mkdir(`${folder}/${name}`, { mode: 0o700 });
        await Deno.chown(`${folder}/${name}`, NOBODY, NOBODY);
      }
      const data = `${folder}/home/data`;
      const service = () => {
        const child = strangerCommand(folder, [...SIM, freePort(), "--data-dir", data]).spawn();
        const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
        return {
          async [Symbol.asyncDispose]() {
            child.kill("SIGTERM");
            await child.status;
            await Promise.all(texts);
          },
        };
      };
      const good = async (what: Promise<{ code: number; stdout: string; stderr: string }>) => {
        const { code, stdout, stderr } = await what;
        assert.equal(code, 0, stdout + stderr);
        return stdout;
      };
      const root = (...words: string[]) => legend([...words, "--data-dir", data]);
      const own = (...words: string[]) => asStranger(folder, [...words, "--data-dir", data]);
      const range = ["--start", "2026-01-01T00:00:00Z", "--end", "2026-01-02T00:00:00Z", "--detach"];
      {
        await using _running = service();
        await agentsRun(data);
        await good(root("control", "mev", "policy", "--ev-min", "0.002"));
        await good(root("kill"));
        await good(root("unkill", "arbitrage"));
      }
      // Nothing runs: root's commands go to the disk.
      await good(root("kill"));
      await good(root("unkill", "mev"));
      await good(root("user", "add", "eve", "viewer"));
      await good(root("scrape", "x.parquet", ...range));
      const refused = await root("run", "--source", "sim:7");
      assert.equal(refused.code, 3);
      assert.match(refused.stderr, /as root: it belongs to user 65534, run this as that user$/m);
      assert.deepEqual(foreignFiles(data), []);
      // The audit names the user, and the service can still use everything.
      assert.match(await good(own("audit", "show")), /"who":"local:0"/);
      {
        await using _running = service();
        await agentsRun(data);
        await good(own("control", "mev", "policy", "--ev-min", "0.003"));
        await good(own("unkill", "arbitrage"));
        await good(own("kill", "mev"));
        await good(own("unkill", "mev"));
        await good(own("scrape", "y.parquet", ...range));
      }
      // A user who is neither of them changes nothing.
      await Deno.chown(data, 1, 1);
      await Deno.chmod(data, 0o755);
      const before = names(data);
      const stranger = await own("control", "mev", "stop");
      assert.equal(stranger.code, 3);
      assert.match(
        stranger.stderr,
        /^Cannot use the data folder .* as user 65534: it belongs to user 1, run this as that user\n$/,
      );
      assert.deepEqual(names(data), before);
      await Deno.chown(data, NOBODY, NOBODY);
    }),
);

Deno.test("operator 18: a data folder on a read-only disk is read, not run, and said by config check", {
  ignore: !canMount,
}, () =>
  withFolder((folder) =>
    withMount(`${folder}/disk`, "size=64m,mode=700", async () => {
      const data = `${folder}/disk/data`;
      const run = ["run", "--source", `file:${ROOT}/examples`];
      const call = (...words: string[]) => legend([...words, "--data-dir", data]);
      assert.equal((await call(...run)).code, 0);
      assert.equal((await call("user", "add", "eve", "viewer")).code, 0);
      const [id] = /"decision_id":"([0-9a-f]{32})"/.exec(
        (await call("topics", "tail", "decision-evidence", "--from", "start")).stdout,
      )!.slice(1);
      const readers = [
        ["topics", "list"],
        ["topics", "tail", "decision-evidence", "--from", "start"],
        ["topics", "verify"],
        ["topics", "lag"],
        ["audit", "show"],
        ["audit", "verify"],
        ["user", "list"],
        ["job", "list"],
        ["model", "list"],
        ["explain", id!],
        ["explain", "--why-not"],
      ];
      const before = await Promise.all(readers.map((words) => call(...words)));
      const remount = (how: string) =>
        new Deno.Command("mount", { args: ["-o", `remount,${how}`, `${folder}/disk`] }).output();
      assert.ok((await remount("ro")).success);
      try {
        for (const [at, words] of readers.entries()) {
          const { code, stdout, stderr } = await call(...words);
          assert.equal(code, before[at]!.code, `${words.join(" ")}: ${stderr}`);
          assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
          const still = (text: string) => text.replace(/reported \d+ s ago/g, "");
          assert.equal(still(stdout), still(before[at]!.stdout), words.join(" "));
        }
        for (const words of [run, ["config", "check"], ["unkill", "mev"], ["user", "add", "bob", "viewer"]]) {
          const { code, stdout, stderr } = await call(...words);
          assert.ok(code === 3 || code === 1, `${words.join(" ")}: ${code} ${stdout}${stderr}`);
          assert.doesNotMatch(stderr, /bug in legend|\n\s+at /, words.join(" "));
          if (words !== run && words[0] !== "config") continue;
          assert.equal(code, 3, stderr);
          assert.match(stderr, /^Cannot [^\n]*(read-only|readonly)[^\n]*\n$/i, words.join(" "));
        }
      } finally {
        await remount("rw");
      }
    })
  ));
