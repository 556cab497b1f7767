/** A real browser on the page: start, login, and the check that it reports no error. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { delay } from "../../core/platform/delay.ts";

export const PASSWORD = "a password of the operator";

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** Waits until the API at `url` reports that it is ready. */
export async function ready(url: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const ok = await fetch(`${url}/api/health/ready`).then(async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    }, () => false);
    if (ok) return;
    await delay(50);
  }
  throw new Error(`${url} was not ready in 60 s`);
}

/**
 * A page whose errors fail the test: an exception, a refused asset, a broken content policy. A missing store is shown
 * in place and is not an error.
 */
export async function openPage(context: BrowserContext, errors: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (4\d\d|503)/.test(message.text())) {
      errors.push(message.text());
    }
  });
  return page;
}

/** Logs in as the first admin and chooses {@link PASSWORD}. */
export async function firstLogin(page: Page, { data, url }: { data: string; url: string }): Promise<void> {
  const [, password] = /password: (.+)/.exec(await Deno.readTextFile(`${data}/first-login`))!;
  await page.goto(`${url}/`);
  await page.fill("#f-user", "admin");
  await page.fill("#f-password", password!);
  await page.click("button[type=submit]");
  await page.fill("#f-next", PASSWORD);
  await page.fill("#f-again", PASSWORD);
  await page.click("button[type=submit]");
  await page.waitForSelector("h1:has-text('Overview')");
}
