/**
 * Three hosts in network namespaces: agents on two, broker, store, sink and API on the third. One host is cut off and
 * comes back; a late starter obeys like the others.
 */
import assert from "node:assert/strict";
import { type KafkaBroker, startKafka } from "../../tools/kafka.ts";
import { canMount, withFolder } from "../e2e/executable.ts";
import { Part, startClickHouse } from "./cluster.ts";
import { compare, storeOfUrl } from "./lossless.ts";
import { ip, type NetworkHost, withHosts } from "./network_hosts.ts";
import { delay } from "../../core/platform/delay.ts";

const KEY = "master-key-of-the-test-01234567";
const PORT = 18_080;

type Name = "one" | "two" | "three";

async function until<T>(ask: () => Promise<T | undefined | false>, what: string, ms = 40_000): Promise<T> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await delay(100);
  }
  throw new Error(`${what} did not happen in ${ms / 1000} s`);
}

interface Answer {
  sent: {
    module: string;
    path: string;
    receipt: { instance: string; applied: boolean } | null;
    agent_error: string;
  }[];
}

/** Three hosts: agents on two of them, broker, store, sink and API on the third. */
class Fleet implements AsyncDisposable {
  /** Everything started on a host, except the broker and the store. */
  readonly #parts: Part[] = [];
  readonly #env: Record<string, string>;

  private constructor(
    readonly folder: string,
    readonly hosts: Readonly<Record<Name, NetworkHost>>,
    readonly broker: KafkaBroker,
    readonly clickhouse: { readonly url: string; readonly part: Part },
  ) {
    this.#env = {
      KAFKA_BROKERS: broker.brokers,
      CLICKHOUSE_URL: clickhouse.url,
      CTRL_SIGN_SK_HEX: "7b".repeat(32),
      MASTER_API_KEY: KEY,
    };
  }

  static async start(folder: string, all: readonly NetworkHost[]): Promise<Fleet> {
    const [one, two, three] = all as [NetworkHost, NetworkHost, NetworkHost];
    const broker = await startKafka({
      port: 19_092,
      folder: `${folder}/kafka`,
      host: three.address,
      prefix: three.prefix,
    });
    const clickhouse = await startClickHouse(`${folder}/clickhouse`, three.prefix);
    return new Fleet(folder, { one, two, three }, broker, clickhouse);
  }

  start(name: Name, ...words: string[]): Part {
    const args = [...words, "--data-dir", `${this.folder}/${name}`];
    const part = new Part(args, this.#env, this.hosts[name].prefix).start();
    this.#parts.push(part);
    return part;
  }

  /** Runs JavaScript on the third host, where the API and the store listen on loopback. */
  async onThird(code: string): Promise<string> {
    const [program, ...before] = this.hosts.three.prefix as [string, ...string[]];
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [...before, Deno.execPath(), "eval", "-q", code],
    }).output();
    return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
  }

  async call(method: string, path: string, body?: unknown) {
    const options = {
      method,
      headers: { "x-api-key": KEY, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
    return JSON.parse(
      await this.onThird(
        `console.log(await (await fetch("http://127.0.0.1:${PORT}${path}", ${
          JSON.stringify(options)
        })).text())`,
      ).then((text) => text || "null"),
    );
  }

  async status(name: Name, module: string) {
    try {
      return JSON.parse(await Deno.readTextFile(`${this.folder}/${name}/agents/${module}.status.json`));
    } catch {
      // Not published yet.
      return undefined;
    }
  }

  async killed(name: Name): Promise<void> {
    await until(async () => (await this.status(name, "mev"))?.policy.killed, `${name} killed`);
  }

  /** Waits until the third host has received the state of this many agents. */
  async received(count: number): Promise<void> {
    await until(async () => {
      const answer = await this.call("GET", "/api/health/ready").catch(() => null);
      const agents = answer?.reasons?.find(({ part }: { part: string }) => part === "agents");
      return agents?.ok && Number(agents.detail.split(" ")[0]) >= count;
    }, `${count} agents heard on the third host`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.end("SIGKILL")));
    await this.clickhouse.part.end("SIGKILL");
    await this.broker.kill();
  }
}

const receipts = ({ sent }: Answer) => sent.map(({ receipt }) => receipt?.applied ?? null).sort();

Deno.test({
  name:
    "agents on two hosts, the rest on a third: a host that is cut off continues, obeys when it is back, and loses nothing",
  ignore: !canMount,
  fn: () =>
    withFolder((folder) =>
      withHosts(3, async (all) => {
        await using fleet = await Fleet.start(folder, all);
        const agents = [
          fleet.start("one", "run", "agent", "mev", "--source", "sim:1", "--speed", "10"),
          fleet.start("one", "run", "agent", "arbitrage", "--source", "sim:1", "--speed", "10"),
        ];
        fleet.start("one", "run", "link");
        const far = [fleet.start("three", "run", "link"), fleet.start("three", "run", "sink")];
        fleet.start("three", "run", "api", "--port", String(PORT));
        await fleet.received(2);
        const throttled: Answer = await fleet.call("POST", "/api/control/module/mev:throttle?wait=receipt", {
          throttle_pct: 40,
        });
        assert.deepEqual(receipts(throttled), [true], JSON.stringify(throttled));
        agents.push(await lateStarterObeys(fleet));
        await cutOffHostObeysWhenItIsBack(fleet);
        for (const agent of agents) await agent.end();
        await allOfItIsStored(fleet, far);
      })
    ),
});

/** The second host starts late: it receives the desired state, and both obey one command. */
async function lateStarterObeys(fleet: Fleet): Promise<Part> {
  const agent = fleet.start("two", "run", "agent", "mev", "--source", "sim:2", "--speed", "10");
  fleet.start("two", "run", "link");
  await until(
    async () => (await fleet.status("two", "mev"))?.policy.throttle_pct === 40,
    "the late starter at 40 %",
  );
  await fleet.received(3);
  const policy: Answer = await fleet.call("POST", "/api/control/module/mev:policy?wait=receipt", {
    ev_min: 0.002,
  });
  assert.deepEqual(receipts(policy), [true, true], JSON.stringify(policy));
  return agent;
}

/** While one host is cut off, a kill reaches the others, and the agents without an answer are named. */
async function cutOffHostObeysWhenItIsBack(fleet: Fleet): Promise<void> {
  await ip("link", "set", fleet.hosts.two.wire, "down");
  const before = (await fleet.status("two", "mev")).transactions;
  const cut: Answer = await fleet.call("POST", "/api/control/kill-switch?wait=receipt", { module: "mev" });
  assert.deepEqual(receipts(cut), [null, true].sort(), JSON.stringify(cut));
  assert.match(cut.sent.find(({ receipt }) => !receipt)!.agent_error, /has not answered in 5 s/);
  await fleet.killed("one");
  await until(
    async () => (await fleet.status("two", "mev")).transactions > before + 200,
    "the host that is cut off continues",
  );
  await ip("link", "set", fleet.hosts.two.wire, "up");
  await fleet.killed("two");
}

/** Everything that the agents of both hosts wrote to their logs is in the store, once. */
async function allOfItIsStored(fleet: Fleet, far: readonly Part[]): Promise<void> {
  await until(async () => {
    const waiting = await Promise.all(
      ["one", "two"].map(async (data) =>
        JSON.parse(await Deno.readTextFile(`${fleet.folder}/${data}/link/status.json`)).waiting
      ),
    );
    return waiting.every((count) => count === 0);
  }, "both spools sent");
  for (const part of far) await part.end();
  const rest = fleet.start("three", "run", "sink", "--until-stored");
  assert.equal((await rest.ended()).code, 0);
  const url = new URL(fleet.clickhouse.url);
  // The store listens on the third host's loopback: its rows are queried from there.
  const store = storeOfUrl(fleet.clickhouse.url);
  store.command = async (sql: string) =>
    await fleet.onThird(
      `console.log((await (await fetch("http://127.0.0.1:${url.port}/?database=mev", { method: "POST", headers: { "X-ClickHouse-User": "${url.username}", "X-ClickHouse-Key": "${url.password}" }, body: ${
        JSON.stringify(sql)
      } })).text()))`,
    );
  assert.ok(await compare([`${fleet.folder}/one`, `${fleet.folder}/two`], store) > 100);
}
