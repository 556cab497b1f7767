/** One running installation and one browser for a whole file of tests: started by the first, ended behind the last. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { freePort } from "../../tools/kafka.ts";
import { firstLogin, openPage, PASSWORD, ready, startBrowser } from "./browser.ts";
import { command } from "./executable.ts";

export interface Site {
  readonly data: string;
  readonly url: string;
  readonly browser: Browser;
  /** A page of the admin's, in a context of its own; what goes wrong in it fails the test. */
  open(path: string, size?: { width: number; height: number }): Promise<Page>;
}

interface Running {
  readonly site: Site;
  end(): Promise<void>;
}

const DESKTOP = { width: 1440, height: 900 };

/** Registers tests that share a site. `words`: what `legend run` is given beside port and data folder. */
export function siteTests(words: readonly string[] = ["--source", "sim:7", "--speed", "4"]) {
  let running: Promise<Running> | undefined;
  const contexts: BrowserContext[] = [];
  let errors: string[] = [];
  Deno.test.afterAll(async () => await (await running)?.end());
  return (name: string, run: (site: Site) => Promise<void>): void =>
    // What the site holds outlives each test.
    Deno.test({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      sanitizeExit: false,
      fn: async () => {
        errors = [];
        const { site } = await (running ??= start(words, contexts, () => errors));
        try {
          await run(site);
          if (errors.length > 0) throw new Error(`the page had errors: ${errors.join("; ")}`);
        } finally {
          for (const context of contexts.splice(0)) await context.close();
        }
      },
    });
}

async function start(
  words: readonly string[],
  contexts: BrowserContext[],
  errors: () => string[],
): Promise<Running> {
  const folder = await Deno.makeTempDir({ prefix: "legend-site-" });
  const data = `${folder}/data`;
  const port = freePort();
  const child = command(["run", ...words, "--port", String(port), "--data-dir", data]).spawn();
  const said = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  const browser = await startBrowser();
  const end = async () => {
    await browser.close();
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await child.status;
    await Promise.all(said);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await ready(url);
    const first = await browser.newContext();
    await firstLogin(await openPage(first, []), { data, url });
    const storageState = await first.storageState();
    await first.close();
    const open = async (path: string, viewport = DESKTOP) => {
      const context = await browser.newContext({ viewport, storageState });
      contexts.push(context);
      context.setDefaultTimeout(60_000);
      const page = await openPage(context, errors());
      await page.goto(`${url}${path}`);
      await page.waitForSelector(".strip >> text=/Running|Stopped|Throttled|KILLED/");
      return page;
    };
    return { site: { data, url, browser, open }, end };
  } catch (error) {
    await end();
    throw error;
  }
}

export { PASSWORD };
