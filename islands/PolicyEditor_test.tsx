import { button, Clock, none, one, PAGE, press, Server, settled, type, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import { PolicyForm } from "./PolicyEditor.tsx";

const server = new Server();
new Clock();

const POLICY = {
  running: true,
  killed: false,
  throttle_pct: 0,
  ev_min: 0.001,
  score_min: 0.5,
  tip_ladder: [0.5, 0.9],
};
const PATH = "/api/control/module/arbitrage:policy?wait=receipt";

let isDirty = false;
const draw = (policy = POLICY) =>
  render(
    h(PolicyForm, { module: "arbitrage", policy, onDirty: (dirty: boolean) => (isDirty = dirty) }),
    document.body,
  );

async function form(): Promise<void> {
  render(null, document.body);
  document.body.innerHTML = "";
  server.requests.length = 0;
  draw();
  await settled();
}

const answer = (applied: boolean, reason = "") => ({
  ok: applied,
  request_id: "0".repeat(32),
  sent: [{
    module: "arbitrage",
    path: "socket",
    instance: "a",
    agent_error: null,
    log_error: null,
    receipt: {
      ...{ request_id: "0".repeat(32), instance: "a", module: "arbitrage", applied, reason, sequence: "1" },
      ...{ policy_hash: "", applied_ns: "0", first_event_ns: "0", genuine: true },
    },
  }],
});
const value = (name: string) => one<HTMLInputElement>(`#p-${name}`).value;
const send = () => button("Sign and send");
const isReady = () => !send().disabled;

Deno.test({ name: "a value out of range is not sent, and its field says the range", ...PAGE }, async () => {
  const rows = [
    ["ev_min", "11", "ev_min: need a number of SOL from 0 to 10, got `11`"],
    ["throttle_pct", "12.5", "throttle_pct: need a whole number of percent from 0 to 100, got `12.5`"],
    ["score_min", "-0.1", "score_min: need a number from 0 to 1, got `-0.1`"],
    ["tip_ladder", "0.9, 0.5", "tip_ladder must rise: 0.9 is followed by 0.5"],
  ] as const;
  server.on(`POST ${PATH}`, () => answer(true));
  for (const [name, text, words] of rows) {
    await form();
    await type(`#p-${name}`, text);
    await until(words, () => one(`#h-${name}`).textContent === words);
    assert.equal(one(`#p-${name}`).getAttribute("aria-invalid"), "true");
    one("#p-reason").focus();
    send().click();
    await until("the focus is on the field", () => document.activeElement === one(`#p-${name}`));
    press("Enter", { ctrlKey: true });
    await settled();
    assert.equal(server.changes.length, 0, name);
    assert.equal(value(name), text, "what was typed stays");
  }
});

Deno.test({ name: "what was changed is sent, and nothing else", ...PAGE }, async () => {
  await form();
  assert.ok(send().disabled, "nothing is changed");
  press("Enter", { ctrlKey: true });
  one("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await settled();
  assert.equal(server.changes.length, 0, "nothing is changed");
  server.on(`POST ${PATH}`, () => answer(true));
  await type("#p-ev_min", "0.002");
  await type("#p-tip_ladder", "0.50, .9");
  await type("#p-reason", "calmer market");
  await until("it can be sent", isReady);
  await until("the page knows of it", () => isDirty);
  assert.equal(one(".diff").textContent, "ev_min 0.001 0.002", "the ladder has the same numbers");
  send().click();
  const { path, body } = await until("it is sent", () => server.changes[0]);
  assert.equal(path, PATH);
  assert.deepEqual(body, { ev_min: 0.002, reason: "calmer market" });
  await until("the receipt", () => /a.*Applied/.test(one(".acks").textContent!));
  assert.equal(value("ev_min"), "0.002", "in force, though the agent has not reported it yet");
  assert.ok(send().disabled);
  await until("nothing is left to be sent", () => !isDirty);
  send().click();
  await settled();
  assert.equal(server.changes.length, 1, "sent once");
});

Deno.test({ name: "a change that is refused is not shown as in force", ...PAGE }, async () => {
  await form();
  server.on(`POST ${PATH}`, () => answer(false, "the key is not trusted"));
  await type("#p-score_min", "0.9");
  await until("it can be sent", isReady);
  send().click();
  await until("the receipt", () => /Refused.*the key is not trusted/.test(one(".acks").textContent!));
  assert.doesNotMatch(document.body.textContent!, /Applied/);
  assert.equal(one(".diff").textContent, "score_min 0.5 0.9", "still to be sent");
  await until("the page knows of it", () => isDirty);
  // The server rejects a field that this page accepts.
  const problem = { detail: "score_min: need less than 0.8", field: "score_min", request_id: "r1" };
  server.on(`POST ${PATH}`, () => Response.json(problem, { status: 422 }));
  send().click();
  await until("at its field", () => one("#h-score_min").textContent === problem.detail);
  none(".acks");
  assert.equal(value("score_min"), "0.9");
  // The next try may succeed.
  server.on(`POST ${PATH}`, () => answer(true));
  send().click();
  await until("it is applied", () => /Applied/.test(document.body.textContent!));
  assert.equal(server.changes.length, 3);
});

Deno.test(
  { name: "a throttle by 100 % asks first, and closing the question sends nothing", ...PAGE },
  async () => {
    await form();
    server.on(`POST ${PATH}`, () => answer(true));
    await type("#p-throttle_pct", "100");
    await until("it can be sent", isReady);
    send().click();
    const question = await until(
      "the question",
      () => document.querySelector<HTMLDialogElement>("#dlg-confirm"),
    );
    await until("it is open", () => question.open);
    assert.equal(server.changes.length, 0, "not before the answer");
    button("Cancel").click();
    await until("it is closed", () => document.querySelector("#dlg-confirm") === null);
    await settled();
    assert.equal(server.changes.length, 0, "after a no");
    send().click();
    await until("the question", () => one<HTMLDialogElement>("#dlg-confirm").open);
    one("[data-confirm]").click();
    const { body } = await until("it is sent", () => server.changes[0]);
    assert.deepEqual(body, { throttle_pct: 100 });
  },
);

Deno.test({ name: "what another user changed meanwhile is not overwritten unseen", ...PAGE }, async () => {
  await form();
  server.on(`POST ${PATH}`, () => answer(true));
  await type("#p-ev_min", "0.003");
  await until("it can be sent", isReady);
  draw({ ...POLICY, ev_min: 0.002, score_min: 0.6 });
  await until("it is said", () => document.querySelector("[data-conflict=ev_min]"));
  assert.equal(value("score_min"), "0.6", "a field that is not being edited follows");
  assert.ok(send().disabled);
  one("#p-ev_min").focus();
  press("Enter");
  press("Enter", { ctrlKey: true });
  await settled();
  assert.equal(server.changes.length, 0, "not before it is decided");
  button("Take 0.002").click();
  await until("theirs", () => value("ev_min") === "0.002");
  none("[data-conflict]");
  assert.ok(send().disabled, "there is nothing to send");
  await type("#p-ev_min", "0.004");
  await until("it can be sent", isReady);
  button("Discard").click();
  await until("theirs", () => value("ev_min") === "0.002");
  assert.equal(server.changes.length, 0);
});
