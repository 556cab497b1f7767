/** A kill that is sent again under its id: the same kill for agents that have not answered, a new one after a lift. */
import assert from "node:assert/strict";
import type { Receipt, Sent } from "../../core/control/control.ts";
import type { FleetAgent } from "../../core/control/fleet.ts";
import type { Receipts } from "../../core/control/receipts.ts";
import { bearer, withServer } from "./server.ts";

const ID = "0123456789abcdef0123456789abcdef";

Deno.test("F1: a kill keeps the id that its client chose, until the kill was lifted; nothing else takes one", async () => {
  const sent: string[] = [];
  const agent = { module: "mev", instance: "mev-1", killed: false } as FleetAgent;
  let receipts: Partial<Receipt>[] = [];
  await withServer(async ({ call, person, deps }) => {
    const headers = { ...bearer((await person("admin")).token), "content-type": "application/json" };
    const kill = async (request_id: string) => {
      const answer = await call("POST", "/api/control/kill-switch", {
        headers,
        body: { module: "mev", request_id },
      });
      return { status: answer.status, ...await answer.json() } as { status: number; request_id: string };
    };
    // No agent has answered: the same kill, however often it is sent.
    for (let times = 0; times < 3; times++) assert.deepEqual((await kill(ID)).request_id, ID);
    // The agent has obeyed and is killed: still the same kill.
    receipts = [{ instance: "mev-1", applied: true }];
    agent.killed = true;
    assert.equal((await kill(ID)).request_id, ID);
    // Lifted since: the old receipts would answer a kill that no agent obeyed.
    agent.killed = false;
    const other = (await kill(ID)).request_id;
    assert.match(other, /^[0-9a-f]{32}$/);
    assert.notEqual(other, ID);
    assert.deepEqual(sent, [ID, ID, ID, ID, other]);
    // A kill is sent even if the state of the agents cannot be read.
    Object.assign(deps, {
      agents: () => {
        throw new Error("a damaged status file");
      },
    });
    assert.notEqual((await kill(ID)).request_id, ID);
    for (const bad of ["", "A".repeat(32), `${ID}0`, "../../etc"]) {
      assert.equal((await kill(bad)).status, 422);
    }
    for (
      const [path, body] of [["mev:stop", {}], ["mev:kill", { kill: false }], ["mev:policy", { ev_min: 1 }]]
    ) {
      const answer = await call("POST", `/api/control/module/${path}`, {
        headers,
        body: { ...(body as object), request_id: ID },
      });
      assert.equal(answer.status, 422, String(path));
      await answer.body?.cancel();
    }
    assert.equal(sent.length, 6);
  }, {
    send: ({ request_id }) => {
      sent.push(request_id!);
      const taken: Sent = {
        request_id: request_id!,
        at_ms: 0,
        path: "signal",
        taken: true,
        receipt: null,
        log_error: null,
        agent_error: null,
      };
      return { here: Promise.resolve(taken), all: Promise.resolve([taken]) };
    },
    agents: () => [agent],
    receipts: { of: () => receipts } as unknown as Receipts,
  });
});
