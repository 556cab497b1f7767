/**
 * Access to the API and to the store on the executable: what strangers, viewers and other users of this host can do.
 */
import assert from "node:assert/strict";
import { withApi } from "../e2e/bridge.ts";
import { environment, withFolder } from "../e2e/executable.ts";
import { EXECUTABLE } from "../../tools/paths.ts";
import { delay } from "../../core/platform/delay.ts";

/** The machine may be busy with many other tests. */
const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await delay(50);
  }
}

const residentBytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) * 1024;

const text = new TextEncoder();

/** A raw connection that has sent `first`, and whether the other end has closed it. */
class Raw {
  ended = false;
  #connection!: Deno.TcpConn;
  head = "";

  async open(port: number, first: string | Uint8Array): Promise<this> {
    this.#connection = await Deno.connect({ port, hostname: "127.0.0.1" });
    await this.send(typeof first === "string" ? text.encode(first) : first);
    this.#read();
    return this;
  }

  /** False when it cannot be sent within a second, or not at all. */
  async send(bytes: Uint8Array): Promise<boolean> {
    const over = new AbortController();
    // A time limit; it is cancelled with the write.
    const late = delay(1_000, over.signal).then(() => false);
    const all = async () => {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#connection.write(rest));
      return true;
    };
    const sent = await Promise.race([all().catch(() => false), late]);
    over.abort();
    return sent;
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(16_384);
    for (;;) {
      const length = await this.#connection.read(chunk).catch(() => null);
      if (!length) break;
      this.head = (this.head + new TextDecoder("latin1").decode(chunk.subarray(0, length))).slice(0, 4_096);
    }
    this.ended = true;
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // The other end closed first.
    }
  }
}

const upgrade = (port: number, key: string) =>
  [
    "GET /api/realtime/ws?mode=json HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    `X-API-Key: ${key}`,
    "\r\n",
  ].join("\r\n");

const healthy = (port: number) =>
  fetch(`http://127.0.0.1:${port}/api/health/`).then(async (answer) => {
    await answer.body?.cancel();
    return answer.status === 200;
  }, () => false);

Deno.test("M2: half requests of strangers are ended, clients being served are not", () =>
  withFolder((folder) =>
    withApi(folder, async (port, key) => {
      const half = await Promise.all([
        ...Array.from({ length: 40 }, () => new Raw().open(port, "GET /api/health HTTP/1.1\r\nHost: 127")),
        ...Array.from({ length: 10 }, () => new Raw().open(port, "")),
      ]);
      const stream = await new Raw().open(port, upgrade(port, key));
      // An occasional byte does not complete the request.
      const drip = setInterval(() => half.slice(0, 5).forEach((one) => one.send(text.encode("7"))), 500);
      try {
        await until("all half requests are ended", async () => {
          assert.ok(await healthy(port), "others are answered");
          return half.every(({ ended }) => ended);
        });
      } finally {
        clearInterval(drip);
      }
      assert.match(stream.head, /^HTTP\/1\.1 101/);
      assert.ok(!stream.ended, "a stream is not half a request");
      const metrics =
        await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { "x-api-key": key } }))
          .text();
      assert.match(metrics, /legend_api_connections_shut_total\{reason="late"\} 50\n/);
      for (const one of [...half, stream]) one.close();
    })
  ));

/** The header of a masked frame: type, whether it is the last of its message, and the claimed length. */
function frameHead(kind: number, last: boolean, length: number): Uint8Array {
  const head = new Uint8Array(14);
  head.set([(last ? 0x80 : 0) | kind, 0x80 | 127]);
  new DataView(head.buffer).setBigUint64(2, BigInt(length));
  return head;
}

Deno.test("M2: what a viewer sends on the live stream takes no memory, in one frame or in many", () =>
  withFolder((folder) =>
    withApi(folder, async (port, key, pid) => {
      const clients = await Promise.all(
        Array.from({ length: 16 }, () => new Raw().open(port, upgrade(port, key))),
      );
      const good = await new Raw().open(port, upgrade(port, key));
      await until("all are connected", () => [...clients, good].every(({ head }) => head.includes("101")));
      // Memory that the process allocates once for its first answers and streams must not count for the frames.
      for (let n = 0; n < 100; n++) assert.ok(await healthy(port));
      const before = residentBytes(pid);
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, residentBytes(pid))), 20);
      const chunk = new Uint8Array(1 << 20);
      await Promise.all(clients.map(async (client, at) => {
        if (at % 2 === 0) {
          // One message of 60 MiB that never ends.
          await client.send(frameHead(2, false, 60 << 20));
          for (let n = 0; n < 59 && await client.send(chunk); n++);
        } else {
          // Fragments of 64 KiB without a last one.
          const fragment = new Uint8Array(14 + (64 << 10));
          for (let n = 0; n < 2_000; n++) {
            fragment.set(frameHead(n === 0 ? 2 : 0, false, 64 << 10));
            if (!await client.send(fragment)) break;
          }
        }
      }));
      clearInterval(watch);
      assert.ok(most - before < 64 << 20, `memory grew by ${(most - before) >> 20} MiB`);
      assert.ok(await healthy(port));
      assert.ok(!good.ended, "who only listens stays");
      for (const client of [...clients, good]) client.close();
    })
  ));

Deno.test("M2: a client that talks in small pieces is ended, one that answers pings is not", () =>
  withFolder((folder) =>
    withApi(folder, async (port, key) => {
      const [talker, quiet] = await Promise.all([
        new Raw().open(port, upgrade(port, key)),
        new Raw().open(port, upgrade(port, key)),
      ]);
      await until("both are connected", () => [talker, quiet].every(({ head }) => head.includes("101")));
      // Pongs and pings of 6 bytes, masked with zeros.
      await until("the talker is ended", async () => {
        await talker.send(new Uint8Array(120).map((_, at) => [0x8a, 0x80, 0, 0, 0, 0][at % 6]!));
        return talker.ended;
      });
      assert.ok(await quiet.send(new Uint8Array([0x8a, 0x80, 0, 0, 0, 0])));
      assert.ok(!quiet.ended);
      for (const one of [talker, quiet]) one.close();
    })
  ));

/** The executable with a limit on open files. */
function limited(files: number, args: readonly string[], env: Record<string, string>): Deno.Command {
  return new Deno.Command("sh", {
    args: ["-c", `ulimit -n ${files}; exec "$0" "$@"`, EXECUTABLE, ...args],
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function freePort(): Promise<number> {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return await Promise.resolve((listener.addr as Deno.NetAddr).port);
}

Deno.test("M2: with no descriptor left the API continues, and answers when there is one again", () =>
  withFolder(async (folder) => {
    const port = await freePort();
    const env = environment();
    const child = limited(140, ["run", "api", "--port", String(port), "--data-dir", `${folder}/data`], env)
      .spawn();
    const printed = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    let code: number | undefined;
    child.status.then((status) => (code = status.code));
    try {
      await until("the API is up", () => code !== undefined || healthy(port));
      assert.equal(code, undefined, "it has started");
      const many: Raw[] = [];
      for (let n = 0; n < 300; n++) {
        await new Raw().open(port, "GET / HT").then((one) => many.push(one), () => {});
      }
      await until("a stranger's flood does not keep others out", () => code !== undefined || healthy(port));
      assert.equal(code, undefined, "it has not ended");
      for (const one of many) one.close();
    } finally {
      if (code === undefined) child.kill("SIGTERM");
      await child.status;
    }
    const lines = await Promise.all(printed);
    assert.equal(code, 0, lines.join("\n"));
  }));

Deno.test("M2: with too few descriptors one line reports it before anything starts", () =>
  withFolder(async (folder) => {
    const env = environment();
    for (const [files, verb] of [[64, ["run", "--source", "sim:7"]], [100, ["run", "api"]]] as const) {
      const port = await freePort();
      const words = [...verb, "--port", String(port), "--data-dir", `${folder}/data`];
      const { code, stderr } = await limited(files, words, env).output();
      const lines = new TextDecoder().decode(stderr).trim().split("\n");
      assert.equal(code, 3, lines.join("\n"));
      assert.match(lines.at(-1)!, new RegExp(`^Cannot start .*${files} open files here, need \\d+; raise`));
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name === "data"), "nothing was made");
    }
  }));

Deno.test("M3: a revoked key and a disabled user lose their streams within a moment, others do not", () =>
  withFolder((folder) =>
    withApi(folder, async (port, master) => {
      const api = async (method: string, path: string, body?: unknown) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: { "x-api-key": master, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
        return await answer.json();
      };
      const keys = await Promise.all(
        ["one", "two"].map((label) => api("POST", "/api/keys", { label, scopes: ["read"], days: 1 })),
      );
      const [gone, stays] = keys.map(({ key }) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/api/realtime/ws`, {
          headers: { "x-api-key": key },
        } as unknown as string[]);
        return {
          open: new Promise((resolve) => (socket.onopen = resolve)),
          closed: new Promise<CloseEvent>((resolve) => (socket.onclose = resolve)),
          socket,
        };
      }) as [Live, Live];
      await Promise.all([gone.open, stays.open]);
      await api("DELETE", `/api/keys/${keys[0].id}`);
      const { code } = await gone.closed;
      assert.equal(code, 4403);
      assert.equal(stays.socket.readyState, WebSocket.OPEN, "another key's stream stays");
      await until(
        "the server sees the one end too",
        async () => (await api("GET", "/api/realtime/connections")).connections.length === 1,
      );
      stays.socket.close();
      await stays.closed;
    })
  ));

interface Live {
  readonly open: Promise<unknown>;
  readonly closed: Promise<CloseEvent>;
  readonly socket: WebSocket;
}
