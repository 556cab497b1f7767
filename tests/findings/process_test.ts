/** Processes and the data folder, as operators and hostile users met them on the executable. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { chdb, clickHouseUrl } from "../kafka/cluster.ts";
import {
  canMount,
  command,
  environment,
  legend,
  messages,
  withFolder,
  withMount,
} from "../e2e/executable.ts";
import { EXECUTABLE, ROOT } from "../../tools/paths.ts";
import { pause } from "../../core/platform/pause.ts";

/** Generous: the machine that runs this may be busy with other things. */
const LIMIT_MS = 60_000;
const SIM = ["run", "--source", "sim:7", "--port"];

async function until<T>(what: string, holds: () => T | Promise<T>): Promise<T> {
  for (const end = performance.now() + LIMIT_MS;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${LIMIT_MS / 1000} s`);
    await pause(25);
  }
}

function freePort(): string {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return String((listener.addr as Deno.NetAddr).port);
}

/** Processes that have the folder in their words, but those that are over. */
function processesOf(folder: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 && pid !== Deno.pid && Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(folder) &&
        !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
    } catch {
      return false;
    }
  });
}

/** Both agents decide: their status is of processes that live. */
const agentsRun = (data: string) =>
  until("both agents running", () =>
    ["arbitrage", "mev"].every((module) => {
      try {
        const { state, pid, transactions } = JSON.parse(
          Deno.readTextFileSync(`${data}/agents/${module}.status.json`),
        );
        return state === "running" && transactions > 0 && Deno.statSync(`/proc/${pid}`).isDirectory;
      } catch {
        return false;
      }
    }));

/** A run that ends with the test, whatever the test does. */
class Run implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #texts: Promise<string>[];

  constructor(readonly data: string, more: string[] = [], env: Record<string, string> = {}) {
    this.child = command([...SIM, freePort(), "--data-dir", data, ...more], { env }).spawn();
    this.#texts = [new Response(this.child.stdout).text(), new Response(this.child.stderr).text()];
  }

  async end(): Promise<{ code: number; stderr: string }> {
    const { code } = await this.child.status;
    return { code, stderr: (await Promise.all(this.#texts))[1]! };
  }

  kill(signal: Deno.Signal): void {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    const late = setTimeout(() => this.kill("SIGKILL"), LIMIT_MS);
    await this.end();
    clearTimeout(late);
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("operator 1: a verb in the wrong folder makes nothing, fails with 3 and names what runs", () =>
  withFolder(async (folder) => {
    await using run = new Run(`${folder}/data`);
    await agentsRun(run.data);
    const verbs = [
      ["kill"],
      ["unkill", "mev"],
      ["control", "mev", "stop"],
      ["user", "add", "eve", "admin"],
      ["user", "list"],
      ["doctor"],
      ["topics", "list"],
      ["audit", "verify"],
      ["scrape", "x.parquet", "--start", "2026-01-01T00:00:00Z", "--end", "2026-01-02T00:00:00Z"],
      ["model", "list"],
    ];
    for (const words of verbs) {
      const { code, stdout, stderr } = await legend([...words, "--data-dir", `${folder}/other`]);
      assert.equal(code, 3, `${words.join(" ")}: ${stdout}${stderr}`);
      assert.equal(stdout, "");
      assert.match(
        stderr,
        /^Cannot use the data folder .*other: there is no legend data in it; legend runs in [^\n]*\n$/,
      );
      assert.ok(stderr.includes(`${folder}/data (process `), stderr);
    }
    assert.deepEqual(names(folder), ["data"]);
  }));

Deno.test("operator 9: a stray word starts nothing", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await legend([
      "run",
      "mev",
      "--source",
      "sim:7",
      "--data-dir",
      `${folder}/d`,
    ]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^Cannot run legend run: `mev` is one word too many, it takes no words, did you mean `legend run agent mev`[^\n]*\n$/,
    );
    assert.deepEqual(names(folder), []);
  }));

Deno.test("operator 11: no part outlives its supervisor, whenever that is killed", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 1e9);
    let random = seed;
    for (let round = 0; round < 20; round++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      const data = `${folder}/${round}`;
      const run = new Run(data);
      const ms = random % 2_000;
      // The moment of its life at which it is killed.
      await pause(ms);
      run.kill("SIGKILL");
      await run.child.status;
      await until(
        `the end of all parts (seed ${seed}, round ${round}, killed after ${ms} ms)`,
        () => processesOf(data).length === 0,
      );
      await run.end();
    }
  }));

Deno.test("operator 11: parts are children of a thread that lives as long as the supervisor", () =>
  withFolder(async (folder) => {
    await using run = new Run(`${folder}/data`);
    await agentsRun(run.data);
    const { pid } = run.child;
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ").map(Number);
    const parts = processesOf(run.data).filter((one) => one !== pid);
    assert.ok(parts.length >= 4, `${parts}`);
    assert.deepEqual(parts.filter((part) => !children.includes(part)), []);
  }));

Deno.test("operator 5 and 8: a closed stderr and SIGHUP end nothing, SIGTERM ends all with 0", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const port = freePort();
    const child = command([...SIM, port, "--data-dir", data]).spawn();
    const out = new Response(child.stdout).text();
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/api/health`).then(
        (answer) => answer.body?.cancel().then(() => answer.ok),
        () => false,
      );
    try {
      await agentsRun(data);
      await until("the page", answers);
      // Nobody reads what it says any more.
      await child.stderr.cancel();
      child.kill("SIGHUP");
      const [api] = processesOf(data).filter((pid) =>
        Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("run\0api\0")
      );
      Deno.kill(api!, "SIGKILL");
      const next = await until(
        "a new page",
        () =>
          processesOf(data).find((pid) =>
            pid !== api && Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("run\0api\0")
          ),
      );
      assert.ok(next);
      // Before it answers it is the supervisor's to start it again.
      await until("the new page's answer", answers);
      for (const pid of processesOf(data)) Deno.kill(pid, "SIGHUP");
      const before = JSON.parse(Deno.readTextFileSync(`${data}/agents/mev.status.json`));
      await until("the agent going on", () => {
        const now = JSON.parse(Deno.readTextFileSync(`${data}/agents/mev.status.json`));
        return now.pid === before.pid && now.transactions > before.transactions;
      });
    } finally {
      child.kill("SIGTERM");
    }
    assert.equal((await child.status).code, 0);
    await out;
    assert.deepEqual(processesOf(data), []);
  }));

Deno.test("operator 12: a stop with the own store ends with 0", () =>
  withFolder(async (folder) => {
    await using run = new Run(`${folder}/data`, [], { LEGEND_CHDB: await chdb() });
    await agentsRun(run.data);
    const url = await clickHouseUrl(run.data);
    // The sink holds connections by then, which the server's own end would wait for.
    await until("rows in the store", () => {
      try {
        const { topics } = JSON.parse(Deno.readTextFileSync(`${run.data}/sink.status.json`));
        return topics.some(({ records }: { records: number }) => records > 0);
      } catch {
        return false;
      }
    });
    run.kill("SIGTERM");
    const { code, stderr } = await run.end();
    assert.equal(code, 0, `${url}: ${stderr}`);
    assert.deepEqual(processesOf(run.data), []);
  }));

Deno.test("M9: a data folder that is gone or replaced ends everything with 3, and nothing is made anew", () =>
  withFolder(async (folder) => {
    for (const replaced of [false, true]) {
      const data = `${folder}/${replaced ? "replaced" : "gone"}`;
      await using run = new Run(data);
      await agentsRun(data);
      // One that is still starting opens its files by their paths.
      const told = ["api.status.json", "worker.status.json"];
      await until("the API and the worker", () => told.every((name) => names(data).includes(name)));
      if (replaced) openDataDir(`${data}.new`);
      await Deno.rename(data, `${data}.away`);
      if (replaced) await Deno.rename(`${data}.new`, data);
      const { code, stderr } = await run.end();
      assert.equal(code, 3, stderr);
      assert.match(
        messages(stderr),
        replaced
          ? /^Cannot go on in the data folder .*replaced: another folder stands in its place$/m
          : /^Cannot go on in the data folder .*gone: it is gone$/m,
      );
      assert.equal(stderr.match(/Cannot go on in/g)!.length, 1, stderr);
      await until("the end of all parts", () => processesOf(data).length === 0);
      // What the supervisor says of itself it may have said in the moment before it looked.
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
      assert.deepEqual(messages(stderr).match(/^Cannot go on in the data folder .*$/mg), [
        `Cannot go on in the data folder ${agents}: ${why}`,
      ]);
      await until("the end of all parts", () => processesOf(data).length === 0);
      if (replaced) {
        // What an agent says of itself it may have said in the moment before it looked.
        const made = names(agents).filter((name) => !/\.(status\.json.*|seq.*)$/.test(name));
        assert.deepEqual(made, [], "no lock, state or latch is made anew");
        continue;
      }
      // Nobody can know whether an agent still works in the folder that is away.
      const at = ["--data-dir", data];
      const kill = await legend(["kill", "mev", ...at]);
      assert.equal(kill.code, 1, kill.stdout + kill.stderr);
      assert.match(kill.stdout, /whether the mev agent runs cannot be told: .*agents is gone/);
      const stop = await legend(["control", "mev", "stop", ...at]);
      assert.match(stop.stdout, /whether the mev agent runs cannot be told: .*agents is gone/);
      const doctor = await legend(["doctor", ...at]);
      for (const module of ["arbitrage", "mev"]) {
        assert.match(
          doctor.stdout,
          new RegExp(`^BAD {2}agent ${module}: .*agents is gone, put it back`, "m"),
        );
      }
      const again = await legend([...SIM, freePort(), ...at]);
      assert.deepEqual([again.code, again.stdout], [3, ""], again.stderr);
      assert.match(again.stderr, /agents: it is gone; put it back, it holds the kills and policies/);
      assert.throws(() => Deno.statSync(agents), Deno.errors.NotFound);
      await Deno.rename(`${data}/away`, agents);
      assert.equal((await legend(["kill", "mev", ...at])).code, 0);
    }
  }));

Deno.test("L10, operator 17: a part that is started again and again is BAD in doctor, with how often and how it ended", () =>
  withFolder(async (folder) => {
    await using run = new Run(`${folder}/data`);
    await agentsRun(run.data);
    const told = <T>(file: string): T | undefined => {
      try {
        return JSON.parse(Deno.readTextFileSync(`${run.data}/${file}`));
      } catch {
        // It is being written, or of a part that starts.
        return undefined;
      }
    };
    const ended = new Set<number>();
    await until("the worker's third start within a minute", () => {
      const pid = told<{ pid: number }>("worker.status.json")?.pid;
      if (pid !== undefined && !ended.has(pid)) {
        ended.add(pid);
        Deno.kill(pid, "SIGKILL");
      }
      const { parts = [] } = told<{ parts: { name: string; recent_ms: number[] }[] }>("parts.status.json") ??
        {};
      return parts.some(({ name, recent_ms }) => name === "worker" && recent_ms.length >= 3);
    });
    const doctor = await legend(["doctor", "--data-dir", run.data]);
    assert.equal(doctor.code, 1, doctor.stdout);
    assert.match(
      doctor.stdout,
      /^BAD {2}part worker: started again \d+ times in a minute, it ended with \d+/m,
    );
    assert.doesNotMatch(doctor.stdout, /^BAD {2}part (api|agent)/m);
  }));

Deno.test("L6: no part has a secret in its environment that it does not use, and nobody else looks into one", () =>
  withFolder(async (folder) => {
    const env = { MASTER_API_KEY: "master-key-of-the-test-0123", OTHER_TOKEN: "other-token-of-the-shell" };
    await using run = new Run(`${folder}/data`, [], env);
    await agentsRun(run.data);
    let seen = 0;
    for (const pid of processesOf(run.data).filter((one) => one !== run.child.pid)) {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      const own = Deno.readTextFileSync(`/proc/${pid}/environ`);
      assert.equal(own.includes("master-key"), words.includes("api"), words.join(" "));
      assert.ok(!own.includes("other-token"), words.join(" "));
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.match(status, /^Umask:\s+0077$/m);
      seen += 1;
    }
    assert.ok(seen >= 4, `${seen} parts`);
  }));

/** The executable as another user, who has a cache of its own. */
async function asNobody(
  cache: string,
  words: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await nobody(cache, words).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const NOBODY = 65_534;
function nobody(cache: string, words: string[]): Deno.Command {
  return new Deno.Command("setpriv", {
    args: [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", `${cache}/legend`, ...words],
    clearEnv: true,
    env: environment({ LEGEND_CACHE_DIR: `${cache}/cache` }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
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
        const child = nobody(folder, [...SIM, freePort(), "--data-dir", data]).spawn();
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
      const own = (...words: string[]) => asNobody(folder, [...words, "--data-dir", data]);
      const range = ["--start", "2026-01-01T00:00:00Z", "--end", "2026-01-02T00:00:00Z", "--detach"];
      {
        await using _running = service();
        await agentsRun(data);
        await good(root("control", "mev", "policy", "--ev-min", "0.002"));
        await good(root("kill"));
        await good(root("unkill", "arbitrage"));
      }
      // Nobody runs: root's commands go to the disk.
      await good(root("kill"));
      await good(root("unkill", "mev"));
      await good(root("user", "add", "eve", "viewer"));
      await good(root("scrape", "x.parquet", ...range));
      const refused = await root("run", "--source", "sim:7");
      assert.equal(refused.code, 3);
      assert.match(refused.stderr, /as root: it belongs to user 65534, run this as that user$/m);
      const foreign: string[] = [];
      const walk = (path: string) => {
        if (Deno.lstatSync(path).uid !== NOBODY) foreign.push(path);
        if (Deno.lstatSync(path).isDirectory) names(path).forEach((name) => walk(`${path}/${name}`));
      };
      walk(data);
      assert.deepEqual(foreign, []);
      // The audit says who it was, and the service goes on with all of it.
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
      // Somebody who is neither changes nothing.
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
          const still = (text: string) => text.replace(/told \d+ s ago/g, "");
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
