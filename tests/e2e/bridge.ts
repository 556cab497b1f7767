/** Clients of the bridge that read, and clients that stall, on the executable; for the test and for the soak. */
import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { long, realtime } from "../../proto/wire.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { command } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** Maximum bytes that the bridge queues for one client, and that sockets and kernel hold in addition. */
const QUEUE_BYTES_MAX = 4 << 20;
const SOCKET_BYTES_MAX = 1 << 20;
/** Allowed growth of the runtime itself under load. */
const RUNTIME_BYTES = 200 << 20;
const BATCH = 200;

export interface Load {
  stalled: number;
  fast: number;
  seconds: number;
  perSecond: number;
}

export interface LoadResult {
  produced: number;
  growthBytes: number;
  boundBytes: number;
  gaps: number;
}

/** Only the API part, over a log that the test writes. */
export async function withApi(
  folder: string,
  run: (port: number, key: string, pid: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const key = "master-key-of-the-test-01234567";
  const child = command(["run", "api", "--port", String(port), "--data-dir", folder], {
    env: { MASTER_API_KEY: key },
  }).spawn();
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  try {
    for (let tries = 0;; tries++) {
      const up = await fetch(`http://127.0.0.1:${port}/api/health/`).then(
        (answer) => answer.body?.cancel().then(() => answer.status === 200),
        () => false,
      );
      if (up) break;
      if (tries > 2_400) throw new Error("the API did not come up");
      await delay(25);
    }
    await run(port, key, child.pid);
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Promise.all(texts);
  }
}

/** Items and dropped records of a Batch, without parsing the items: a hundred clients share one process. */
function countBatch(bytes: Uint8Array): { items: number; dropped: number } {
  const counts = { items: 0, dropped: 0 };
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === 0x0a) {
      // The end of the message is counted from after the length.
      const length = varint();
      at += length;
      counts.items += 1;
    } else if (tag === 0x28) counts.dropped = varint();
    else varint();
  }
  return counts;
}

/** Counts what it is sent; reads only when `read` is called. A light client discards the bytes. */
export class Client {
  received = 0;
  gaps = 0;
  /** Batches, including empty ones: a served client gets one each second. */
  batches = 0;
  #connection!: Deno.TcpConn;
  #rest = new Uint8Array();
  #ended = false;

  constructor(readonly light = false) {}

  /** A hand-written WebSocket: only this way can a client leave the bytes in the kernel. */
  async connect(port: number, key: string, mode: string): Promise<void> {
    this.#connection = await Deno.connect({ port, hostname: "127.0.0.1" });
    const request = [
      `GET /api/realtime/ws?mode=${mode} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      `X-API-Key: ${key}`,
      "\r\n",
    ];
    await this.#connection.write(new TextEncoder().encode(request.join("\r\n")));
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const chunk = new Uint8Array(4096);
      const length = await this.#connection.read(chunk);
      assert.ok(length, "the server closed the connection");
      head += new TextDecoder("latin1").decode(chunk.subarray(0, length));
    }
    assert.match(head, /^HTTP\/1\.1 101/);
    const rest = head.slice(head.indexOf("\r\n\r\n") + 4);
    this.#rest = Uint8Array.from(rest, (letter) => letter.charCodeAt(0));
  }

  /** Reads until `enough` returns true, or until the server closes. */
  async read(enough: () => boolean): Promise<void> {
    const chunk = new Uint8Array(1 << 18);
    while (!enough() && !this.#ended) {
      const length = await this.#connection.read(chunk).catch(() => null);
      if (!length) {
        this.#ended = true;
        return;
      }
      if (this.light) continue;
      const joined = new Uint8Array(this.#rest.length + length);
      joined.set(this.#rest);
      joined.set(chunk.subarray(0, length), this.#rest.length);
      this.#rest = joined;
      this.#frames();
    }
  }

  #frames(): void {
    for (;;) {
      const bytes = this.#rest;
      if (bytes.length < 2) return;
      let [at, size] = [2, bytes[1]! & 0x7f];
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      if (size === 126) {
        if (bytes.length < 4) return;
        [at, size] = [4, view.getUint16(2)];
      } else if (size === 127) {
        if (bytes.length < 10) return;
        [at, size] = [10, Number(view.getBigUint64(2))];
      }
      if (bytes.length < at + size) return;
      this.#message(bytes[0]! & 0x0f, bytes.subarray(at, at + size));
      this.#rest = bytes.slice(at + size);
    }
  }

  #message(kind: number, payload: Uint8Array): void {
    if (kind === 2) {
      const { items, dropped } = countBatch(zstdDecompressSync(payload));
      this.batches += 1;
      this.received += items;
      this.gaps += dropped;
    } else if (kind === 1) {
      for (const line of new TextDecoder().decode(payload).split("\n").filter(Boolean)) {
        const { type, data } = JSON.parse(line);
        if (type === "gap") this.gaps += data.count;
        else this.received += 1;
      }
    } else if (kind === 9) {
      // A pong, masked with zeros: a client that answers no ping is closed as dead.
      const pong = new Uint8Array([0x8a, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
      this.#connection.write(pong).catch(() => (this.#ended = true));
    }
  }

  close(): void {
    this.#connection.close();
  }
}

export const envelope = (n: number) =>
  realtime.Envelope.encode({
    schemaVersion: "rt-v1",
    type: realtime.Envelope.Type.ARB,
    decisionId: crypto.getRandomValues(new Uint8Array(16)),
    producerId: "the-load",
    seq: long(n + 1),
    eventNs: long(BigInt(Date.now()) * 1_000_000n),
    kind: realtime.Kind.ARBITRAGE,
    module: realtime.Module.MODULE_ARBITRAGE,
    arb: {
      version: "sota-arb-1.1",
      slot: long(400_000_000 + n),
      txSignature: crypto.randomUUID().repeat(2),
      netSol: n / 1000,
      classification: "atomic_3hop",
      pLandEst: 1,
    },
  }).finish();

const residentBytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) * 1024;

/** Runs the load. Throws when a fast client lost something, a gap does not add up, or memory exceeded its limits. */
export async function slowAndFast(
  folder: string,
  { stalled, fast, seconds, perSecond }: Load,
): Promise<LoadResult> {
  const result: LoadResult = { produced: 0, growthBytes: 0, boundBytes: 0, gaps: 0 };
  await withApi(folder, async (port, key, pid) => {
    const quick = Array.from({ length: fast }, () => new Client());
    const slow = Array.from({ length: stalled }, () => new Client());
    await Promise.all([
      ...quick.map((client) => client.connect(port, key, "proto")),
      ...slow.map((client) => client.connect(port, key, "json")),
    ]);
    // Connected does not yet mean served: the first batch shows it.
    await Promise.all(quick.map((client) => client.read(() => client.batches > 0)));
    const before = residentBytes(pid);
    using log = new EmbeddedLog(new Library(LIBRARY), `${folder}/log`);
    using topic = await log.topic("arbitrage-decisions-proto", { create: true });
    const total = seconds * perSecond;
    const reading = quick.map((client) => client.read(() => client.received + client.gaps >= total));
    const begin = performance.now();
    for (let n = 0; n < total; n += BATCH) {
      await topic.append(Array.from({ length: BATCH }, (_, at) => ({ value: envelope(n + at) })), "none");
      const due = begin + (n + BATCH) / perSecond * 1000;
      if (due > performance.now()) {
        // Paces the records.
        await delay(due - performance.now());
      }
    }
    result.produced = total;
    await Promise.all(reading);
    result.growthBytes = residentBytes(pid) - before;
    result.boundBytes = stalled * (QUEUE_BYTES_MAX + SOCKET_BYTES_MAX) + RUNTIME_BYTES;
    for (const client of quick) {
      assert.deepEqual([client.received, client.gaps], [total, 0], "a fast client loses nothing");
    }
    // Now the stalled clients read what was queued for them.
    await Promise.all(slow.map((client) => client.read(() => client.received + client.gaps >= total)));
    for (const client of slow) {
      assert.equal(client.received + client.gaps, total, "what was not sent was reported as a gap");
    }
    result.gaps = slow.reduce((sum, client) => sum + client.gaps, 0);
    for (const client of [...quick, ...slow]) client.close();
    assert.ok(
      result.growthBytes <= result.boundBytes,
      `memory grew by ${result.growthBytes}, bound ${result.boundBytes}`,
    );
  });
  return result;
}

/** Many connections at once, twice: all are served both times. */
export async function reconnects(folder: string, count: number): Promise<void> {
  await withApi(folder, async (port, key) => {
    for (let round = 0; round < 2; round++) {
      const clients = Array.from({ length: count }, () => new Client());
      await Promise.all(clients.map((client) => client.connect(port, key, "proto")));
      await Promise.all(clients.map((client) => client.read(() => client.batches > 0)));
      using log = new EmbeddedLog(new Library(LIBRARY), `${folder}/log`);
      using topic = await log.topic("arbitrage-decisions-proto", { create: true });
      await topic.append([{ value: envelope(round) }]);
      await Promise.all(clients.map((client) => client.read(() => client.received === 1)));
      for (const client of clients) client.close();
    }
  });
}
