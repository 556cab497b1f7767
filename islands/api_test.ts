import assert from "node:assert/strict";
import { addressOf } from "./api.ts";

Deno.test("addressOf() fills names, leaves out what is undefined, and lets nothing out of its place", () => {
  assert.equal(addressOf("GET /api/users", {}), "/api/users");
  assert.equal(addressOf("GET /api/agents", { query: { brief: 1 } }), "/api/agents?brief=1");
  assert.equal(
    addressOf("GET /api/metrics/summary", { query: { module: "mev", since: undefined, series: 0 } }),
    "/api/metrics/summary?module=mev&series=0",
  );
  assert.equal(
    addressOf("POST /api/control/module/:target", {
      params: { target: "mev:kill" },
      query: { wait: "receipt" },
      body: {},
    }),
    "/api/control/module/mev:kill?wait=receipt",
  );
  assert.equal(
    addressOf("GET /api/decisions/:id", { params: { id: "../users?x=1&y#z" } }),
    "/api/decisions/..%2Fusers%3Fx%3D1%26y%23z",
  );
  assert.equal(
    addressOf("GET /api/control/audit-log", { query: { who: "a&b=c d", limit: 5 } }),
    "/api/control/audit-log?who=a%26b%3Dc%20d&limit=5",
  );
});
