/** Many tabs of one browser share one login: their renewals must not end it. */
import assert from "node:assert/strict";
import { openPage } from "../e2e/browser.ts";
import { until, withSite } from "./installation.ts";

const TABS = 10;
const RENEWALS = 20;
const LATENCY_MS = 200;

Deno.test("F2: ten tabs with 200 ms of latency go through 20 renewals, and none is logged out", async () => {
  await withSite(async ({ context, page: first, url, errors }) => {
    const refused: string[] = [];
    let renewed = 0;
    const pages = [first];
    while (pages.length < TABS) pages.push(await openPage(context, errors));
    for (const page of pages) {
      page.on("response", (answer) => {
        if (!answer.url().endsWith("/api/auth/refresh")) return;
        if (answer.status() === 200) renewed += 1;
        else refused.push(`${answer.status()}`);
      });
      if (page !== first) await page.goto(`${url}/audit`);
      await page.waitForSelector(".strip >> text=Running");
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: LATENCY_MS,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
    }
    for (let round = 1; round <= RENEWALS; round++) {
      const before = renewed;
      // Like an access token after its quarter of an hour; then all tabs wake up at once, as after a sleep.
      await context.clearCookies({ name: "legend_access" });
      await Promise.all(
        pages.map((page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))),
      );
      await until(`renewal ${round}`, () => renewed > before);
      assert.deepEqual(refused, [], `renewal ${round}`);
    }
    for (const page of pages) {
      assert.equal(await page.locator("dialog[open]").count(), 0, "no login sheet");
      await until("all see", async () => await page.locator(".banner, html[data-blind]").count() === 0);
    }
    // One renewal serves all tabs: they did not each renew.
    assert.ok(renewed >= RENEWALS && renewed < RENEWALS * 3, `${renewed} renewals`);
    assert.ok((await context.cookies()).some(({ name }) => name === "legend_refresh"));
    assert.deepEqual(errors, []);
  });
});
