/** Which model decides: the baseline is always within reach, and nothing goes live without a question. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Library } from "../../ffi/library.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend } from "../e2e/executable.ts";
import { siteTests } from "../e2e/site.ts";
import { registerSmallModel } from "../e2e/small_model.ts";

const test = siteTests();
const registryOf = (data: string) => new ModelRegistry(new Library(LIBRARY), data);

interface Deployed {
  ok: boolean;
  version: string;
  receipts: { instance: string; applied: boolean; genuine: boolean }[];
  silent: string[];
}

/** A request of the page's own user; status and body. */
const call = (page: Page, method: string, path: string, body?: unknown) =>
  page.evaluate(async ([method, path, body]) => {
    const answer = await fetch(path as string, {
      method: method as string,
      headers: { "x-requested-with": "dashboard", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }, [method, path, body] as const);

test("F3: the baseline is deployed, rolled back to and pinned by API and command line, and the agent answers", async ({ data, open }) => {
  const version = await registerSmallModel(registryOf(data), 1);
  const page = await open("/training");
  const decides = async () => {
    const { body } = await call(page, "GET", "/api/agents");
    const mine = body.agents.filter((agent: { module: string }) => agent.module === "mev");
    assert.equal(mine.length, 1);
    return mine[0].model;
  };
  const until = async (wanted: string | null) => {
    const end = performance.now() + 60_000;
    while (await decides() !== wanted) {
      assert.ok(performance.now() < end, `${wanted} decides`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const model = (...args: string[]) => legend(["model", ...args, "--data-dir", data]);
  const applied = ({ receipts }: Deployed) => receipts.map(({ applied, genuine }) => [applied, genuine]);

  // A module that never had a model is rolled back to the baseline, not refused.
  const never = await model("rollback", "arbitrage", "--json");
  assert.equal(never.code, 0, never.stderr);
  assert.equal(JSON.parse(never.stdout).version, "baseline");

  const deploy = await call(page, "POST", `/api/training/models/${version}/deploy`, {});
  assert.equal(deploy.status, 202);
  assert.deepEqual(applied(deploy.body), [[true, true]]);
  await until(version);

  // There is no older model: the way back is the baseline, with the agent's receipt.
  const back = await call(page, "POST", `/api/training/models/${version}/rollback`, {});
  assert.equal(back.body.version, "baseline");
  assert.deepEqual([back.body.ok, ...applied(back.body)], [true, [true, true]]);
  await until(null);
  const refused = await call(page, "POST", `/api/training/models/${version}/rollback`, {});
  assert.equal(refused.status, 409);
  assert.match(refused.body.detail, /baseline decides for mev now/);

  await call(page, "POST", `/api/training/models/${version}/deploy`, {});
  await until(version);
  const named = await call(page, "POST", "/api/training/models/baseline/deploy", { module: "mev" });
  assert.deepEqual([named.body.version, ...applied(named.body)], ["baseline", [true, true]]);
  await until(null);
  const nameless = await call(page, "POST", "/api/training/models/baseline/deploy", {});
  assert.equal(nameless.status, 422);
  assert.match(nameless.body.detail, /^module: /);

  // By command line; a pin of the baseline wins over what is deployed, and a deployment says so.
  assert.equal((await model("deploy", "mev", version)).code, 0);
  await until(version);
  const rolled = await model("rollback", "mev");
  assert.match(rolled.stdout, /^mev-\S+ runs baseline$/m);
  await until(null);
  assert.equal((await model("deploy", "mev", version)).code, 0);
  await until(version);
  assert.equal((await model("pin", "mev", "baseline")).code, 0);
  await until(null);
  assert.match((await model("list", "mev")).stdout, /^mev +baseline +pinned/m);
  const pinned = await model("deploy", "mev", version);
  assert.deepEqual([pinned.code, /pinned to baseline/.test(pinned.stderr)], [1, true]);
  assert.equal((await model("pin", "mev")).code, 0);
  await until(version);
  assert.equal((await model("deploy", "mev", "baseline")).code, 0);
  await until(null);
});
