/** The bridge between a real log and real WebSockets: positions without a hole, one frame for all, what is filtered, resumed and lost. */
import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import type { RealtimeFilter, RealtimeMode } from "../../core/decisions/realtime.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { realtime } from "../../proto/wire.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { Bridge } from "./bridge.ts";
import { delay } from "../../core/platform/delay.ts";

const TOPIC = "arbitrage-decisions-proto";
const EPOCH = 1_700_000_000_000;
const LIMIT_MS = 60_000;
const PRINCIPAL = { name: "ann", role: "viewer", scopes: [], by: "bearer", expires: 0 } as const;

interface ConnectOptions {
  mode?: RealtimeMode;
  filter?: RealtimeFilter;
  resume?: { epoch: bigint; position: bigint };
}

/** What a client of `mode=proto` has: each batch as the contract says it. */
interface Received {
  socket: WebSocket;
  batches: { from: number; to: number; epoch: number; dropped: number; nets: number[] }[];
  lines: string[];
  /** Batches without a record, the beats among them: where each begins. */
  empty: number[];
}

interface Desk {
  bridge: Bridge;
  /** Appends decisions with these nets, as one append. */
  put(...nets: number[]): Promise<void>;
  connect(options?: ConnectOptions): Promise<Received>;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await delay(5);
  }
}

const envelope = (net: number) =>
  realtime.Envelope.encode({
    schemaVersion: "rt-v1",
    type: realtime.Envelope.Type.ARB,
    module: realtime.Module.MODULE_ARBITRAGE,
    decisionId: new Uint8Array(16).fill(1),
    arb: { netSol: net },
  }).finish();

async function withDesk(run: (desk: Desk) => Promise<void>, maxSize = 3): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-bridge-" });
  const log = new EmbeddedLog(new Library(LIBRARY), `${folder}/log`);
  const end = new AbortController();
  const bridge = new Bridge({ log, windowMs: 10, maxSize, now: () => EPOCH });
  let options: ConnectOptions = {};
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const { mode = "proto", filter = {}, resume } = options;
    bridge.serve(socket, { mode, filter, principal: PRINCIPAL, ...(resume ? { resume } : {}) });
    return response;
  });
  using topic = await log.topic(TOPIC, { create: true });
  const running = bridge.run(end.signal);
  const sockets: WebSocket[] = [];
  try {
    assert.ok(await bridge.reads(LIMIT_MS), "the bridge reads all topics");
    await run({
      bridge,
      put: async (...nets) => void await topic.append(nets.map((net) => ({ value: envelope(net) }))),
      connect: async (own = {}) => {
        options = own;
        const before = bridge.connections().length;
        const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
        socket.binaryType = "arraybuffer";
        sockets.push(socket);
        const received: Received = { socket, batches: [], lines: [], empty: [] };
        socket.addEventListener("message", ({ data }) => take(received, data));
        await until("the client is served", () => bridge.connections().length > before);
        return received;
      },
    });
  } finally {
    end.abort();
    await running;
    await Promise.all(
      sockets.map((socket) =>
        socket.readyState === WebSocket.CLOSED ? undefined : new Promise((resolve) => {
          socket.addEventListener("close", resolve, { once: true });
          socket.close();
        })
      ),
    );
    await server.shutdown();
    log[Symbol.dispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

function take({ batches, lines, empty }: Received, data: string | ArrayBuffer): void {
  if (typeof data === "string") {
    lines.push(...data.trimEnd().split("\n"));
    return;
  }
  const { items, from, to, epoch, dropped } = realtime.Batch.decode(zstdDecompressSync(new Uint8Array(data)));
  // A beat: nothing in it, nothing lost.
  if (items.length === 0 && Number(dropped) === 0 && Number(from) === Number(to)) {
    empty.push(Number(from));
    return;
  }
  batches.push({
    from: Number(from),
    to: Number(to),
    epoch: Number(epoch),
    dropped: Number(dropped),
    nets: items.map((item) => item.arb!.netSol!),
  });
}

/** All that came, in order. */
const nets = ({ batches }: Received) => batches.flatMap((batch) => batch.nets);

Deno.test("each client gets every record once, in order, and its positions follow one another without a hole", () =>
  withDesk(async ({ put, connect, bridge }) => {
    const [one, other] = [await connect(), await connect()];
    await put(1, 2, 3);
    await put(4, 5, 6, 7);
    for (const client of [one, other]) {
      await until("seven records", () => nets(client).length >= 7);
      assert.deepEqual(nets(client), [1, 2, 3, 4, 5, 6, 7]);
      let next = 1;
      for (const { from, to, epoch, dropped, nets } of client.batches) {
        assert.deepEqual([from, to - from, epoch, dropped], [next, nets.length, EPOCH, 0]);
        assert.ok(nets.length <= 3, "no batch is larger than it may be");
        next = to;
      }
      assert.equal(next, 8);
    }
    assert.deepEqual(
      bridge.connections().map((
        { user, mode, sent, dropped, filtered },
      ) => [user, mode, sent, dropped, filtered]),
      Array.from({ length: 2 }, () => ["ann", "proto", "7", "0", "0"]),
    );
  }));

Deno.test("a filter keeps what it names, and what it leaves out is counted for that client alone", () =>
  withDesk(async ({ put, connect, bridge }) => {
    const all = await connect();
    const few = await connect({ filter: { minNet: 5 } });
    const none = await connect({ filter: { modules: ["mev"] } });
    await put(4, 5, 6);
    await until("three records", () => nets(all).length === 3);
    await until("two records", () => nets(few).length === 2);
    assert.deepEqual(nets(few), [5, 6]);
    const counts = () => bridge.connections().map(({ sent, filtered }) => `${sent} ${filtered}`).sort();
    await until("all counted", () => counts().join() === "0 3,2 1,3 0");
    assert.deepEqual(nets(none), []);
  }));

Deno.test("a client that comes back gets what it missed and no more; one of another run gets all that is kept", () =>
  withDesk(async ({ put, connect }) => {
    const first = await connect();
    await put(1, 2, 3);
    await put(4, 5, 6);
    await until("six records", () => nets(first).length === 6);
    const resumed = await connect({ resume: { epoch: BigInt(EPOCH), position: 5n } });
    await until("what was missed", () => nets(resumed).length >= 2);
    assert.deepEqual(nets(resumed), [5, 6]);
    const stranger = await connect({ resume: { epoch: 7n, position: 900n } });
    await until("all that is kept", () => nets(stranger).length >= 6);
    assert.equal(stranger.batches[0]!.epoch, EPOCH, "by its number the client knows that it is another run");
    assert.deepEqual(nets(stranger), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([stranger.empty[0], resumed.empty.includes(5)], [900, false], "its old place is gone");
    const fresh = await connect();
    await put(7, 8, 9);
    await until("what came later", () => nets(fresh).length === 3);
    assert.deepEqual([nets(fresh), nets(resumed)], [[7, 8, 9], [5, 6, 7, 8, 9]]);
  }));

Deno.test("JSON clients get lines, and a kicked client is closed as the contract says", () =>
  withDesk(async ({ put, connect, bridge }) => {
    const client = await connect({ mode: "json" });
    await put(1, 2, 3);
    await until("three lines", () => client.lines.length === 3);
    assert.deepEqual(client.lines.map((line) => JSON.parse(line).type), Array(3).fill("arb_opportunity"));
    const closed = new Promise<CloseEvent>((resolve) => client.socket.addEventListener("close", resolve));
    assert.equal(bridge.kick("unknown"), false);
    assert.equal(bridge.kick(bridge.connections()[0]!.id), true);
    assert.equal((await closed).code, 4409);
    await until("no client is connected", () => bridge.connections().length === 0);
  }));

Deno.test("what a client missed is kept for 512 batches; what is gone is sent as a gap with its count", () =>
  withDesk(async ({ put, connect }) => {
    const first = await connect();
    await put(...Array.from({ length: 600 }, (_, at) => at + 1));
    await until("600 records", () => nets(first).length === 600);
    const late = await connect({ resume: { epoch: BigInt(EPOCH), position: 3n } });
    await until("what is kept", () => nets(late).length >= 512);
    const [gap, next] = late.batches;
    assert.deepEqual([gap!.from, gap!.to, gap!.dropped, gap!.nets], [3, 89, 86, []]);
    assert.deepEqual([next!.from, next!.nets], [89, [89]]);
    assert.deepEqual(nets(late), Array.from({ length: 512 }, (_, at) => at + 89));
  }, 1));
