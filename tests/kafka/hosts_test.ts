/**
 * Three hosts in network namespaces: agents on two, broker, store, sink and API on the third. One host is cut off
 * and comes back; a late starter obeys like the others.
 */
import assert from "node:assert/strict";
import { startKafka } from "../../tools/kafka.ts";
import { canMount, withFolder } from "../e2e/executable.ts";
import { Part, startClickHouse } from "./cluster.ts";
import { compare, storeOfUrl } from "./lossless.ts";
import { pause } from "../../core/platform/pause.ts";

const KEY = "master-key-of-the-test-01234567";
const PORT = 18_080;

async function ip(...words: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args: words }).output();
  assert.ok(success, `ip ${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Namespaces that share one wire; the answer is the words to run something in each. */
async function withHosts(
  count: number,
  run: (hosts: readonly { prefix: string[]; address: string; wire: string }[]) => Promise<void>,
): Promise<void> {
  const id = Deno.pid % 10_000;
  const bridge = `lgb${id}`;
  const hosts = Array.from({ length: count }, (_, at) => ({
    name: `legend-${id}-${at + 1}`,
    wire: `lgv${id}${at + 1}`,
    address: `10.77.${id % 250}.${at + 1}`,
  }));
  try {
    await ip("link", "add", bridge, "type", "bridge");
    await ip("link", "set", bridge, "up");
    for (const { name, wire, address } of hosts) {
      await ip("netns", "add", name);
      await ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name);
      await ip("link", "set", wire, "master", bridge, "up");
      await ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
      await ip("-n", name, "link", "set", "eth0", "up");
      await ip("-n", name, "link", "set", "lo", "up");
    }
    await run(
      hosts.map(({ name, address, wire }) => ({ prefix: ["ip", "netns", "exec", name], address, wire })),
    );
  } finally {
    for (const { name } of hosts) await new Deno.Command("ip", { args: ["netns", "del", name] }).output();
    await new Deno.Command("ip", { args: ["link", "del", bridge] }).output();
  }
}

async function until<T>(ask: () => Promise<T | undefined | false>, what: string, ms = 40_000): Promise<T> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await pause(100);
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

Deno.test({
  name:
    "agents on two hosts, the rest on a third: a host cut off goes on, obeys when it is back, and loses nothing",
  ignore: !canMount,
  fn: () =>
    withFolder((folder) =>
      withHosts(3, async (hosts) => {
        const [one, two, three] = hosts as [typeof hosts[0], typeof hosts[0], typeof hosts[0]];
        const broker = await startKafka({
          port: 19_092,
          folder: `${folder}/kafka`,
          host: three!.address,
          prefix: three!.prefix,
        });
        const clickhouse = await startClickHouse(`${folder}/clickhouse`, three!.prefix);
        const env = {
          KAFKA_BROKERS: broker.brokers,
          CLICKHOUSE_URL: clickhouse.url,
          CTRL_SIGN_SK_HEX: "7b".repeat(32),
          MASTER_API_KEY: KEY,
        };
        const parts: Part[] = [];
        const start = (host: typeof hosts[0], data: string, ...words: string[]) => {
          const part = new Part([...words, "--data-dir", `${folder}/${data}`], env, host!.prefix).start();
          parts.push(part);
          return part;
        };
        /** Runs JavaScript on a host. */
        const on = async (host: typeof hosts[0], code: string): Promise<string> => {
          const [program, ...before] = host!.prefix as [string, ...string[]];
          const { stdout, stderr } = await new Deno.Command(program, {
            args: [...before, Deno.execPath(), "eval", "-q", code],
          }).output();
          return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
        };
        const call = async (method: string, path: string, body?: unknown) => {
          const options = {
            method,
            headers: { "x-api-key": KEY, "content-type": "application/json" },
            ...(body ? { body: JSON.stringify(body) } : {}),
          };
          return JSON.parse(
            await on(
              three!,
              `console.log(await (await fetch("http://127.0.0.1:${PORT}${path}", ${
                JSON.stringify(options)
              })).text())`,
            ).then((text) => text || "null"),
          );
        };
        const status = async (data: string, module: string) => {
          try {
            return JSON.parse(await Deno.readTextFile(`${folder}/${data}/agents/${module}.status.json`));
          } catch {
            // Not told yet.
            return undefined;
          }
        };
        const killed = (data: string) =>
          until(async () => (await status(data, "mev"))?.policy.killed, `${data} killed`);
        const receipts = ({ sent }: Answer) => sent.map(({ receipt }) => receipt?.applied ?? null).sort();
        try {
          const agents = [
            start(one!, "one", "run", "agent", "mev", "--source", "sim:1", "--speed", "10"),
            start(one!, "one", "run", "agent", "arbitrage", "--source", "sim:1", "--speed", "10"),
          ];
          start(one!, "one", "run", "link");
          const far = [start(three!, "three", "run", "link"), start(three!, "three", "run", "sink")];
          start(three!, "three", "run", "api", "--port", String(PORT));
          const heard = (count: number) =>
            until(async () => {
              const answer = await call("GET", "/api/health/ready").catch(() => null);
              const agents = answer?.reasons?.find(({ part }: { part: string }) => part === "agents");
              return agents?.ok && Number(agents.detail.split(" ")[0]) >= count;
            }, `${count} agents heard on the third host`);
          await heard(2);
          const throttled: Answer = await call("POST", "/api/control/module/mev:throttle?wait=receipt", {
            throttle_pct: 40,
          });
          assert.deepEqual(receipts(throttled), [true], JSON.stringify(throttled));

          // The second host starts late: it learns what is wanted, and both obey one command.
          agents.push(start(two!, "two", "run", "agent", "mev", "--source", "sim:2", "--speed", "10"));
          start(two!, "two", "run", "link");
          await until(
            async () => (await status("two", "mev"))?.policy.throttle_pct === 40,
            "the late starter at 40 %",
          );
          await heard(3);
          const policy: Answer = await call("POST", "/api/control/module/mev:policy?wait=receipt", {
            ev_min: 0.002,
          });
          assert.deepEqual(receipts(policy), [true, true], JSON.stringify(policy));

          // Cut off, a kill reaches the others, and who did not answer is named.
          await ip("link", "set", two!.wire, "down");
          const before = (await status("two", "mev")).transactions;
          const cut: Answer = await call("POST", "/api/control/kill-switch?wait=receipt", { module: "mev" });
          assert.deepEqual(receipts(cut), [null, true].sort(), JSON.stringify(cut));
          assert.match(cut.sent.find(({ receipt }) => !receipt)!.agent_error, /has not answered in 5 s/);
          await killed("one");
          await until(
            async () => (await status("two", "mev")).transactions > before + 200,
            "the cut host going on",
          );
          await ip("link", "set", two!.wire, "up");
          await killed("two");

          for (const agent of agents) await agent.end();
          await until(async () => {
            const waiting = await Promise.all(
              ["one", "two"].map(async (data) =>
                JSON.parse(await Deno.readTextFile(`${folder}/${data}/link/status.json`)).waiting
              ),
            );
            return waiting.every((count) => count === 0);
          }, "both spools sent");
          for (const part of far) await part.end();
          const rest = start(three!, "three", "run", "sink", "--until-stored");
          assert.equal((await rest.ended()).code, 0);
          const url = new URL(clickhouse.url);
          // The store is on the third host's loopback: its rows are asked for from there.
          const store = storeOfUrl(clickhouse.url);
          store.command = async (sql: string) =>
            await on(
              three!,
              `console.log((await (await fetch("http://127.0.0.1:${url.port}/?database=mev", { method: "POST", headers: { "X-ClickHouse-User": "${url.username}", "X-ClickHouse-Key": "${url.password}" }, body: ${
                JSON.stringify(sql)
              } })).text()))`,
            );
          assert.ok(await compare([`${folder}/one`, `${folder}/two`], store) > 100);
        } finally {
          await Promise.all(parts.map((part) => part.end("SIGKILL")));
          await clickhouse.part.end("SIGKILL");
          await broker.kill();
        }
      })
    ),
});
