/** One running installation, one browser: what the tests of the page share. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { freePort } from "../../tools/kafka.ts";
import { firstLogin, openPage, ready, startBrowser } from "../e2e/browser.ts";
import { command, withFolder } from "../e2e/executable.ts";

/** The machine may be loaded: conditions are waited for as long as this. */
export const LIMIT_MS = 60_000;

export interface Site {
  data: string;
  url: string;
  browser: Browser;
  context: BrowserContext;
  /** Logged in as the first admin, on the Overview. */
  page: Page;
  errors: string[];
  /** The process that starts a part again when it has ended. */
  supervisor: number;
  /** The process of a part, by its words: `run api`, `run agent arbitrage`. */
  part(words: string): number;
}

/** The process below `root` whose command line has `words`. */
function processOf(root: number, words: string): number | undefined {
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
      // It has ended while it was looked at.
    }
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return found.filter(isBelow).at(-1);
}

export async function withSite(
  run: (site: Site) => Promise<void>,
  options: { locale?: string } = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const data = `${folder}/data`;
    const port = freePort();
    const words = ["run", "--source", "sim:7", "--speed", "4", "--port", String(port), "--data-dir", data];
    const child = command(words).spawn();
    const output = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const browser = await startBrowser();
    const stopped = new Set<number>([child.pid]);
    try {
      const url = `http://127.0.0.1:${port}`;
      await ready(url);
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
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
      await browser.close();
      signal(child.pid, "SIGTERM");
      await child.status;
      await Promise.all(output);
    }
  });
}

export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

/** Waits until `check` is true. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await check()) {
    if (performance.now() > end) throw new Error(`not in ${LIMIT_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
