import { button, none, one, PAGE, press, Server, settled, type, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import LiveTable from "./LiveTable.tsx";
import type { StreamMessage } from "./stream_worker.ts";

const server = new Server();

/** Replaces the worker that reads the stream: the test sends its messages. */
class StreamWorker {
  static only: StreamWorker | undefined;
  onmessage: ((event: MessageEvent<StreamMessage>) => void) | undefined;
  readonly urls: string[] = [];
  constructor() {
    assert.equal(StreamWorker.only, undefined, "one stream for a page");
    StreamWorker.only = this;
  }
  postMessage({ url }: { url: string }): void {
    this.urls.push(url);
  }
}
Object.defineProperty(globalThis, "Worker", { value: StreamWorker });

let dropped = 0;
function hear(more: Partial<StreamMessage>): void {
  dropped += more.gap ?? 0;
  const nothing = { rows: [], outcomes: [], metrics: [], received: 0, unreadable: 0, gap: 0, refusals: 0 };
  const data: StreamMessage = { ...nothing, state: "live", dropped, ...more };
  StreamWorker.only!.onmessage!({ data } as MessageEvent<StreamMessage>);
}

const row = (id: string, slot: number, more = {}): StreamMessage["rows"][number] => ({
  ...{ id, module: "arbitrage", kind: "open_arbitrage", tier: "", slot, at: 1_000 * slot, net: 0.25 },
  ...{ pLand: 0.5, what: "atomic_3hop", who: `signature-${id}` },
  ...more,
});
const decision = (decision_id: string, slot: number) => ({
  ...{
    decision_id,
    slot,
    kind: "arbitrage",
    event_ns: `${slot}000000000`,
    rule: "r",
    classification: "atomic_2hop",
  },
  ...{ net_lamports: "1500000000", gate: "observed", published: true, outcome: null },
  cycle: [{ signature: `signature-${decision_id}` }],
});

/** A page with one decision, by its id, from before the page was opened. */
async function page(known: string, search = ""): Promise<void> {
  render(null, document.body);
  document.body.innerHTML = "";
  history.replaceState(null, "", `/arbitrage${search}`);
  server.requests.length = 0;
  server.on("GET /api/decisions?", () => ({ decisions: [decision(known, 100)] }));
  server.on("GET /api/decisions/", ({ path }) => decision(path.split("/").at(-1)!, 100));
  server.on("GET /api/agents", () => ({ agents: [], ids: [] }));
  render(h(LiveTable, { module: "arbitrage" }), document.body);
  await until("what was decided before", () => ids().join() === known);
}

const lines = () => [...document.querySelectorAll<HTMLElement>(".live tbody tr:not(.spacer)")];
/** What is rendered, from the top: ids of rows, texts of gaps. */
const ids = () => lines().map(({ dataset, textContent }) => dataset.id ?? textContent!.split(":")[0]!);
const drawn = (...expected: string[]) =>
  until(`${expected}`, () => assert.deepEqual(ids(), expected) === undefined);
const foot = () => one(".panel-f").textContent;

Deno.test(
  { name: "rows come newest first, a gap at its place, and none of another module", ...PAGE },
  async () => {
    await page("a1");
    assert.match(lines()[0]!.textContent!, /^100.*atomic_2hoparbitragesign…e-a1–\+1\.500000Observed$/);
    assert.match(foot()!, /^1 rows shown, 0 received/);
    hear({ rows: [row("b1", 101), row("b2", 102), row("m1", 102, { module: "mev" })] });
    await drawn("b2", "b1", "a1");
    assert.match(
      lines()[0]!.textContent!,
      /^102.*atomic_3hopopen arbitragesign…e-b20\.50≈ \+0\.250000Paper, open$/,
    );
    hear({ rows: [row("b3", 103)], gap: 1_234 });
    await drawn("b3", "1,234 records not received", "b2", "b1", "a1");
    hear({ outcomes: [{ id: "b1", landed: true, reason: "" }, { id: "b2", landed: false, reason: "" }] });
    await until("b1 landed", () => /Landed \(paper\)$/.test(lines()[3]!.textContent!));
    assert.match(lines()[2]!.textContent!, /Missed \(paper\)$/);
    assert.match(lines()[0]!.textContent!, /Paper, open$/, "nothing is known of the others");
    // Duplicates are shown once.
    hear({ rows: [row("b3", 103), row("b4", 104)] });
    await drawn("b4", "b3", "1,234 records not received", "b2", "b1", "a1");
    assert.equal(document.querySelectorAll(".gapline").length, 1);
  },
);

Deno.test({ name: "rows wait while the table is looked at, and are counted", ...PAGE }, async () => {
  await page("a2");
  hear({ rows: [row("c1", 101)] });
  await drawn("c1", "a2");
  const scroller = one(".tw.scroll");
  scroller.dispatchEvent(new PointerEvent("pointerenter"));
  hear({ rows: [row("c2", 102), row("c3", 103)] });
  await until("what waits", () => button("2 new"));
  await settled();
  assert.deepEqual(ids(), ["c1", "a2"], "no row under the pointer moves");
  button("2 new").click();
  await drawn("c3", "c2", "c1", "a2");
  assert.ok(!/\d new/.test(one(".panel-h").textContent!));
  scroller.dispatchEvent(new PointerEvent("pointerleave"));
  button("Pause").click();
  await until("it is paused", () => button("Paused"));
  hear({ rows: [row("c4", 104)], gap: 5 });
  await until("what waits", () => button("new"));
  assert.deepEqual(ids(), ["c3", "c2", "c1", "a2"], "no row while it is paused");
  button("Paused").click();
  await until("it continues", () => button("Pause").getAttribute("aria-pressed") === "false");
  hear({ rows: [row("c5", 105)] });
  await drawn("c5", "c4", "5 records not received", "c3", "c2", "c1", "a2");
});

Deno.test({ name: "a row stays selected while others come, and Escape lets it go", ...PAGE }, async () => {
  await page("a3");
  hear({ rows: [row("d1", 101), row("d2", 102)] });
  await drawn("d2", "d1", "a3");
  none(".drawer");
  one("[data-id=d1]").click();
  await until("its evidence", () => one(".drawer").dataset.decision === "d1");
  assert.equal(location.search, "?sel=d1");
  await until("it is asked for", () => server.requests.some(({ path }) => path === "/api/decisions/d1"));
  hear({ rows: [row("d3", 103)] });
  await until("it waits", () => button("1 new"));
  assert.deepEqual(ids(), ["d2", "d1", "a3"]);
  assert.equal(one(".live [aria-selected=true]").dataset.id, "d1");
  press("]");
  await until("the next older one", () => one(".drawer").dataset.decision === "a3");
  assert.equal(one(".live [aria-selected=true]").dataset.id, "a3");
  press("Escape");
  await until("it is closed", () => document.querySelector(".drawer") === null && location.search === "");
  none(".live [aria-selected=true]");
  assert.equal(server.changes.length, 0, "looking changes nothing");
});

Deno.test({ name: "a filter hides rows, and a message says when it hides all", ...PAGE }, async () => {
  await page("a4");
  hear({ rows: [row("e1", 101, { what: "pump_swap_2hop" }), row("e2", 102)] });
  await drawn("e2", "e1", "a4");
  const asked = server.requests.filter(({ path }) => path.includes("/decisions")).length;
  await type("[data-search]", "PUMP_swap");
  await drawn("e1");
  assert.equal(location.search, "?q=PUMP_swap");
  assert.match(foot()!, /^1 rows shown, 2 received/, "what is hidden has come");
  // Rows that do not match the filter are hidden; matching rows are shown.
  hear({ rows: [row("e3", 103), row("e4", 104, { what: "pump_swap_3hop" })] });
  document.body.focus();
  (document.activeElement as HTMLElement)?.blur();
  await until("e4", () => ids()[0] === "e4");
  assert.deepEqual(ids(), ["e4", "e1"]);
  await type("[data-search]", "no such row");
  await until("why there is none", () => /No row matches the filter/.test(one(".empty").textContent!));
  assert.deepEqual(ids(), []);
  await type("[data-search]", "");
  await drawn("e4", "e3", "e2", "e1", "a4");
  none(".empty");
  assert.equal(location.search, "");
  const later = server.requests.filter(({ path }) => path.includes("/decisions")).length;
  assert.equal(later, asked, "the server is not asked for a filter");
});

Deno.test({ name: "before the server has said what there is, none is not said", ...PAGE }, async () => {
  render(null, document.body);
  history.replaceState(null, "", "/arbitrage");
  let answer = (_: unknown) => {};
  server.on("GET /api/decisions?", () => new Promise((resolve) => (answer = resolve)));
  render(h(LiveTable, { module: "arbitrage" }), document.body);
  await settled();
  none(".empty");
  one("[aria-label='Decisions: not known yet']");
  await until(
    "it is asked for",
    () => server.requests.some(({ path }) => path.startsWith("/api/decisions?")),
  );
  answer({ decisions: [] });
  await until("there is none", () => /No decisions yet/.test(one(".empty").textContent!));
});

Deno.test({ name: "the foot of a list says how often it is asked for", ...PAGE }, async () => {
  await page("r1", "?gate=ev_min");
  assert.match(foot()!, /the newest 1 that the server keeps, refreshed every 10 s$/);
});
