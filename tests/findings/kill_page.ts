/** Kills by a user on the page: one browser, one tab that stays open, Shift+K and Enter. */
import type { Browser, Page } from "playwright-core";
import { firstLogin, openPage, startBrowser } from "../e2e/browser.ts";
import { type Installation, type Outcome, until } from "./kill.ts";

export class KillPage implements AsyncDisposable {
  private constructor(private readonly browser: Browser, private readonly page: Page) {}

  static async open({ data, url }: Installation): Promise<KillPage> {
    const browser = await startBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    context.setDefaultTimeout(60_000);
    const page = await openPage(context, []);
    await firstLogin(page, { data, url });
    return new KillPage(browser, page);
  }

  /** Kills both modules; it held when the page reports that all agents have stopped. */
  async kill(): Promise<Outcome> {
    const { page } = this;
    const dialog = page.locator("#dlg-kill");
    const stage = () => dialog.getAttribute("data-stage");
    const open = page.locator("#dlg-kill[open][data-stage=ask]");
    // The page accepts keys once its script runs; while the dialog is open the key has no further effect.
    await until(async () => {
      await page.keyboard.press("Shift+K");
      return await open.count() > 0;
    }, "the dialog of the kill");
    // A key right after the opening does not confirm: it is pressed again, as a user would.
    await until(async () => {
      if (await stage() !== "ask") return true;
      await page.keyboard.press("Enter");
    }, "the kill being sent");
    const answered = await until(async () => {
      const now = await stage();
      return now !== "ask" && now !== "sending" && now !== "unreachable" && now;
    }, "the page's answer to a kill");
    const printed = await dialog.innerText();
    if (answered === "partly") await dialog.locator("text=New kill…").click();
    await dialog.locator(".dlg-f button").last().click();
    return { held: answered === "done", printed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}
