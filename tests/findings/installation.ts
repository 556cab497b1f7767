/** One running installation and one browser, for one test or for a whole file of tests. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { freePort } from "../../tools/kafka.ts";
import { firstLogin, openPage, ready, startBrowser } from "../e2e/browser.ts";
import { command } from "../e2e/executable.ts";
import { messageOf } from "../../core/platform/errors.ts";
import { delay } from "../../core/platform/delay.ts";

/** The machine may be loaded: conditions may take this long. */
export const LIMIT_MS = 60_000;
const DESKTOP = { width: 1440, height: 900 };

export interface Site {
  data: string;
  url: string;
  browser: Browser;
  context: BrowserContext;
  /** Logged in as the first admin, on the Overview. */
  page: Page;
  errors: string[];
  /** The process that restarts a part when it has ended. */
  supervisor: number;
  /** The process of a part, by its arguments: `run api`, `run agent arbitrage`. */
  part(words: string): number;
}

/** The process below `root` whose command line contains `words`. */
export function processOf(root: number, words: string): number | undefined {
  const parents = new Map<number, number>();
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (line.includes(` ${words} `)) found.push(Number(name));
    } catch {
      // The process ended while it was inspected.
    }
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return found.filter(isBelow).at(-1);
}

/** One installation with a browser. */
interface Running {
  readonly data: string;
  readonly url: string;
  readonly browser: Browser;
  readonly child: Deno.ChildProcess;
  end(): Promise<void>;
}

async function start(): Promise<Running> {
  const folder = await Deno.makeTempDir({ prefix: "legend-site-" });
  const data = `${folder}/data`;
  const port = freePort();
  const words = ["run", "--source", "sim:7", "--speed", "4", "--port", String(port), "--data-dir", data];
  const child = command(words).spawn();
  const output = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  let browser: Browser | undefined;
  const end = async () => {
    await browser?.close();
    signal(child.pid, "SIGTERM");
    await child.status;
    await Promise.all(output);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    browser = await startBrowser();
    const url = `http://127.0.0.1:${port}`;
    await ready(url);
    return { data, url, browser, child, end };
  } catch (error) {
    await end();
    const [, printed] = await Promise.all(output);
    throw new Error(`${messageOf(error)}; legend run said: ${printed}`, {
      cause: error,
    });
  }
}

/** An installation for one test, which may stop and end its parts. */
export async function withSite(
  run: (site: Site) => Promise<void>,
  options: { locale?: string } = {},
): Promise<void> {
  const { data, url, browser, child, end } = await start();
  const stopped = new Set<number>([child.pid]);
  try {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    context.setDefaultTimeout(LIMIT_MS);
    const errors: string[] = [];
    const page = await openPage(context, errors);
    await firstLogin(page, { data, url });
    await page.waitForSelector(".strip >> text=Running");
    const part = (words: string) => {
      const pid = processOf(child.pid, words);
      if (pid === undefined) throw new Error(`no process runs ${words}`);
      stopped.add(pid);
      return pid;
    };
    await run({ data, url, browser, context, page, errors, supervisor: child.pid, part });
  } finally {
    for (const pid of stopped) signal(pid, "SIGCONT");
    await end();
  }
}

/** The installation as seen by the tests that share it. */
export interface SharedSite {
  readonly data: string;
  readonly url: string;
  readonly browser: Browser;
  /** A page of the admin, in a context of its own; an error in it fails the test. */
  open(path: string, size?: { width: number; height: number }): Promise<Page>;
}

/** Registers tests that share an installation: started by the first of them, ended after the last. */
export function siteTests() {
  let running: Promise<{ site: SharedSite; end(): Promise<void> }> | undefined;
  const contexts: BrowserContext[] = [];
  let errors: string[] = [];
  const startShared = async () => {
    const { data, url, browser, end } = await start();
    try {
      const first = await browser.newContext();
      await firstLogin(await openPage(first, []), { data, url });
      const storageState = await first.storageState();
      await first.close();
      const open = async (path: string, viewport = DESKTOP) => {
        const context = await browser.newContext({ viewport, storageState });
        contexts.push(context);
        context.setDefaultTimeout(LIMIT_MS);
        const page = await openPage(context, errors);
        await page.goto(`${url}${path}`);
        await page.waitForSelector(".strip >> text=/Running|Stopped|Throttled|KILLED/");
        return page;
      };
      return { site: { data, url, browser, open }, end };
    } catch (error) {
      await end();
      throw error;
    }
  };
  Deno.test.afterAll(async () => await (await running)?.end());
  return (name: string, run: (site: SharedSite) => Promise<void>): void =>
    // The resources of the site outlive each test.
    Deno.test({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      sanitizeExit: false,
      fn: async () => {
        errors = [];
        const { site } = await (running ??= startShared());
        try {
          await run(site);
          if (errors.length > 0) throw new Error(`the page had errors: ${errors.join("; ")}`);
        } finally {
          for (const context of contexts.splice(0)) await context.close();
        }
      },
    });
}

/** Hides from the page what jobs lack: the tests' executable has no store, and the forms are to be used. */
export const asIfNothingLacks = (page: Page): Promise<unknown> =>
  page.route(/\/api\/jobs\?page=/, async (route) => {
    try {
      const { "if-none-match": _, ...headers } = await route.request().allHeaders();
      const response = await route.fetch({ headers });
      const json = { ...await response.json(), lacks: { store: null, engines: null } };
      await route.fulfill({ response, json });
    } catch {
      // The page has been closed meanwhile.
    }
  });

export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // The process has already ended.
  }
}

/** Waits until `check` is true. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await check()) {
    if (performance.now() > end) throw new Error(`not in ${LIMIT_MS / 1000} s: ${what}`);
    await delay(50);
  }
}
