/**
 * The first screen: simulated data is labelled, numbers are explained and add up, a part without an answer shows this.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { legend } from "../e2e/executable.ts";
import { LIMIT_MS, type Site, until, withSite } from "./installation.ts";

const number = (text: string) => Number(text.replaceAll(/[^0-9]/g, ""));

Deno.test("the overview names its source, explains its numbers, and says of each part when it has no answer", async (t) => {
  await withSite(async (site) => {
    await t.step(
      "F5: every page says SIM and PAPER and names the source; so does every total",
      () => everyPageNamesItsSource(site),
    );
    await t.step(
      "F11: the server's HTML claims nothing that is not known yet",
      () => htmlClaimsNothingUnknown(site),
    );
    await t.step(
      "F10: the funnel is of the last ten minutes, in words, and adds up",
      () => funnelAddsUp(site),
    );
    await t.step(
      "F10: a stopped module and one that skips everything need attention",
      () => stoppedAndSkippingNeedAttention(site),
    );
    await t.step(
      "F12: the chart's labels are whole, 24-hour, with unit and seconds, and in the page's colours",
      () => chartHasWholeLabels(site),
    );
    await t.step(
      "F11: a part whose requests fail shows it, old values are marked, and it recovers",
      () => failedPartSaysSo(site),
    );
    await t.step(
      "F23: an open overview moves little, and no page without a chart fetches what draws one",
      () => openOverviewMovesLittle(site),
    );
    assert.deepEqual(site.errors, []);
  }, { locale: "de-DE" });
});

Deno.test("F26: a first password that is too short is refused with a message, and the hint about the first start is gone by then", async () => {
  await withSite(async ({ browser, data, url }) => {
    const { stdout, code } = await legend(["user", "add", "visitor", "viewer", "--data-dir", data]);
    assert.equal(code, 0);
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(LIMIT_MS);
    await page.goto(`${url}/login`);
    await page.waitForSelector("#f-user:focus");
    assert.match(await page.locator("main").innerText(), /First start\?/);
    await page.fill("#f-user", "visitor");
    await page.fill("#f-password", stdout.trim());
    await page.click("button[type=submit]");
    await page.waitForSelector("#f-next:focus");
    assert.doesNotMatch(await page.locator("main").innerText(), /First start\?/);
    await page.fill("#f-next", "short");
    await page.fill("#f-again", "short");
    await page.click("button[type=submit]");
    const problem = await page.locator("[role=alert]").innerText();
    assert.match(problem, /The new password is too short: it has 5 characters, need 12 or more/);
    await page.fill("#f-next", "long enough now");
    await page.fill("#f-again", "long enough but another");
    await page.click("button[type=submit]");
    await page.waitForSelector("[role=alert]:has-text('The two new passwords differ')");
  });
});

async function everyPageNamesItsSource({ page, url }: Site): Promise<void> {
  for (const name of ["overview", "arbitrage", "sandwich", "datasets", "training", "settings", "audit"]) {
    await page.goto(`${url}/${name}`);
    for (const module of ["arbitrage", "mev"]) {
      const cell = page.locator(`.strip [data-module=${module}]`);
      assert.match(await cell.innerText(), /SIM[\s\S]*PAPER/, `${module} on ${name}`);
      await cell.locator("[data-age]").waitFor();
    }
    assert.match(await page.locator(".strip").innerText(), /Source\s+\S*sim/i, name);
  }
  await page.goto(`${url}/overview`);
  for (
    const place of [
      ".tile:has-text('PnL')",
      ".tile:has-text('Landed')",
      "[data-module=arbitrage].panel",
      "[data-module=mev].panel",
      "[data-funnel=arbitrage]",
      "[data-funnel=mev]",
    ]
  ) {
    assert.match(await page.locator(place).first().innerText(), /SIM[\s\S]*PAPER/, place);
  }
  assert.match(await page.locator("[data-module=mev].panel").innerText(), /baseline/);
}

async function htmlClaimsNothingUnknown({ context, url }: Site): Promise<void> {
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const name of ["overview", "arbitrage", "sandwich", "datasets", "training", "audit"]) {
    const html = await (await fetch(`${url}/${name}`, { headers: { cookie } })).text();
    assert.match(html, /id="main"/);
    if (["overview", "datasets", "training"].includes(name)) assert.match(html, /class="skel/, name);
    assert.doesNotMatch(
      html,
      /No decisions yet|No job yet|No model yet|No model has been judged|0 of 0|No samples|No entries/,
      name,
    );
  }
}

async function funnelAddsUp({ page }: Site): Promise<void> {
  for (const module of ["arbitrage", "mev"]) {
    const panel = page.locator(`[data-funnel=${module}]`);
    await panel.locator("[data-stage=seen]").waitFor();
    await until(
      `${module} has refused something`,
      async () => await panel.locator("[data-term]").count() > 0,
    );
    // Read everything at once: the next answer changes it.
    const { stages, terms, text } = await panel.evaluate((root) => ({
      text: root.textContent!,
      stages: Object.fromEntries(
        [...root.querySelectorAll<HTMLElement>("[data-stage]")].map((one) => [
          one.dataset.stage!,
          one.lastElementChild!.textContent!,
        ]),
      ),
      terms: [...root.querySelectorAll<HTMLElement>("[data-term]")].map((one) => ({
        label: one.firstElementChild!.textContent!,
        count: one.querySelector("a")!.textContent!,
        href: one.querySelector("a")!.getAttribute("href")!,
      })),
    }));
    const refused = terms.reduce((total, { count }) => total + number(count), 0);
    assert.equal(number(stages.seen!) - refused, number(stages.passed!), text);
    assert.ok(number(stages.passed!) >= number(stages.published!), text);
    assert.match(text, /of the last (\d+ s \(since the start\)|\d+ minutes)/);
    assert.match(text, /observed facts: what others did on the chain/);
    for (const { label, href } of terms) {
      assert.doesNotMatch(label, /^[a-z]+_[a-z_]+/, "a term by its name only");
      assert.match(href, /\?gate=[a-z_]+$/);
    }
  }
}

async function stoppedAndSkippingNeedAttention({ page, data }: Site): Promise<void> {
  const attention = page.locator("[aria-label='Needs attention']");
  assert.equal(await attention.count(), 0);
  const control = async (...words: string[]) => {
    const { code, stderr } = await legend(["control", ...words, "--data-dir", data]);
    assert.equal(code, 0, stderr);
  };
  await control("mev", "throttle", "--throttle-pct", "100");
  await attention.locator("text=Sandwich skips everything.").waitFor();
  await control("arbitrage", "stop");
  await attention.locator("text=Arbitrage is stopped.").waitFor();
  await control("mev", "throttle", "--throttle-pct", "0");
  await control("arbitrage", "start");
  await attention.waitFor({ state: "detached" });
}

async function chartHasWholeLabels({ page }: Site): Promise<void> {
  const panel = page.locator(".panel:has-text('Hot path P99, microseconds')");
  await panel.locator("canvas").waitFor();
  // The y axis has space for its longest label: the numbers are not clipped.
  const left = await panel.evaluate((root) => {
    const plot = root.querySelector(".uplot")!.getBoundingClientRect();
    return root.querySelector(".u-over")!.getBoundingClientRect().left - plot.left;
  });
  assert.ok(left > 25 && left < 160, `${left} px for the labels`);
  // The newest samples are at the right; the chart may be redrawn under the pointer.
  let legendText = "";
  await until("the hover says when", async () => {
    const { width } = (await panel.locator(".u-over").boundingBox())!;
    await panel.locator(".u-over").hover({ position: { x: width - 3, y: 60 } });
    legendText = await panel.locator(".u-legend").innerText();
    return /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/.test(legendText) && legendText.includes("µs");
  });
  assert.match(legendText, /[\d,]+\.\d µs/);
  assert.doesNotMatch(legendText, /\d\.\d{3},|am|pm/i);
  await labelsFollowTheTheme(page, panel);
  await page.click(".seg >> text=24 h");
  assert.equal(new URL(page.url()).searchParams.get("chart"), "24h");
  await page.reload();
  await page.waitForSelector(".seg [aria-pressed=true]:has-text('24 h')");
  await panel.locator(
    "text=/Loading the last 24 h|Cannot use the analytics store|Hot path P99: no answer/",
  ).first()
    .waitFor();
  await page.click(".seg >> text=10 min");
  assert.equal(new URL(page.url()).searchParams.get("chart"), null);
}

async function labelsFollowTheTheme(page: Page, panel: Locator): Promise<void> {
  // The brightness of the labels beside the plot: dark on light, light on dark.
  const brightness = () =>
    panel.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, 24, canvas.height);
      let [sum, count] = [0, 0];
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3]! < 200) continue;
        sum += data[at]!;
        count += 1;
      }
      return count === 0 ? 0 : sum / count;
    });
  await until("labels of the light theme", async () => {
    const now = await brightness();
    return now > 0 && now < 120;
  });
  await page.click("[data-theme-toggle]");
  await until("labels of the dark theme", async () => await brightness() > 140);
}

async function failedPartSaysSo({ page }: Site): Promise<void> {
  await page.waitForSelector(".tile .val:has-text('ms'), .tile .val:has-text('µs')");
  let isCut = true;
  await page.route("**/api/metrics/summary*", (route) =>
    isCut
      ? route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({ detail: "Cannot say the figures: the test cut them" }),
      })
      : route.continue());
  await page.waitForSelector(".panel >> text=/Figures: no answer for .*the test cut them/s");
  await until(
    "all five tiles",
    async () => await page.locator(".tile.stale [data-stale]").count() === 5,
  );
  assert.match(await page.locator(".tile.stale").first().innerText(), /no answer, \d+ s old/);
  // The rest of the page works, and no part is blamed.
  assert.equal(await page.locator(".banner").count(), 0);
  assert.equal(await page.locator("html[data-blind]").count(), 0);
  isCut = false;
  await until("no tile is stale", async () => await page.locator(".tile.stale").count() === 0);
}

async function openOverviewMovesLittle({ page, context, url }: Site): Promise<void> {
  const bodies: string[] = [];
  page.on("request", (request) => bodies.push(request.url()));
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => bytes += encodedDataLength);
  const begin = await page.evaluate(() => performance.now());
  await page.waitForFunction((begin) => performance.now() - begin > 10_000, begin, {
    timeout: LIMIT_MS,
  });
  const seconds = (await page.evaluate(() => performance.now()) - begin) / 1_000;
  assert.ok(bytes / seconds < 10_000, `${bytes} bytes and ${bodies.length} requests in ${seconds} s`);
  assert.ok(bytes > 1_000, "something was counted");
  // Known seconds of a series are not sent again.
  const isRest = (url: string) => /summary\?module=mev&since=\d+/.test(url);
  const rest = bodies.find(isRest) ?? (await page.waitForRequest((one) => isRest(one.url()))).url();
  const { series } = await page.evaluate((url) => fetch(url).then((answer) => answer.json()), rest);
  const since = Number(/since=(\d+)/.exec(rest)![1]);
  assert.ok(series.t.length > 0 && series.t.every((second: number) => second > since));
  const whole = bodies.filter((url) => /summary\?module=\w+$/.test(url));
  assert.ok(whole.length <= 2, `a whole series once a module: ${whole.join(" ")}`);
  const drawn: string[] = [];
  page.on("request", (request) => drawn.push(new URL(request.url()).pathname));
  await page.goto(`${url}/settings`);
  await page.waitForSelector(".strip >> text=Running");
  assert.ok(!drawn.includes("/assets/plot.js"), drawn.join(" "));
}
