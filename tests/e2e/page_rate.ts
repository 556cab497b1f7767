/** The live table under load in a real browser: every row arrives, and what it costs. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { LogTopic } from "../../core/log/log.ts";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { envelope, withApi } from "./bridge.ts";
import { startBrowser } from "./browser.ts";
import { legend } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

const BATCH = 100;

export interface PageRate {
  rows: number;
  received: number;
  dropped: number;
  framesPerSecond: number;
  /** Milliseconds of scripting per second. */
  scriptMsPerSecond: number;
  longTasks: number;
  heapMb: number;
  tableRows: number;
}

async function logIn(page: Page, url: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.fill("#f-user", "watcher");
  await page.fill("#f-password", password);
  await page.click("button[type=submit]");
  for (const field of ["#f-next", "#f-again"]) await page.fill(field, "the watcher's password");
  await page.click("button[type=submit]");
  await page.waitForSelector("h1:has-text('Overview')");
}

/** From now on the page counts its frames and its long tasks. */
async function countFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const counts = { frames: 0, long: 0 };
    Object.assign(globalThis, { counts });
    const frame = () => {
      counts.frames += 1;
      requestAnimationFrame(frame);
    };
    frame();
    new PerformanceObserver((list) => (counts.long += list.getEntries().length)).observe({
      entryTypes: ["longtask"],
    });
  });
}

async function appendAtPace(
  topic: LogTopic,
  rows: number,
  perSecond: number,
  begin: number,
): Promise<void> {
  for (let n = 0; n < rows; n += BATCH) {
    await topic.append(Array.from({ length: BATCH }, (_, at) => ({ value: envelope(n + at) })), "none");
    const due = begin + (n + BATCH) / perSecond * 1000;
    if (due > performance.now()) {
      // Paces the rows.
      await delay(due - performance.now());
    }
  }
}

export async function pageRate(folder: string, seconds: number, perSecond: number): Promise<PageRate> {
  openDataDir(folder);
  const { stdout } = await legend(["user", "add", "watcher", "viewer", "--data-dir", folder]);
  let rate: PageRate | undefined;
  await withApi(folder, async (port) => {
    const browser = await startBrowser();
    try {
      const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
      const url = `http://127.0.0.1:${port}`;
      await logIn(page, url, stdout.trim());
      await page.goto(`${url}/arbitrage`);
      await page.waitForSelector(".strip >> text=Live");
      await page.mouse.move(5, 5);
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable");
      const metric = async (name: string) =>
        (await session.send("Performance.getMetrics")).metrics.find((one) => one.name === name)!.value;
      await countFrames(page);
      const scriptBefore = await metric("ScriptDuration");
      using log = new EmbeddedLog(new Library(LIBRARY), `${folder}/log`);
      using topic = await log.topic("arbitrage-decisions-proto", { create: true });
      const rows = seconds * perSecond;
      const begin = performance.now();
      await appendAtPace(topic, rows, perSecond, begin);
      await page.waitForFunction(
        (rows) =>
          Number(/([\d,]+) received since/.exec(document.body.innerText)?.[1]?.replaceAll(",", "")) >= rows,
        rows,
      );
      const elapsed = (performance.now() - begin) / 1000;
      const counts = await page.evaluate(() =>
        (globalThis as unknown as { counts: { frames: number; long: number } }).counts
      );
      const text = await page.evaluate(() => document.body.innerText);
      rate = {
        rows,
        received: Number(/([\d,]+) received since/.exec(text)![1]!.replaceAll(",", "")),
        dropped: Number(
          (await page.locator(".strip .opt", { hasText: "Dropped here" }).locator("dd").innerText())
            .replaceAll(",", ""),
        ),
        framesPerSecond: counts.frames / elapsed,
        scriptMsPerSecond: (await metric("ScriptDuration") - scriptBefore) * 1000 / elapsed,
        longTasks: counts.long,
        heapMb: await metric("JSHeapUsedSize") / 2 ** 20,
        tableRows: await page.locator("tbody tr").count(),
      };
    } finally {
      await browser.close();
    }
  });
  assert.ok(rate);
  assert.deepEqual([rate.received, rate.dropped], [rate.rows, 0], "no row is dropped");
  assert.ok(rate.tableRows <= 60, `${rate.tableRows} rows in the document`);
  return rate;
}
