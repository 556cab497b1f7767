import { button, none, one, PAGE, Server, settled, type, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import LoginForm from "./LoginForm.tsx";

const server = new Server();
const value = (name: string) => one<HTMLInputElement>(`#f-${name}`).value;

Deno.test({
  name: "the fields of a new password are empty, and hold nothing of the login before them",
  ...PAGE,
}, async () => {
  server.on("POST /api/auth/login", () => ({ must_change: true }));
  server.on("POST /api/auth/password", () => Response.json({ detail: "refused" }, { status: 422 }));
  render(h(LoginForm, { host: "h1", version: "1.0.0", change: false, next: "/" }), document.body);
  await settled();
  await type("#f-user", "visitor");
  await type("#f-password", "the first secret");
  button("Log in").click();
  await until("the step of the new password", () => document.querySelector("#f-next"));
  assert.deepEqual([value("next"), value("again")], ["", ""]);
  await until("the focus in the first field", () => document.activeElement?.id === "f-next");
  none("#f-current");
  await type("#f-next", "a password of my own");
  await type("#f-again", "a password of my own");
  button("Set password").click();
  await until("the refusal", () => one("[role=alert]").textContent === "refused");
  assert.deepEqual(server.changes.map(({ body }) => body), [
    { user: "visitor", password: "the first secret" },
    { current: "the first secret", next: "a password of my own" },
  ]);
});
