/** Which model decides: the baseline can always be restored, and nothing goes live without a confirmation. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Library } from "../../ffi/library.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend } from "../e2e/executable.ts";
import { siteTests } from "./installation.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import { delay } from "../../core/platform/delay.ts";

const test = siteTests();
const registryOf = (data: string) => new ModelRegistry(new Library(LIBRARY), data);

interface Deployed {
  ok: boolean;
  version: string;
  receipts: { instance: string; applied: boolean; genuine: boolean }[];
  silent: string[];
}

/** A request of the page's own user; returns status and body. */
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
  const until = async (expected: string | null) => {
    const end = performance.now() + 60_000;
    while (await decides() !== expected) {
      assert.ok(performance.now() < end, `${expected} decides`);
      await delay(50);
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

  // There is no older model: the rollback goes to the baseline, with the agent's receipt.
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

  // By command line; a pinned baseline wins over the deployed model, and a deployment reports this.
  assert.equal((await model("deploy", "mev", version)).code, 0);
  await until(version);
  const rolled = await model("rollback", "mev");
  assert.match(rolled.stdout, /^mev-\S+ runs baseline$/m);
  await until(null);
  assert.equal((await model("deploy", "mev", version)).code, 0);
  await until(version);
  assert.equal((await model("pin", "mev", "baseline")).code, 0);
  await until(null);
  assert.match((await model("list", "mev")).stdout, /^mev +baseline .*pinned/m);
  const pinned = await model("deploy", "mev", version);
  assert.deepEqual([pinned.code, /pinned to baseline/.test(pinned.stderr)], [1, true]);
  assert.equal((await model("pin", "mev")).code, 0);
  await until(version);
  assert.equal((await model("deploy", "mev", "baseline")).code, 0);
  await until(null);
});

test("F3: the page asks with both models' figures before another decides, shows the agent's answer, and always has the baseline", async ({ data, open }) => {
  const version = await registerSmallModel(registryOf(data), 2);
  const page = await open("/training?m=mev");
  const row = (name: string) => page.locator(`tr[data-model="${name}"]`);
  const decided = (name: string) => page.waitForSelector(`[data-decides]:text-is("${name}")`);
  const figure = (name: string) => page.locator(`#dlg-confirm tr[data-figure="${name}"] td`).allInnerTexts();
  await decided("baseline");

  await row(version).locator("button:has-text('Deploy')").click();
  await page.waitForSelector("#dlg-confirm[open]");
  // The test's model has the measurements of registerSmallModel; the baseline has none.
  assert.deepEqual(await figure("AUC"), ["0.5000", "unknown"]);
  assert.deepEqual(await figure("Log loss"), ["0.7000", "unknown"]);
  assert.deepEqual(await figure("Brier"), ["0.2500", "unknown"]);
  assert.deepEqual(await figure("ECE"), ["0.1000", "unknown"]);
  assert.deepEqual(await figure("Judged on"), ["64 rows, 32 positive", "unknown"]);
  assert.deepEqual(await figure("Trained"), ["unknown", "unknown"]);
  assert.match(
    await page.innerText("#dlg-confirm [data-warning]"),
    /Not comparable: baseline has not been judged/,
  );
  // "No" does nothing.
  await page.keyboard.press("Escape");
  await page.waitForSelector("#dlg-confirm", { state: "detached" });
  const { body } = await call(page, "GET", "/api/agents");
  assert.equal(body.agents.find((agent: { module: string }) => agent.module === "mev").model, null);

  await row(version).locator("button:has-text('Deploy')").click();
  await page.click("#dlg-confirm [data-confirm]");
  await page.waitForSelector(`[role=status]:has-text("runs ${version}")`);
  await decided(version);
  await row(version).locator(".st:has-text('Live')").waitFor();

  const back = row("baseline").locator("button:has-text('Roll back to baseline')");
  await back.click();
  assert.match(await page.innerText("#dlg-confirm h2"), /Roll sandwich back to baseline\?/);
  assert.deepEqual(await figure("AUC"), ["unknown", "0.5000"]);
  await page.click("#dlg-confirm [data-confirm]");
  await page.waitForSelector("[role=status]:has-text('runs baseline')");
  await decided("baseline");
});

test("F22: a model is put in shadow and out of it on the page; its report is whole in light and in dark", async ({ data, open, url }) => {
  const version = await registerSmallModel(registryOf(data), 3);
  const page = await open("/training?m=mev");
  const row = page.locator(`tr[data-model="${version}"]`);
  await row.locator("button:has-text('Shadow')").click();
  await row.locator(".st:has-text('Shadow')").waitFor();
  const { body } = await call(page, "GET", "/api/training/models");
  assert.equal(body.modules.find((list: { module: string }) => list.module === "mev").shadow, version);
  await row.locator("button:has-text('End shadow')").click();
  await row.locator(".st:has-text('Registered')").waitFor();
  // Buttons do not touch.
  const boxes = await row.locator(".btn").evaluateAll((buttons) =>
    buttons.map((button) => button.getBoundingClientRect()).map(({ left, right }) => ({ left, right }))
  );
  for (let at = 1; at < boxes.length; at++) assert.ok(boxes[at]!.left - boxes[at - 1]!.right >= 4);
  const grounds = [];
  for (const theme of ["light", "dark"]) {
    await page.goto(`${url}/api/training/models/${version}/report?theme=${theme}`);
    const drawn = await page.evaluate(() => {
      const root = document.documentElement as unknown as SVGSVGElement;
      const texts = [...root.querySelectorAll("text")].map((text) => ({
        words: text.textContent!,
        box: text.getBBox(),
      }));
      return {
        width: root.viewBox.baseVal.width,
        cut: texts.filter(({ box }) => box.x < 0 || box.x + box.width > root.viewBox.baseVal.width).map((
          { words },
        ) => words),
        halves: texts.filter(({ words }) => words === "0.5").length,
        ground: getComputedStyle(root.querySelector("rect")!).fill,
      };
    });
    assert.deepEqual([drawn.width, drawn.cut, drawn.halves], [900, [], 2]);
    grounds.push(drawn.ground);
  }
  assert.deepEqual(grounds, ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]);
});

test("F22: the address says which module is shown, and each module lists its own jobs", async ({ open }) => {
  const page = await open("/training?m=arbitrage");
  await page.waitForSelector(".seg [aria-pressed=true]:has-text('Arbitrage')");
  await page.waitForSelector("h2:has-text('Start training of arbitrage')");
  for (const module of ["arbitrage", "mev"]) {
    const range = { start: "2001-09-10", end: module === "mev" ? "2001-09-12" : "2001-09-11" };
    const started = await call(page, "POST", "/api/training/start", { module, range });
    assert.equal(started.status, 202, JSON.stringify(started.body));
  }
  const jobs = page.locator("table:has(caption:has-text('Training jobs')) tbody tr");
  await jobs.filter({ hasText: "2001-09-11" }).waitFor();
  assert.equal(await jobs.filter({ hasText: "mev · " }).count(), 0);
  await page.click(".seg >> text=Sandwich");
  await page.waitForURL(/[?&]m=mev/);
  await jobs.filter({ hasText: "2001-09-12" }).waitFor();
  assert.equal(await jobs.filter({ hasText: "arbitrage · " }).count(), 0);
  await page.goBack();
  await page.waitForSelector(".seg [aria-pressed=true]:has-text('Arbitrage')");
});
