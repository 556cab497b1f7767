/** A quiet stream can be distinguished from a dead one. */
import assert from "node:assert/strict";
import { decompress } from "fzstd";
import { Bridge } from "../../services/bridge/bridge.ts";
import { readBatch } from "../../islands/envelope.ts";
import { withServer } from "./server.ts";
import { delay } from "../../core/platform/delay.ts";

/** The part of a socket that the bridge needs. */
class Socket extends EventTarget {
  readonly readyState = WebSocket.OPEN;
  readonly bufferedAmount = 0;
  binaryType = "";
  readonly sent: (Uint8Array<ArrayBuffer> | string)[] = [];
  send(frame: Uint8Array<ArrayBuffer> | string): void {
    this.sent.push(frame);
  }
  close(): void {}
}

Deno.test("F1: a client that gets no record hears an empty batch each second; one of JSON gets no empty line", () =>
  withServer(async ({ log }) => {
    const bridge = new Bridge({ log, windowMs: 20, maxSize: 256 });
    const stop = new AbortController();
    const running = bridge.run(stop.signal);
    const principal = { name: "a", scopes: [], by: "bearer" as const, expires: Infinity };
    const [proto, json] = [new Socket(), new Socket()];
    for (const [socket, mode] of [[proto, "proto"], [json, "json"]] as const) {
      bridge.serve(socket as unknown as WebSocket, { mode, filter: {}, principal });
      socket.dispatchEvent(new Event("open"));
    }
    const end = performance.now() + 60_000;
    while (proto.sent.length < 2 && performance.now() < end) {
      await delay(20);
    }
    stop.abort();
    await running;
    assert.ok(proto.sent.length >= 2);
    for (const frame of proto.sent) {
      const { items, dropped, rows, unreadable } = readBatch(decompress(frame as Uint8Array));
      assert.deepEqual({ items, dropped, rows, unreadable }, {
        items: 0,
        dropped: 0,
        rows: [],
        unreadable: 0,
      });
    }
    assert.deepEqual(json.sent, []);
  }));
