/**
 * What one open page costs in network traffic: every byte to it and from it on the wire, including headers and
 * WebSocket.
 */

import type { Browser } from "playwright-core";
import { freePort } from "../../tools/kafka.ts";
import { firstLogin, openPage, ready, startBrowser } from "./browser.ts";
import { command } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** Every page when it is opened, and the two lists that are polled. */
const PAGES = [
  "overview",
  "arbitrage",
  "arbitrage?gate=ev_min",
  "sandwich",
  "sandwich?tier=B,C",
  "datasets",
  "training",
  "settings",
  "audit",
];
/** By then a newly opened page has its first answers. */
const SETTLED_MS = 3_000;
const MEASURED_MS = 10_000;

/** Bytes that each page transfers in ten seconds, both ways, while agents run on the simulator at its usual rate. */
export async function pageWeights(folder: string): Promise<Map<string, number>> {
  const [data, port] = [`${folder}/data`, freePort()];
  const child = command(["run", "--source", "sim:7", "--port", String(port), "--data-dir", data]).spawn();
  const output = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  let browser: Browser | undefined;
  try {
    browser = await startBrowser();
    await ready(`http://127.0.0.1:${port}`);
    await using counter = countBytes(port);
    const url = `http://127.0.0.1:${counter.port}`;
    const page = await openPage(await browser.newContext(), []);
    await firstLogin(page, { data, url });
    const weights = new Map<string, number>();
    for (const name of PAGES) {
      await page.goto(`${url}/${name}`);
      await page.waitForSelector(".strip >> text=Live");
      // Measures a time without any user action.
      await delay(SETTLED_MS);
      const before = counter.bytes.down + counter.bytes.up;
      await delay(MEASURED_MS);
      weights.set(name, counter.bytes.down + counter.bytes.up - before);
    }
    return weights;
  } finally {
    await browser?.close();
    child.kill("SIGTERM");
    await child.status;
    await Promise.all(output);
  }
}

/** A forwarder in front of a server that counts the bytes it forwards. */
export interface Counter extends AsyncDisposable {
  readonly port: number;
  /** Bytes so far: to the browser, and from it. */
  readonly bytes: { down: number; up: number };
}

/** Forwards every connection to `port` of this host. */
export function countBytes(port: number): Counter {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const bytes = { down: 0, up: 0 };
  const open = new Set<Deno.TcpConn>();
  const hand = async (from: Deno.TcpConn, to: Deno.TcpConn, way: keyof typeof bytes) => {
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, out) {
        bytes[way] += chunk.length;
        out.enqueue(chunk);
      },
    });
    // Either side may close at any moment, as on a network.
    await from.readable.pipeThrough(counted).pipeTo(to.writable).catch(() => {});
  };
  const serve = async () => {
    for await (const browser of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      open.add(browser).add(server);
      Promise.all([hand(browser, server, "up"), hand(server, browser, "down")]).finally(() => {
        open.delete(browser);
        open.delete(server);
      });
    }
  };
  const served = serve();
  return {
    port: listener.addr.port,
    bytes,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of open) {
        try {
          one.close();
        } catch {
          // The connection has already ended.
        }
      }
      await served;
    },
  };
}
