/** Processes and the data folder, as operators and hostile users found them on the executable. */
import assert from "node:assert/strict";
import { chdb, clickHouseUrl } from "../kafka/cluster.ts";
import { command, legend, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";
import { agentsRun, freePort, names, processesOf, Run, SIM, until } from "./processes.ts";

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
      // The moment of its lifetime at which it is killed.
      await delay(ms);
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
      // The run's stderr has no reader any more.
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
      // The supervisor restarts the page; wait until the new one answers.
      await until("the new page's answer", answers);
      for (const pid of processesOf(data)) Deno.kill(pid, "SIGHUP");
      const before = JSON.parse(Deno.readTextFileSync(`${data}/agents/mev.status.json`));
      await until("the agent is running again", () => {
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
    // By then the sink holds connections, for which the server's own shutdown would wait.
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

Deno.test("L10, operator 17: a part that restarts repeatedly is BAD in doctor, with how often and how it ended", () =>
  withFolder(async (folder) => {
    await using run = new Run(`${folder}/data`);
    await agentsRun(run.data);
    const readStatus = <T>(file: string): T | undefined => {
      try {
        return JSON.parse(Deno.readTextFileSync(`${run.data}/${file}`));
      } catch {
        // The status file is being written, or its part is just starting.
        return undefined;
      }
    };
    const ended = new Set<number>();
    await until("the worker's third start within a minute", () => {
      const pid = readStatus<{ pid: number }>("worker.status.json")?.pid;
      if (pid !== undefined && !ended.has(pid)) {
        ended.add(pid);
        Deno.kill(pid, "SIGKILL");
      }
      const { parts = [] } =
        readStatus<{ parts: { name: string; recent_ms: number[] }[] }>("parts.status.json") ??
          {};
      return parts.some(({ name, recent_ms }) => name === "worker" && recent_ms.length >= 3);
    });
    const doctor = await legend(["doctor", "--data-dir", run.data]);
    assert.equal(doctor.code, 1, doctor.stdout);
    assert.match(
      doctor.stdout,
      /^BAD {2}part worker: restarted \d+ times in a minute, it last ended with \d+/m,
    );
    assert.doesNotMatch(doctor.stdout, /^BAD {2}part (api|agent)/m);
  }));

Deno.test("L6: no part has a secret in its environment that it does not use, and no other user can read it", () =>
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
