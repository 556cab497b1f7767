import { button, Clock, none, one, PAGE, press, Server, settled, type, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import KillDialog from "./KillDialog.tsx";

/** Longer than the key or finger that opened the dialog stays down. */
const LET_GO_MS = 401;

const server = new Server();
const clock = new Clock();

/** Once for all tests: the page polls its agents as long as it exists. */
let isAsked = false;
server.on("GET /api/agents", () => {
  isAsked = true;
  return { agents: [agent("a"), agent("b")], wanted: [] };
});

const agent = (instance: string, module = "arbitrage") => ({
  instance,
  module,
  host: "h1",
  here: true,
  state: "running",
  killed: false,
  age_s: 0,
  silent_after_s: 60,
});
const receipt = (instance: string, request_id: string, more = {}) => ({
  request_id,
  instance,
  module: "arbitrage",
  applied: true,
  reason: "",
  sequence: "1",
  policy_hash: "",
  applied_ns: "0",
  first_event_ns: "0",
  genuine: true,
  ...more,
});
const sent = (instance: string, request_id: string, more: Record<string, unknown> | null) => ({
  module: "arbitrage",
  path: more ? "socket" : "none",
  instance,
  receipt: more && receipt(instance, request_id, more),
  agent_error: null,
  log_error: null,
});

/** A page with the dialog closed, two agents, and no earlier kill. */
async function page(): Promise<void> {
  render(null, document.body);
  document.body.innerHTML = "";
  server.requests.length = 0;
  server.on("GET /api/control/commands/", () => ({ receipts: [] }));
  render(h(KillDialog, {}), document.body);
  await until("the agents are known", () => isAsked);
  await settled();
}

async function open(): Promise<HTMLDialogElement> {
  document.body.focus();
  press("K", { shiftKey: true });
  const dialog = one<HTMLDialogElement>("#dlg-kill");
  await until("the dialog is open", () => dialog.open);
  await until("the focus is on the button", () => document.activeElement === one("[data-kill]"));
  return dialog;
}

const title = () => one("#dlg-kill-t").textContent;
const titled = (words: string) => until(words, () => title()?.startsWith(words));

Deno.test({ name: "a kill needs two presses, and the second is sent once", ...PAGE }, async () => {
  await page();
  let answer = (_: unknown) => {};
  server.on("POST /api/control/kill-switch", () => new Promise((resolve) => (answer = resolve)));
  await open();
  // The key that opened it is still down and repeats.
  assert.ok(press("Enter"));
  await settled();
  assert.equal(server.changes.length, 0, "one press");
  assert.equal(title(), "Kill trading");
  clock.forward(LET_GO_MS);
  press("Enter");
  await titled("Kill sent, waiting for the answer");
  const kill = server.changes[0]!;
  assert.equal(kill.path, "/api/control/kill-switch?wait=receipt");
  assert.deepEqual(Object.keys(kill.body), ["module", "request_id"], "no reason was given");
  assert.equal(kill.body.module, "all");
  assert.match(kill.body.request_id, /^[0-9a-f]{32}$/);
  const pressed = one<HTMLButtonElement>("[data-kill]");
  assert.ok(pressed.disabled);
  pressed.click();
  await settled();
  assert.equal(server.changes.length, 1, "while it is on its way");
  answer({ ok: true, request_id: kill.body.request_id, sent: [] });
});

Deno.test({ name: "keys that are not meant for it neither open it nor kill", ...PAGE }, async () => {
  await page();
  document.body.append(document.createElement("input"));
  for (const [key, keys] of [["k", {}], ["Enter", {}], ["K", { ctrlKey: true }]] as const) press(key, keys);
  document.querySelector("input:not(dialog input)")!.dispatchEvent(
    new KeyboardEvent("keydown", { key: "K", bubbles: true }),
  );
  await settled();
  assert.equal(one<HTMLDialogElement>("#dlg-kill").open, false);
  await open();
  clock.forward(LET_GO_MS);
  await type("#kill-reason", "too fast");
  press("Enter");
  await settled();
  assert.equal(server.changes.length, 0, "Enter in the reason");
  button("Cancel").focus();
  press("Enter");
  await until("it is closed", () => !one<HTMLDialogElement>("#dlg-kill").open);
  assert.equal(server.changes.length, 0, "Enter on Cancel");
});

Deno.test({ name: "scope and reason are what was chosen", ...PAGE }, async () => {
  await page();
  server.on(
    "POST /api/control/kill-switch",
    ({ body }) => ({ ok: true, request_id: body.request_id, sent: [] }),
  );
  await open();
  clock.forward(LET_GO_MS);
  const [, arbitrage] = document.querySelectorAll<HTMLInputElement>("[name=kill-scope]");
  arbitrage!.click();
  await until("the button names it", () => one("[data-kill]").textContent?.includes("Kill Arbitrage now"));
  await type("#kill-reason", "pool drained");
  await settled();
  one("[data-kill]").click();
  const kill = await until("it is sent", () => server.changes[0]);
  assert.equal(kill.body.module, "arbitrage");
  assert.equal(kill.body.reason, "pool drained");
});

Deno.test({ name: "an agent has stopped when it reported it itself, and not before", ...PAGE }, async () => {
  await page();
  let id = "";
  server.on("POST /api/control/kill-switch", ({ body }) => {
    id = body.request_id;
    return { ok: false, request_id: id, sent: [sent("a", id, {}), sent("b", id, { genuine: false })] };
  });
  await open();
  clock.forward(LET_GO_MS);
  press("Enter");
  await titled("Kill sent · 1 of 2 agents have stopped");
  const [a, b] = document.querySelectorAll(".acks li");
  assert.match(a!.textContent!, /^a.*Stopped/);
  assert.match(b!.textContent!, /^b.*Signature is not valid/, "a forged receipt is none");
  assert.doesNotMatch(b!.textContent!, /Stopped/);
  assert.match(document.body.textContent!, /Not all agents have stopped yet/);
  // The agent's own receipt arrives later, through the log.
  server.on("GET /api/control/commands/", ({ path }) => ({
    receipts: path.endsWith(id) ? [receipt("b", id)] : [],
  }));
  await titled("Kill sent · 2 of 2 agents have stopped");
  none("[data-kill]");
  assert.match(document.body.textContent!, /All agents have stopped/);
  assert.equal(server.changes.length, 1);
});

Deno.test(
  { name: "a kill that is refused is not shown as sent, and goes again under its id", ...PAGE },
  async () => {
    await page();
    server.on(
      "POST /api/control/kill-switch",
      () => Response.json({ detail: "The control key cannot be read" }, { status: 503 }),
    );
    await open();
    clock.forward(LET_GO_MS);
    press("Enter");
    await titled("The kill was not accepted");
    assert.match(
      document.body.textContent!,
      /No agent is known to have stopped.*The control key cannot be read/,
    );
    assert.doesNotMatch(document.body.textContent!, /agents have stopped|All agents/);
    for (const row of document.querySelectorAll(".acks li")) assert.match(row.textContent!, /No receipt/);
    button("Send again").click();
    await until("it is sent again", () => server.changes.length === 2);
    const [first, second] = server.changes;
    assert.equal(second!.body.request_id, first!.body.request_id);
  },
);

Deno.test(
  { name: "no answer for three seconds is shown, with the command for the host", ...PAGE },
  async () => {
    await page();
    server.on("POST /api/control/kill-switch", () => new Promise(() => {}));
    await open();
    clock.forward(LET_GO_MS);
    press("Enter");
    await titled("Kill sent, waiting for the answer");
    clock.forward(3_000);
    await titled("Kill sent, no answer for");
    assert.match(document.body.textContent!, /No agent has confirmed that it stopped. Run legend kill/);
    assert.equal(server.changes.length, 1, "it is not sent again by itself");
    assert.ok(!button("Send again").disabled);
  },
);
