/** Calls that looked like a swap and were not read are shown to operators: on the Overview, by program and tag. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { freePort } from "../../tools/kafka.ts";
import { ROOT } from "../../tools/paths.ts";
import { violationsOf } from "../e2e/axe.ts";
import { firstLogin, openPage, startBrowser } from "../e2e/browser.ts";
import { command, legend, withFolder } from "../e2e/executable.ts";
import { LIMIT_MS, until } from "./installation.ts";

const BLOCK = `${ROOT}/examples/slot_285000037.json`;
/** Transactions of the block and the index of their top-level swap of Raydium v4: instruction 11, 9 and 11. */
const SWAPS = [[0, 6], [2, 3], [4, 6]] as const;
const FIRST = "3PLGFnh2ip2iFMk1kdKfTpV14xHV1LnEEy91YH1PCXnTSCMByqjoc6BRUGoDWfZ88BHZzSCtSidwpGetsEa3Xfv4";
const SECOND = "2Wg8svJQfTsEW2UxmTdvs7pma4obCf6oU4iybM6gcAyv37MLM4Q5cEuYwXQSxXT8saD8moPJvuyAFckZ1L8Snc2o";
const PROGRAM = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8";

/** The block as from a node, but its swaps make no transfers. */
async function unreadable(path: string): Promise<void> {
  const block = JSON.parse(await Deno.readTextFile(BLOCK));
  for (const [at, index] of SWAPS) {
    const inner: { index: number; instructions: unknown[] }[] = block.transactions[at].meta.innerInstructions;
    const call = inner.find((one) => one.index === index);
    assert.ok(call && call.instructions.length > 0, "the block is the one that the test was written for");
    call.instructions = [];
  }
  await Deno.writeTextFile(path, JSON.stringify(block));
}

/** One row for each program and tag, with the newest transaction; truncated values can be copied in full. */
async function rowsNameProgramAndTag(panel: Locator): Promise<void> {
  const rows = await panel.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => ({
      cells: [...row.children].map((cell) => cell.textContent!.trim()),
      copies: [...row.querySelectorAll<HTMLElement>("[data-copy]")].map(({ dataset }) => dataset.copy),
    }))
  );
  assert.deepEqual(rows, [
    { cells: ["raydium_amm_v4 675k…1Mp8", "0b", "2", "3PLG…Xfv4"], copies: [PROGRAM, FIRST] },
    { cells: ["raydium_amm_v4 675k…1Mp8", "09", "1", "2Wg8…nc2o"], copies: [PROGRAM, SECOND] },
  ]);
}

Deno.test("engine 6: the Overview shows which swaps were not read, by program and tag, and says none where there is none", () =>
  withFolder(async (folder) => {
    const [data, port] = [`${folder}/data`, freePort()];
    const url = `http://127.0.0.1:${port}`;
    const run = async (source: string) => {
      const words = ["run", "agent", "arbitrage", "--source", `file:${source}`, "--data-dir", data];
      const { code, stderr } = await legend(words);
      assert.equal(code, 0, stderr);
    };
    await run(BLOCK);
    const api = command(["run", "api", "--port", String(port), "--data-dir", data]).spawn();
    const output = [new Response(api.stdout).text(), new Response(api.stderr).text()];
    const browser = await startBrowser();
    try {
      // The API never becomes ready, because its agents have ended: wait for the page only.
      await until("the page answers", async () => {
        const answer = await fetch(`${url}/login`).catch(() => null);
        await answer?.body?.cancel();
        return answer?.ok === true;
      });
      const errors: string[] = [];
      // The page's policy refuses injected scripts: axe is loaded into the debugger's own world.
      const context = await browser.newContext({ viewport: { width: 390, height: 844 }, bypassCSP: true });
      context.setDefaultTimeout(LIMIT_MS);
      const page = await openPage(context, errors);
      await firstLogin(page, { data, url });
      const panel = page.locator("[data-not-read]");
      await panel.getByText("None. Every call that looked like a swap was read.").waitFor();
      assert.equal(await panel.locator("tbody tr").count(), 0);

      const changed = `${folder}/slot_285000037.json`;
      await unreadable(changed);
      await run(changed);
      await page.reload();
      await panel.locator("tbody tr").first().waitFor();
      await rowsNameProgramAndTag(panel);
      assert.match(await panel.innerText(), /3 trades are missing from what was found/);
      assert.deepEqual(await violationsOf(page, "[data-not-read]"), []);
      const isWide = await page.evaluate(() =>
        document.documentElement.scrollWidth > document.documentElement.clientWidth
      );
      assert.ok(!isWide, "nothing is wider than a phone");
      // What every page polls each second does not grow with the list.
      const polled = await page.waitForResponse((answer) => answer.url().endsWith("/api/agents?brief=1"));
      const [agent] = (await polled.json()).agents;
      assert.equal(agent.missed_swaps, 3);
      assert.ok(!("missed_by_program" in agent));
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
      api.kill("SIGTERM");
      await api.status;
      await Promise.all(output);
    }
  }));
