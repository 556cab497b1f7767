/** Forms and buttons: errors as text, conflicts shown, one confirmation before actions that are hard to undo. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { legend } from "../e2e/executable.ts";
import { asIfNothingLacks, siteTests } from "./installation.ts";
import { delay } from "../../core/platform/delay.ts";

const test = siteTests();

/** A policy sent by another user. */
const sendPolicy = (page: Page, module: string, body: Record<string, unknown>) =>
  page.evaluate(async ([module, body]) => {
    const answer = await fetch(`/api/control/module/${module}:policy?wait=receipt`, {
      method: "POST",
      headers: { "x-requested-with": "dashboard", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await answer.json()).ok as boolean;
  }, [module, body] as const);

test("F14: each field says what is wrong in words before anything is sent, and nothing wrong is sent", async ({ open }) => {
  const page = await open("/settings?m=mev#policy");
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/api/control/")) sent.push(request.url());
  });
  const rows = [
    ["ev_min", "0,01", "ev_min: need a number of SOL from 0 to 10, got `0,01`"],
    ["ev_min", "", "ev_min: need a number of SOL from 0 to 10, got ``"],
    ["throttle_pct", "12.5", "throttle_pct: need a whole number of percent from 0 to 100, got `12.5`"],
    ["tip_ladder", "", "tip_ladder: need 1 to 8 numbers between 0 and 1 with commas between them, got ``"],
    ["tip_ladder", "0.85, 0.70", "tip_ladder must rise: 0.85 is followed by 0.7"],
  ];
  for (const [name, text, expected] of rows) {
    await page.fill(`#p-${name}`, text!);
    await page.click("text=Sign and send");
    assert.equal(await page.innerText(`#h-${name}`), expected);
    assert.equal(await page.getAttribute(`#p-${name}`, "aria-invalid"), "true");
    await page.waitForFunction((name) => document.activeElement!.id === `p-${name}`, name);
    await page.click("text=Discard");
    assert.equal(await page.getAttribute(`#p-${name}`, "aria-invalid"), "false");
  }
  assert.deepEqual(sent, []);
  await page.fill("#p-ev_min", "0.0015");
  await page.waitForSelector("#h-ev_min:has-text('= 1,500,000 lamports')");
});

test("F14: a receipt goes when the form changes; what another user changed meanwhile is shown and asked about", async ({ open }) => {
  const page = await open("/settings?m=mev#policy");
  await page.fill("#p-ev_min", "0.0011");
  await page.click("text=Sign and send");
  await page.waitForSelector("#policy .acks >> text=Applied");
  await page.fill("#p-ev_min", "0.0012");
  assert.equal(await page.locator("#policy .acks").count(), 0, "the old answer is not of this change");
  assert.equal(await sendPolicy(page, "mev", { ev_min: 0.002 }), true);
  const conflict = page.locator("[data-conflict=ev_min]");
  await conflict.waitFor();
  assert.match(await conflict.innerText(), /it was 0\.0011, now it is 0\.002, you have 0\.0012/);
  assert.ok(await page.isDisabled("text=Sign and send"));
  await conflict.locator("text=Keep mine").click();
  await page.click("text=Sign and send");
  await page.waitForSelector("#policy .acks >> text=Applied");
  await page.fill("#p-ev_min", "0.003");
  assert.equal(await sendPolicy(page, "mev", { ev_min: 0.004 }), true);
  await conflict.locator("button:has-text('Take 0.004')").click();
  assert.equal(await page.inputValue("#p-ev_min"), "0.004");
  assert.ok(await page.isDisabled("text=Sign and send"), "nothing is left to send");
  // If another user changes another field, there is no conflict.
  await page.fill("#p-ev_min", "0.005");
  assert.equal(await sendPolicy(page, "mev", { score_min: 0.01 }), true);
  await page.waitForFunction(() =>
    document.querySelector<HTMLInputElement>("#p-score_min")!.value === "0.01"
  );
  assert.equal(await conflict.count(), 0);
});

test("F14: the address and the module that is edited are one; unsent changes are not left without a question", async ({ open, url }) => {
  const page = await open("/settings?m=mev#policy");
  await page.waitForSelector("h2:has-text('Policy, sandwich')");
  await page.click(".seg >> text=Arbitrage");
  await page.waitForSelector("h2:has-text('Policy, arbitrage')");
  assert.match(page.url(), /[?&]m=arbitrage/);
  await page.reload();
  await page.waitForSelector("h2:has-text('Policy, arbitrage')");
  await page.fill("#p-ev_min", "0.0077");
  await page.click(".seg >> text=Sandwich");
  await page.waitForSelector("#dlg-confirm[open]:has-text('unsent')");
  await page.click("#dlg-confirm >> text=Cancel");
  assert.equal(await page.inputValue("#p-ev_min"), "0.0077");
  assert.match(page.url(), /[?&]m=arbitrage/);
  const asked: string[] = [];
  page.once("dialog", (dialog) => {
    asked.push(dialog.type());
    dialog.dismiss();
  });
  await page.click("nav >> text=Audit");
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#p-ev_min")?.value === "0.0077");
  const end = performance.now() + 60_000;
  while (asked.length === 0 && performance.now() < end) {
    await delay(20);
  }
  assert.deepEqual(asked, ["beforeunload"]);
  assert.ok(page.url().startsWith(`${url}/settings`));
  await page.click(".seg >> text=Sandwich");
  await page.click("#dlg-confirm [data-confirm]");
  await page.waitForSelector("h2:has-text('Policy, sandwich')");
});

test("F14, F24: a throttle of 100 % is asked about once", async ({ open }) => {
  const page = await open("/settings?m=arbitrage#policy");
  await page.fill("#p-throttle_pct", "100");
  await page.click("text=Sign and send");
  await page.waitForSelector("#dlg-confirm[open]:has-text('skips every decision')");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#dlg-confirm", { state: "detached" });
  assert.equal(await page.locator("#policy .acks").count(), 0);
  assert.equal(await page.inputValue("#p-throttle_pct"), "100", "what was typed is kept");
  await page.click("text=Sign and send");
  await page.click("#dlg-confirm [data-confirm]");
  await page.waitForSelector("#policy .acks >> text=Applied");
  await page.waitForSelector(".strip >> text=Throttled 100 %");
  await page.fill("#p-throttle_pct", "0");
  await page.click("text=Sign and send");
  await page.waitForSelector("#policy .acks >> text=Applied");
  assert.equal(await page.locator("#dlg-confirm").count(), 0, "less is not asked about");
});

test("F24: a user is disabled and a key revoked only after a question; a key is chosen, shown once and gone", async ({ data, open }) => {
  assert.equal((await legend(["user", "add", "the-viewer", "viewer", "--data-dir", data])).code, 0);
  const page = await open("/settings#users");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const row = (name: string) => page.locator("#users tbody tr", { hasText: name });
  await row("the-viewer").locator("button").click();
  await page.waitForSelector("#dlg-confirm[open]:has-text('Disable the-viewer?'):has-text('All logins')");
  await page.click("#dlg-confirm >> text=Cancel");
  assert.doesNotMatch(await row("the-viewer").innerText(), /disabled/);
  await row("the-viewer").locator("button").click();
  await page.click("#dlg-confirm [data-confirm]");
  await row("the-viewer").locator("td:text-is('disabled')").waitFor();
  await row("the-viewer").locator("button:has-text('Enable')").click();
  await row("the-viewer").locator("td:text-is('first password')").waitFor();

  assert.ok(await page.isDisabled("text=Make key"), "a key has a label");
  await page.fill("#key-label", "prometheus");
  await page.check("label:has-text('metrics') input");
  await page.uncheck("label:has-text('read') input");
  await page.selectOption("#key-days", "7");
  await page.click("text=Make key");
  const made = page.locator("[data-new-key]");
  await made.waitFor();
  const key = await made.locator("code").innerText();
  await made.locator("[data-copy]").click();
  await page.waitForSelector("#say:has-text('Copied')", { state: "attached" });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  const status = (path: string) =>
    fetch(`${new URL(page.url()).origin}${path}`, { headers: { "x-api-key": key } })
      .then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      });
  assert.deepEqual(
    [await status("/metrics"), await status("/api/agents")],
    [200, 403],
    "its rights are those chosen",
  );
  const days = Number(/until (\S+)/.exec(await row("prometheus").innerText())?.[1]?.slice(8));
  assert.equal(days, new Date(Date.now() + 7 * 86_400_000).getUTCDate());
  await made.locator("text=close").click();
  assert.ok(!(await page.content()).includes(key), "it is shown once");
  await row("prometheus").locator("button:has-text('Revoke')").click();
  await page.waitForSelector("#dlg-confirm[open]:has-text('cannot be restored')");
  assert.equal(await status("/metrics"), 200);
  await page.click("#dlg-confirm [data-confirm]");
  await row("prometheus").locator("td:text-is('revoked')").waitFor();
  assert.equal(await status("/metrics"), 401);
});

test("F21: an error is shown at its field; a name in use is refused before a job is started", async ({ data, open, url }) => {
  const page = await open("/settings");
  await asIfNothingLacks(page);
  await page.goto(`${url}/datasets`);
  await page.waitForSelector("text=No job yet.");
  const wrong = () =>
    page.locator("[aria-invalid=true]").evaluateAll((fields) => fields.map((field) => field.id));
  await page.fill("#ds-start", "yesterday");
  await page.click("button:has-text('Start dataset')");
  await page.waitForSelector("#ds-start-hint:has-text('yesterday is not a time')");
  assert.deepEqual(await wrong(), ["ds-start"]);
  await page.fill("#ds-start", "2026-01-02");
  await page.fill("#ds-end", "2026-01-01");
  await page.click("button:has-text('Start dataset')");
  await page.waitForSelector("#ds-end-hint[role=alert]");
  assert.deepEqual(await wrong(), ["ds-end"]);
  await Deno.mkdir(`${data}/datasets`, { recursive: true });
  await Deno.writeTextFile(`${data}/datasets/taken-mev.parquet`, "something else");
  await page.fill("#ds-end", "2026-01-03");
  await page.fill("#ds-output", "taken.parquet");
  await page.click("button:has-text('Start dataset')");
  await page.waitForSelector("#ds-output-hint:has-text('taken-mev.parquet: it exists already')");
  assert.deepEqual(await wrong(), ["ds-output"]);
  assert.equal(await page.locator("tbody tr").count(), 0, "no job was made of any of it");
});
