/** Commands, receipts and the kill, with agents that run on the simulated chain. */
import assert from "node:assert/strict";
import type { LogRecord } from "../../core/log/log.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import type { AgentStatus } from "../../core/control/control.ts";
import { control, jobs, long } from "../../proto/wire.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { freePort } from "../../tools/kafka.ts";
import { command, legend, lines, withFolder } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

const DECISIONS = ["arbitrage-decisions-proto", "sandwich-decisions-proto"];

interface Answer {
  module: string;
  path: string;
  receipt: { applied: boolean; reason: string; genuine: boolean; first_event_ns: string; applied_ns: string };
}

/** A running `legend` on the simulated chain; stopped when the test has ended. */
async function withAgents(
  data: string,
  words: readonly string[],
  run: (child: Deno.ChildProcess) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const port = words[1] === "agent" ? [] : ["--port", String(freePort())];
  const child = command([...words, ...port, "--data-dir", data], { env }).spawn();
  const errors = new Response(child.stderr).text();
  const output = new Response(child.stdout).text();
  try {
    await run(child);
  } finally {
    try {
      child.kill("SIGTERM");
    } catch {
      // The process has already ended.
    }
    await child.status;
    await Promise.all([errors, output]);
  }
}

async function status(data: string, module: string): Promise<AgentStatus | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(`${data}/agents/${module}.status.json`));
  } catch {
    // Not published yet, or just being replaced.
    return undefined;
  }
}

/** Polls until there is an answer; if none comes, the test fails by its own time limit. */
async function until<T>(ask: () => Promise<T | undefined | false>, what: string): Promise<T> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await delay(20);
  }
  throw new Error(`${what} did not happen in 60 s`);
}

const events = (data: string, module: string, more: number) =>
  until(async () => {
    const now = await status(data, module);
    return now?.state === "running" && now.transactions > more && now;
  }, `${module} reading more than ${more} transactions`);

async function send(data: string, ...words: string[]): Promise<Answer[]> {
  const { stdout, stderr } = await legend([...words, "--json", "--data-dir", data]);
  assert.equal(stderr, "");
  return lines<Answer>(stdout);
}

async function tail(data: string, topic: string): Promise<{ data: Record<string, unknown> }[]> {
  const { stdout } = await legend(["topics", "tail", topic, "--from", "start", "--data-dir", data]);
  return lines(stdout);
}

const published = async (data: string) =>
  (await Promise.all(DECISIONS.map((topic) => tail(data, topic)))).flat();

Deno.test("commands change the policy of a running agent, and a kill stops it until an un-kill", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "--source", "sim:7", "--speed", "40"], async () => {
      await events(data, "arbitrage", 500);
      await events(data, "mev", 500);
      const [changed] = await send(data, "control", "arbitrage", "policy", "--ev-min", "0.5");
      assert.ok(changed!.receipt.applied && changed!.receipt.genuine && changed!.path === "socket");
      assert.notEqual(changed!.receipt.first_event_ns, "0");
      const from = BigInt(changed!.receipt.first_event_ns);
      const bad = await legend([
        ...["control", "arbitrage", "policy", "--tip-ladder", "0.9,0.1", "--data-dir", data],
      ]);
      assert.deepEqual([bad.code, bad.stdout], [2, ""]);
      assert.equal(bad.stderr, "Cannot use --tip-ladder 0.9,0.1: must rise\n");
      const killed = await send(data, "kill", "--reason", "test");
      assert.deepEqual(killed.map(({ module, receipt }) => [module, receipt.applied]), [["arbitrage", true], [
        "mev",
        true,
      ]]);
      const count = (await published(data)).length;
      const before = await events(data, "mev", 0);
      await events(data, "mev", before.transactions + 2_000);
      assert.equal((await published(data)).length, count, "nothing goes out after a kill");
      const [start] = await send(data, "control", "mev", "start");
      assert.deepEqual([start!.receipt.applied, start!.receipt.reason], [
        false,
        "the module is killed, lift the kill first (`legend unkill`)",
      ]);
      const decisions = lines<{ data: { decision_id: string; kind: string; event_ns: string } }>(
        (await legend(["topics", "tail", DECISIONS[0]!, "--from", "start", "--data-dir", data])).stdout,
      );
      // By the time of the event: decisions under the old policy are written a moment later.
      assert.match(decisions[0]!.data.event_ns, /^\d{19}$/);
      const later = decisions.filter(({ data }) =>
        BigInt(data.event_ns) > from && data.kind === "open_arbitrage"
      );
      for (const line of later.slice(0, 10)) {
        const { stdout } = await legend(["explain", line.data.decision_id, "--data-dir", data]);
        assert.ok(Number(/= ([-0-9.e]+) SOL/.exec(stdout)![1]) >= 0.5, stdout);
      }
    });
    // After a restart the latch and the policy are unchanged.
    await withAgents(data, ["run", "--source", "sim:8", "--speed", "40"], async () => {
      const count = (await published(data)).length;
      const now = await events(data, "arbitrage", 1_000);
      assert.deepEqual([now.killed, now.policy.killed, now.policy.ev_min, now.published], [
        true,
        true,
        0.5,
        0,
      ]);
      assert.equal((await published(data)).length, count);
      const [lifted] = await send(data, "unkill", "mev");
      assert.ok(lifted!.receipt.applied);
      await until(async () => (await published(data)).length > count, "a decision after the un-kill");
      assert.ok((await status(data, "arbitrage"))?.killed, "the other module stays killed");
      const { stdout, code } = await legend(["explain", "--why-not", "--data-dir", data]);
      assert.equal(code, 0);
      assert.match(stdout, /killed +refused [1-9]/);
    });
    const receipts = await tail(data, "control-receipts-proto");
    assert.ok(receipts.length >= 6);
    const commands = await tail(data, "control-commands-proto");
    assert.ok(commands.every((line) => line.data.issuer === `local:${Deno.uid()}`));
  }));

Deno.test("a kill without a running agent is latched on disk, and the agent starts killed", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "agent", "mev", "--source", "sim", "--speed", "40"], async () => {
      await events(data, "mev", 200);
    });
    const [killed] = await send(data, "kill", "mev");
    assert.deepEqual([killed!.path, killed!.receipt.applied], ["disk", true]);
    await withAgents(data, ["run", "agent", "mev", "--source", "sim", "--speed", "40"], async () => {
      const now = await until(async () => {
        const agent = await status(data, "mev");
        return agent?.state === "running" && agent.killed && agent.transactions > 200 && agent;
      }, "the agent killed from its start");
      assert.equal(now.published, 0);
    });
    const [lifted] = await send(data, "unkill", "mev");
    assert.deepEqual([lifted!.path, lifted!.receipt.applied], ["disk", true]);
  }));

Deno.test("SIGUSR2 kills an agent whose socket is gone, and the latch outlives it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "agent", "arbitrage", "--source", "sim", "--speed", "40"], async () => {
      await events(data, "arbitrage", 200);
      await Deno.remove(`${data}/agents/arbitrage.sock`);
      const [killed] = await send(data, "kill", "arbitrage");
      assert.equal(killed!.path, "signal");
      await until(async () => (await status(data, "arbitrage"))?.policy.killed, "the latch on disk");
      const receipts = await tail(data, "control-receipts-proto");
      assert.ok(receipts.some((line) => line.data.reason === "killed by signal"));
    });
    await withAgents(data, ["run", "agent", "arbitrage", "--source", "sim", "--speed", "40"], async () => {
      assert.ok((await events(data, "arbitrage", 100)).killed);
    });
  }));

Deno.test("an agent refuses unsigned, foreign and replayed commands on the log, and its receipts say why", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "agent", "mev", "--source", "sim", "--speed", "40"], async () => {
      await events(data, "mev", 100);
      await send(data, "control", "mev", "throttle", "--throttle-pct", "5");
      using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
      using topic = await log.topic("control-commands-proto");
      using reader = await topic.reader(0n);
      const first = reader.read();
      assert.ok("records" in first);
      const [genuine] = first.records;
      const forged = (action: control.Action, args: Record<string, string>) =>
        control.Command.encode({
          ts: long(Math.trunc(Date.now() / 1000)),
          module: control.Module.MEV,
          action,
          args,
          requestId: crypto.randomUUID(),
          issuer: "stranger",
          schemaVersion: "ctrl-v1",
        }).finish();
      const key = new TextEncoder().encode("mev");
      const replayed = control.Command.decode(genuine!.value!);
      replayed.requestId = "another";
      await topic.append([
        { key, value: forged(control.Action.KILL, {}) },
        { key, value: forged(control.Action.THROTTLE, { throttle_pct: "100" }), headers: genuine!.headers },
        { key, value: control.Command.encode(replayed).finish(), headers: genuine!.headers },
        { key, value: new Uint8Array([1, 2, 3]) },
      ]);
      const receipts = await until(async () => {
        const all = await tail(data, "control-receipts-proto");
        return all.length >= 5 && all;
      }, "five receipts");
      assert.deepEqual(receipts.map((line) => line.data.applied), [true, false, false, false, false]);
      assert.match(String(receipts[1]!.data.reason), /not signed/);
      assert.match(String(receipts[2]!.data.reason), /altered/);
      // The displayed state is a moment old.
      const now = await until(async () => {
        const agent = await status(data, "mev");
        return agent?.policy.throttle_pct !== 0 && agent;
      }, "the policy in the status");
      assert.deepEqual([now.killed, now.policy.throttle_pct], [false, 5]);
    });
  }));

/** Runs beside an agent on the same folder that nothing waits for. */
async function withLateStarter(
  data: string,
  env: Record<string, string>,
  run: () => Promise<void>,
): Promise<void> {
  const child = command(["run", "agent", "mev", "--source", "sim:1", "--data-dir", data], { env }).spawn();
  const output = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  try {
    await run();
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await output;
  }
}

/** The late starter applies the newest state, and a forged one after it lifts nothing. */
async function newestStateAloneIsObeyed(library: Library, other: string, forged: LogRecord): Promise<void> {
  const { policy } = await until(
    async () => {
      const now = await status(other, "mev");
      return now?.policy.killed && now;
    },
    "the late starter killed",
  );
  assert.deepEqual([policy.throttle_pct, policy.ev_min], [5, 0.003]);
  const receipts = (await tail(other, "control-receipts-proto")).map(({ data }) => data);
  assert.deepEqual(
    receipts.map(({ applied }) => applied),
    [false, true],
    "one receipt, for the newest alone",
  );
  using to = new EmbeddedLog(library, `${other}/log`);
  using topic = await to.topic("control-state-proto");
  await topic.append([forged]);
  const refused = await until(
    async () => (await tail(other, "control-receipts-proto"))[2]?.data,
    "a receipt of the refusal",
  );
  assert.match(String(refused.reason), /altered/);
  assert.equal((await status(other, "mev"))!.policy.killed, true, "a forged state lifts nothing");
}

Deno.test("an agent that was not running learns the desired state, not the history, and trusts only signatures", () =>
  withFolder(async (folder) => {
    const [data, other] = [`${folder}/one`, `${folder}/two`];
    const env = { CTRL_SIGN_SK_HEX: "5a".repeat(32) };
    const sendSigned = (...words: string[]) =>
      legend(["control", "mev", ...words, "--json", "--data-dir", data], { env });
    // A kill applies to agents that existed.
    await withAgents(data, ["run", "agent", "mev", "--source", "sim:1"], async () => {
      await until(
        async () => (await status(data, "mev"))?.state === "running",
        "the agent of the first host",
      );
    }, env);
    for (let pct = 1; pct <= 5; pct++) await sendSigned("throttle", "--throttle-pct", String(pct));
    await sendSigned("policy", "--ev-min", "0.003");
    await legend(["kill", "mev", "--json", "--data-dir", data], { env });

    // What Kafka would deliver to another host, followed by a forged and a foreign state.
    const library = new Library(LIBRARY);
    using from = new EmbeddedLog(library, `${data}/log`);
    using states = await from.topic("control-state-proto");
    using reader = await states.reader(0n);
    const answer = reader.read();
    assert.ok("records" in answer && answer.records.length === 7);
    const newest = answer.records.at(-1)!;
    const sequence = Number(
      new TextDecoder().decode(newest.headers.find(([name]) => name === "sequence")![1]),
    );
    const forged = {
      ...newest,
      value: jobs.ControlState.encode({
        ...jobs.ControlState.decode(newest.value!),
        killed: false,
        sequence: long(sequence + 1),
      }).finish(),
      headers: newest.headers.map(([name, value]) =>
        [name, name === "sequence" ? new TextEncoder().encode(String(sequence + 1)) : value] as const
      ),
    };
    {
      using to = new EmbeddedLog(library, `${other}/log`);
      using topic = await to.topic("control-state-proto", { create: true });
      await topic.append([...answer.records]);
    }
    await withAgents(other, ["run", "agent", "mev", "--source", "sim:1"], async () => {
      await until(async () => (await status(other, "mev"))?.state === "running", "the agent without the key");
      const refused = await until(
        async () => (await tail(other, "control-receipts-proto"))[0]?.data,
        "a receipt of the refusal",
      );
      assert.equal(refused.applied, false);
      assert.match(String(refused.reason), /not trusted/);
      assert.equal((await status(other, "mev"))!.policy.killed, false);
    });
    await withLateStarter(other, env, () => newestStateAloneIsObeyed(library, other, forged));
  }));

Deno.test("agents killed with -9 at 50 moments under load lose and double nothing, and keep policy and latch", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "--source", "sim:5", "--speed", "20"], async () => {
      await events(data, "arbitrage", 100);
      await events(data, "mev", 100);
      await send(data, "control", "arbitrage", "policy", "--ev-min", "0.0001");
      await send(data, "kill", "mev");
      using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
      using arbitrages = await log.topic(DECISIONS[0]!);
      using sandwiches = await log.topic(DECISIONS[1]!);
      const before = (await sandwiches.info()).end;
      let last = 0n;
      for (let attempt = 0; attempt < 50; attempt++) {
        const module = attempt % 5 === 4 ? "mev" : "arbitrage";
        const pid = Number(await Deno.readTextFile(`${data}/agents/${module}.lock`));
        Deno.kill(pid, "SIGKILL");
        const now = await until(async () => {
          const agent = await status(data, module);
          return agent && agent.pid !== pid && agent.transactions > 0 && agent;
        }, `${module} after kill ${attempt}`);
        assert.deepEqual(
          [now.policy.ev_min, now.killed],
          module === "mev" ? [0.0008, true] : [0.0001, false],
        );
        // Not at the same moment of its lifetime each time.
        await delay((attempt * 37) % 150);
        const { end } = await arbitrages.info();
        assert.ok(end >= last, "what was acknowledged stays");
        last = end;
      }
      assert.ok(last > 100n, `${last} decisions`);
      assert.equal((await sandwiches.info()).end, before, "killed all the while");
    });
    for (const topic of [...DECISIONS, "bundle-outcomes-proto"]) {
      const seen = await tail(data, topic) as unknown as {
        data: { producer_id: string; seq: string; decision_id: string };
      }[];
      const producers = Map.groupBy(seen, ({ data }) => data.producer_id);
      for (const [producer, list] of producers) {
        assert.deepEqual(
          list.map(({ data }) => Number(data.seq)),
          list.map((_, at) => at + 1),
          `${producer} on ${topic}`,
        );
        assert.equal(new Set(list.map(({ data }) => data.decision_id)).size, list.length);
      }
    }
    assert.equal((await legend(["topics", "verify", "--data-dir", data])).code, 0);
  }));

Deno.test("parts end with their supervisor, whatever kills it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    await withAgents(data, ["run", "--source", "sim"], async (child) => {
      const agents = await Promise.all(["arbitrage", "mev"].map((module) => events(data, module, 1)));
      child.kill("SIGKILL");
      await child.status;
      for (const { pid } of agents) {
        await until(() => Deno.stat(`/proc/${pid}`).then(() => false, () => true), `the end of ${pid}`);
      }
    });
  }));
