import { button, PAGE, Server, settled, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import { NOT_FETCHED } from "./polling.ts";
import { HotPath } from "./HotPath.tsx";

const server = new Server();

/** The drawing of charts, which needs a canvas, is left out. */
const PLOT = "data:text/javascript,export default class { setData() {} setSize() {} destroy() {} }";
document.head.innerHTML = `<meta name="plot" content="${PLOT}">`;

const seriesOf = (t: readonly number[]) => ({ series: { t, hotpath_p99: t.map(() => 0.5) } });

Deno.test({
  name: "a store that has no rows yet is asked again within seconds, one that has some each minute",
  ...PAGE,
}, async () => {
  // The page's timers go when the test lets them.
  const timers = new Map<number, { run: () => void; every_ms: number }>();
  const own = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval };
  let newest = 0;
  globalThis.setInterval = ((run: () => void, every_ms: number) => {
    timers.set(++newest, { run, every_ms });
    return newest;
  }) as typeof setInterval;
  globalThis.clearInterval = ((timer: number) => timers.delete(timer)) as typeof clearInterval;
  try {
    let rows: readonly number[] = [];
    server.on("GET /api/metrics/summary", () => seriesOf(rows));
    const nothing = { latest: NOT_FETCHED, series: NOT_FETCHED };
    render(h(HotPath, { figures: { arbitrage: nothing, mev: nothing } }), document.body);
    await settled();
    assert.deepEqual(server.requests, []);
    button("24 h").click();
    const every = () => [...timers.values()].map(({ every_ms }) => every_ms);
    await until("both modules are asked for each 5 s", () => every().join() === "5000,5000");
    rows = [1_700_000_000, 1_700_000_060];
    for (const { run } of [...timers.values()]) run();
    await until("both modules are asked for each 60 s", () => every().join() === "60000,60000");
    assert.deepEqual(
      new Set(server.requests.map(({ path }) => path)),
      new Set(["arbitrage", "mev"].map((module) => `/api/metrics/summary?module=${module}&hours=24`)),
    );
  } finally {
    Object.assign(globalThis, own);
  }
});
