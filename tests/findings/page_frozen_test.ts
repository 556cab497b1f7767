/** The page while the server hangs, an agent hangs, or the server is gone: what it shows, and what it does not. */
import assert from "node:assert/strict";
import type { Page, Request } from "playwright-core";
import { legend } from "../e2e/executable.ts";
import { signal, type Site, until, withSite } from "./installation.ts";

interface Look {
  /** Seconds since the last answer that the page received, by its own clock. */
  s: number;
  banner: string;
  strip: string;
  isRed: boolean;
}

/** Records what the page shows, several times a second, by the page's own clock. */
const watch = (page: Page) =>
  page.evaluate(() => {
    const looks: Look[] = [];
    let answeredAt = 0;
    // A request may be pending when the server freezes: only the last answered one counts.
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceResourceTiming[]) {
        if (entry.name.includes("/api/") && entry.responseStatus > 0) {
          answeredAt = Math.max(answeredAt, entry.responseStart);
        }
      }
    });
    observer.observe({ type: "resource", buffered: true });
    const text = (place: string) => document.querySelector(place)?.textContent ?? "";
    const timer = setInterval(() => {
      looks.push({
        s: performance.now() / 1000,
        banner: text(".banner"),
        strip: text(".strip dl"),
        isRed: document.querySelector(".strip[data-s=bad]") !== null,
      });
    }, 100);
    const stopLooking = () => {
      clearInterval(timer);
      observer.disconnect();
      return looks.map((look) => ({ ...look, s: look.s - answeredAt / 1000 }));
    };
    Object.assign(globalThis, { stopLooking });
  });

const viewed = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { stopLooking(): Look[] }).stopLooking());

const dialogOf = (page: Page) => page.locator("#dlg-kill");
const bannerOf = (page: Page) => page.locator(".banner");

const seconds = (text: string) => Number(/no answer for (\d+) s/i.exec(text)?.[1] ?? NaN);

const killOf = (request: Request): { request_id: string } | null =>
  request.url().includes("/api/control/kill-switch") ? request.postDataJSON() : null;

async function openKill(page: Page): Promise<void> {
  await page.keyboard.press("Shift+K");
  await page.waitForSelector("#dlg-kill[open]");
  // A key still down from opening does not confirm.
  await page.waitForTimeout(450);
}

const lift = async (data: string, modules: readonly string[]) => {
  for (const module of modules) {
    const { code, stderr } = await legend([
      "unkill",
      module,
      "--reason",
      "the test continues",
      "--data-dir",
      data,
    ]);
    assert.equal(code, 0, stderr);
  }
};

Deno.test("the page shows the truth about a hanging agent, a hanging server, a killed server and its own network", async (t) => {
  await withSite(async (site) => {
    await t.step(
      "F13: a partial kill names who has not answered, in words, and continues counting",
      () => partialKillNamesWhoHasNotAnswered(site),
    );
    await t.step("F13: a lift on the page shows its receipt", () => liftShowsItsReceipt(site));
    await t.step(
      "F1: a frozen server is reported after 3 s, with what to type; ages keep counting; agents are not blamed",
      () => frozenServerIsSaid(site),
    );
    await t.step("F9: the sentence is whole at 1440 pixels and on a phone", () => sentenceIsWhole(site));
    await t.step(
      "F1: a kill to a frozen server shows what it waits for, is sent again as the same kill, and is obeyed",
      () => killToFrozenServerIsObeyed(site),
    );
    await t.step(
      "F9: a killed server is reported and comes back by itself; what was typed stays",
      () => killedServerComesBack(site),
    );
    await t.step(
      "F9: a browser without network says that it is the one that is cut off",
      () => cutOffBrowserSaysSo(site),
    );
    await t.step(
      "F9: an ended login is named, and no agent is called silent for it",
      () => endedLoginIsNamed(site),
    );
    assert.deepEqual(site.errors.filter((error) => !/Failed to load resource|WebSocket/.test(error)), []);
  });
});

async function partialKillNamesWhoHasNotAnswered(site: Site): Promise<void> {
  const { page } = site;
  const dialog = dialogOf(page);
  const agent = site.part("run agent arbitrage");
  signal(agent, "SIGSTOP");
  await openKill(page);
  await page.fill("#kill-reason", "a drill");
  await page.click("[data-kill]");
  await dialog.locator("text=1 of 2 agents have stopped").waitFor();
  assert.equal(await dialog.locator("button:has-text('Send again')").isEnabled(), true);
  const text = await dialog.innerText();
  assert.doesNotMatch(text, /os error|EAGAIN|temporarily unavailable/i);
  // Names, states and details are beside each other and do not overlap.
  const boxes = await dialog.locator(".acks > li > *").evaluateAll((all) =>
    all.filter((one) => one.textContent !== "").map((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      return { left, right, top, bottom, text: one.textContent };
    })
  );
  assert.ok(boxes.length >= 5, JSON.stringify(boxes));
  for (const [at, one] of boxes.entries()) {
    for (const other of boxes.slice(at + 1)) {
      const apart = one.right <= other.left + 1 || other.right <= one.left + 1 ||
        one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
      assert.ok(apart, `${one.text} and ${other.text} overlap`);
    }
  }
  // The receipt comes later, without another press.
  signal(agent, "SIGCONT");
  await dialog.locator("text=2 of 2 agents have stopped").waitFor();
  assert.equal(await dialog.locator("button:has-text('Send again')").count(), 0);
  await dialog.locator(".acks >> text=/\\d\\d:\\d\\d:\\d\\d\\.\\d{3} UTC/").first().waitFor();
  await dialog.locator("text=Close").click();
  const card = page.locator("[data-killed=arbitrage]");
  await card.locator("text=/By admin at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d.* UTC: a drill/")
    .waitFor();
  await card.locator("a:has-text('Lift…')").waitFor();
}

async function liftShowsItsReceipt(site: Site): Promise<void> {
  const { page, data } = site;
  await page.goto(`${site.url}/settings?m=arbitrage#kill`);
  await page.locator("#kill [data-killed]")
    .locator("text=/By admin at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d.* UTC: a drill/").waitFor();
  await page.locator(`#kill code:text-is('legend kill arbitrage --data-dir ${data}')`).waitFor();
  await page.fill("#lift-name", "arbitrage");
  await page.fill("#lift-reason", "the drill is over");
  await page.click("text=Lift the kill on arbitrage");
  await page.waitForSelector("#kill .acks >> text=Applied");
  await page.locator("#lift-name").waitFor({ state: "detached" });
  assert.equal(await page.locator("#kill .acks >> text=Applied").count(), 1, "it stays");
  await lift(data, ["mev"]);
  await page.goto(`${site.url}/overview`);
  await until("both run", async () => /Running.*Running/s.test(await page.locator(".strip").innerText()));
  await page.waitForSelector(".strip >> text=Live");
}

async function frozenServerIsSaid(site: Site): Promise<void> {
  const { page } = site;
  const banner = bannerOf(page);
  const onTheirWay = countAgentQuestions(page);
  const api = site.part("run api");
  await watch(page);
  signal(api, "SIGSTOP");
  await page.locator(".banner[data-trouble=silent]").waitFor();
  await until("the banner counts on", async () => seconds(await banner.innerText()) >= 11);
  const looks = await viewed(page);
  checkLooks(looks);
  assert.ok(onTheirWay.most <= 1, `${onTheirWay.most} questions at once`);
  assert.equal(
    await page.locator("[role=alert]:has-text('No answer for')").count(),
    1,
    "said to a reader",
  );
  // The stream was silent too, and is not shown as live.
  await page.waitForSelector(".strip >> text=Lost, trying again");
}

/** Pending requests for the agents: now, and the maximum at once. */
function countAgentQuestions(page: Page): { readonly now: number; readonly most: number } {
  const onTheirWay = { now: 0, most: 0 };
  const isAgents = (request: Request) => /\/api\/agents(\?|$)/.test(request.url());
  page.on("request", (request) => {
    if (isAgents(request)) onTheirWay.most = Math.max(onTheirWay.most, ++onTheirWay.now);
  });
  const ended = (request: Request) => {
    if (isAgents(request)) onTheirWay.now -= 1;
  };
  page.on("requestfinished", ended);
  page.on("requestfailed", ended);
  return onTheirWay;
}

/** What the page showed at each moment, by the seconds since the server's last answer. */
function checkLooks(looks: readonly Look[]): void {
  // The largest delay between two looks; the page's clock may be delayed as much.
  const late = Math.max(...looks.slice(1).map(({ s }, at) => s - looks[at]!.s));
  const after = (second: number) => looks.filter(({ s }) => s >= second + 2 * late);
  // One second after the last answer nothing is known, and nothing is claimed.
  for (const look of looks.filter(({ s }) => s >= 0.5 + 2 * late && s <= 2)) {
    assert.equal(look.banner, "", `after ${look.s} s`);
  }
  assert.ok(after(3).length > 0, `the page looked ${late} s late`);
  // Three seconds after it every part reports it, and after ten seconds they still do.
  for (const look of after(3)) {
    assert.match(
      look.banner,
      /^No answer for \d+ s from the server\..*legend kill/,
      `after ${look.s} s`,
    );
    assert.ok(look.isRed, `red after ${look.s} s`);
    assert.doesNotMatch(look.strip, /Silent|0\.\d s ago/, `after ${look.s} s`);
    assert.match(look.strip, /Unknown, was Running/, `after ${look.s} s`);
    assert.match(look.banner, /Values as of \d\d:\d\d:\d\d UTC/);
  }
  // The banner counts from the last answer: neither too much nor too little.
  for (const look of looks.filter(({ s, banner }) => s > 2 && banner !== "")) {
    const says = seconds(look.banner);
    assert.ok(
      says <= look.s + 0.2 && says >= look.s - 1.3 - 2 * late,
      `${look.banner} after ${look.s} s`,
    );
  }
}

async function sentenceIsWhole({ page }: Site): Promise<void> {
  const banner = bannerOf(page);
  for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
    await page.setViewportSize(viewport);
    const { left, right, top, bottom, isWhole } = await banner.evaluate((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      return { left, right, top, bottom, isWhole: one.scrollWidth <= one.clientWidth };
    });
    assert.ok(
      left >= 0 && right <= viewport.width + 1 && top >= 0 && bottom <= viewport.height,
      "in sight",
    );
    assert.ok(isWhole);
    const kill = (await page.locator("[data-open-kill]:visible").boundingBox())!;
    assert.ok(kill.y + kill.height <= top + 1 || kill.y >= bottom, "the button covers nothing of it");
    assert.ok(await page.locator(".strip >> text=Lost, trying again").isVisible(), "the stream's state");
  }
}

async function killToFrozenServerIsObeyed(site: Site): Promise<void> {
  const { page, data } = site;
  const dialog = dialogOf(page);
  const banner = bannerOf(page);
  const ids: string[] = [];
  page.on("request", (request) => {
    const kill = killOf(request);
    if (kill) ids.push(kill.request_id);
  });
  await openKill(page);
  await page.keyboard.press("Enter");
  await dialog.locator("h2:has-text('Kill sent, waiting for the answer')").waitFor();
  assert.equal(await page.locator("[data-kill]").isDisabled(), true);
  await dialog.locator("h2:text-matches('Kill sent, no answer for [0-9]+ s')").waitFor();
  const text = await dialog.innerText();
  assert.ok(text.includes(`Run legend kill --data-dir ${data} on the host`), text);
  assert.match(text, /Sent, no answer for \d+ s\./);
  assert.doesNotMatch(text, /have stopped|Stopped/);
  assert.equal(await dialog.locator(`[data-copy='legend kill --data-dir ${data}']`).isVisible(), true);
  const second = dialog.locator("button:has-text('Send again')");
  assert.equal(await second.isEnabled(), true);
  await second.click();
  await until("it was sent twice", () => ids.length === 2);
  assert.match(ids[0]!, /^[0-9a-f]{32}$/);
  assert.equal(ids[0], ids[1]);
  signal(site.part("run api"), "SIGCONT");
  await dialog.locator("text=2 of 2 agents have stopped").waitFor();
  await dialog.locator("text=Sent 2 times under the same id").waitFor();
  await dialog.locator("text=Close").click();
  await banner.waitFor({ state: "detached" });
  await page.waitForSelector(".strip[data-s=bad] >> text=KILLED");
  await page.waitForSelector("[role=alert]:has-text('Arbitrage: KILLED')", { state: "attached" });
  assert.equal(await page.locator("html[data-blind]").count(), 0);
  await page.waitForSelector(".strip >> text=Live");
}

async function killedServerComesBack(site: Site): Promise<void> {
  const { page, data } = site;
  const banner = bannerOf(page);
  await lift(data, ["arbitrage", "mev"]);
  await page.goto(`${site.url}/settings?m=mev#policy`);
  await page.fill("#p-reason", "typed before");
  await watch(page);
  // Keep the supervisor from restarting it for a while.
  signal(site.supervisor, "SIGSTOP");
  signal(site.part("run api"), "SIGKILL");
  await page.waitForSelector(".banner >> text=/No answer for .* the server cannot be reached/");
  await until("3 s", async () => seconds(await banner.innerText()) >= 3);
  signal(site.supervisor, "SIGCONT");
  await banner.waitFor({ state: "detached" });
  await page.waitForSelector(".strip >> text=Live");
  await until("both run", async () => /Running.*Running/s.test(await page.locator(".strip").innerText()));
  const looks = await viewed(page);
  for (const { banner, strip } of looks.filter(({ banner }) => banner !== "")) {
    assert.match(banner, /^(No answer for \d+(\.\d)? s|The live stream has been lost)/);
    assert.doesNotMatch(strip, /Silent/);
  }
  assert.equal(await page.inputValue("#p-reason"), "typed before");
}

async function cutOffBrowserSaysSo({ page, context }: Site): Promise<void> {
  const banner = bannerOf(page);
  await context.setOffline(true);
  await page.waitForSelector(".banner >> text=/this browser is offline/");
  await until("4 s", async () => seconds(await banner.innerText()) >= 4);
  assert.doesNotMatch(await page.locator(".strip").innerText(), /Silent/);
  await context.setOffline(false);
  await banner.waitFor({ state: "detached" });
}

async function endedLoginIsNamed({ page, context }: Site): Promise<void> {
  await context.clearCookies();
  await page.waitForSelector(".banner >> text=/Your login ended .* ago/");
  await until("unknown", async () => /Unknown, was/.test(await page.locator(".strip").innerText()));
  assert.doesNotMatch(await page.locator(".strip").innerText(), /Silent/);
}
