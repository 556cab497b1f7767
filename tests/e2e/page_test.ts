/** The page in a real browser, served by the executable on the simulated chain. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { long, realtime } from "../../proto/wire.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { withLogHome } from "../kafka/log_backend.ts";
import { asIfNothingLacks } from "../findings/installation.ts";
import { violationsOf } from "./axe.ts";
import { firstLogin, openPage, PASSWORD, ready, startBrowser } from "./browser.ts";
import { command, legend, withFolder } from "./executable.ts";

const SHOTS = `${ROOT}/tests/out`;

interface Site {
  data: string;
  url: string;
  browser: Browser;
  child: Deno.ChildProcess;
  stderr: Promise<string>;
}

async function withSite(
  run: (site: Site) => Promise<void>,
  words: readonly string[] = ["--source", "sim:7", "--speed", "4"],
): Promise<void> {
  await withLogHome((env) =>
    withFolder(async (folder) => {
      const data = `${folder}/data`;
      const port = freePort();
      const child = command(["run", ...words, "--port", String(port), "--data-dir", data], { env }).spawn();
      const stdout = new Response(child.stdout).text();
      const stderr = new Response(child.stderr).text();
      const browser = await startBrowser();
      try {
        const url = `http://127.0.0.1:${port}`;
        await ready(url);
        await run({ data, url, browser, child, stderr });
      } finally {
        await browser.close();
        try {
          child.kill("SIGTERM");
        } catch {
          // The process has already ended.
        }
        await child.status;
        await Promise.all([stdout, stderr]);
      }
    })
  );
}

async function login(page: Page, url: string, user: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.fill("#f-user", user);
  await page.fill("#f-password", password);
  await page.click("button[type=submit]");
}

/** Longer ranges come from the store, if there is one; if not, the chart shows this in its place. */
async function longerTimesComeFromTheStore(page: Page): Promise<void> {
  await page.click(".seg >> text=24 h");
  const panel = page.locator(".panel", { hasText: "Hot path P99, microseconds" });
  if (Deno.env.get("LEGEND_TEST_LOG") === "kafka") {
    // Drawn when the sink has stored the first rows.
    await panel.locator("canvas").waitFor({ timeout: 60_000 });
    assert.equal(await panel.locator("[role=status]").count(), 0);
  } else {
    await panel.locator("text=Cannot use the analytics store").waitFor();
  }
}

/** A row, its drawer, and the same numbers in the evidence. */
async function drawerHasTheEvidence(page: Page): Promise<void> {
  await page.click("nav >> text=Arbitrage");
  await page.waitForSelector("tbody tr[data-id]");
  await page.hover("tbody");
  const row = page.locator("tbody tr[data-id]", { hasText: "open arbitrage" }).first();
  await row.click();
  // The drawer shows which row it was: the table may have moved between reading it and the click.
  const drawer = page.locator(".drawer[data-decision]");
  await drawer.locator("[data-field=ev_sol]").waitFor();
  const id = (await drawer.getAttribute("data-decision"))!;
  const net = await page.locator(`tbody tr[data-id="${id}"] data`).getAttribute("value");
  const evidence = await page.evaluate(
    (id) => fetch(`/api/decisions/${id}`).then((answer) => answer.json()),
    id,
  );
  const shown = (field: string) => page.locator(`[data-field=${field}]`).innerText();
  const digits = async (field: string) => (await shown(field)).replaceAll(/[^0-9.]/g, "");
  assert.equal(await digits("edge_lamports"), evidence.ev.edge_lamports);
  assert.equal(await digits("tip_lamports"), evidence.ev.tip_lamports);
  assert.equal(await digits("p_land"), evidence.ev.p_land.toFixed(4));
  assert.equal(await digits("ev_sol"), Math.abs(evidence.ev.ev_sol).toFixed(9));
  const expected = (Number(evidence.ev.edge_lamports) - Number(evidence.ev.tip_lamports) -
    Number(evidence.ev.landed_fee_lamports)) / 1e9;
  assert.ok(Math.abs(Number(net) - expected) < 1e-9);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".drawer", { state: "detached" });
}

/** Throttle and ev_min, acknowledged by the agent. */
async function policyIsAnswered(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings?m=mev#policy`);
  await page.fill("#p-throttle_pct", "25");
  await page.fill("#p-ev_min", "0.002");
  await page.fill("#p-reason", "a test");
  await page.click("text=Sign and send");
  await page.waitForSelector("#policy .acks >> text=Applied");
  await page.waitForSelector(".strip >> text=Throttled 25 %");
  await page.waitForSelector("table >> text=In sync");
  await page.fill("#p-tip_ladder", "0.9, 0.1");
  await page.click("text=Sign and send");
  await page.waitForSelector("#policy >> text=must rise");
  await page.click("#policy >> text=Discard");
}

/** Kill with two presses, each agent's receipt, un-kill with name and reason. */
async function killAndLift(page: Page, url: string): Promise<void> {
  await page.keyboard.press("Shift+K");
  await page.waitForSelector("#dlg-kill[open]");
  await page.waitForTimeout(450);
  await page.click("[data-kill]");
  await page.waitForSelector("#dlg-kill >> text=2 of 2 agents have stopped");
  await page.click("#dlg-kill >> text=Close");
  await page.waitForSelector(".strip[data-s=bad] >> text=KILLED");
  await page.goto(`${url}/settings?m=mev#kill`);
  await page.fill("#lift-name", "mev");
  await page.fill("#lift-reason", "the test continues");
  await page.click("text=Lift the kill on mev");
  await page.waitForSelector("#kill >> text=Not killed");
}

async function allOfItIsInTheAudit(page: Page, site: Site): Promise<void> {
  await page.goto(`${site.url}/audit`);
  for (const action of ["login", "policy", "kill", "un-kill"]) {
    await page.waitForSelector(`td.b:text-is("${action}")`);
  }
  // A kill's detail is expanded and complete: the request by its own type, and its result.
  await page.locator("tr:has(td.b:text-is('kill')) summary").first().click();
  const detail = JSON.parse(await page.locator("details[open] pre").innerText());
  assert.equal(detail.kill, true);
  assert.equal(detail.came_of.length, 1);
  const { stdout, code } = await legend(["audit", "verify", "--data-dir", site.data]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^[1-9]\d* entries, [1-9]\d* heads published outside: whole$/m);
}

Deno.test("an admin logs in with the first secret, sees live rows, explains one, throttles, kills and lifts the kill", () =>
  withSite(async (site) => {
    const errors: string[] = [];
    const page = await openPage(
      await site.browser.newContext({ viewport: { width: 1440, height: 900 } }),
      errors,
    );
    await firstLogin(page, site);
    await assert.rejects(
      Deno.stat(`${site.data}/first-login`),
      Deno.errors.NotFound,
      "the first secret is gone",
    );
    await page.waitForSelector(".strip >> text=Running");
    await page.waitForFunction(() =>
      /[1-9][\d,]* received/.test(document.querySelector(".strip")!.textContent!)
    );

    await longerTimesComeFromTheStore(page);
    await drawerHasTheEvidence(page);
    await policyIsAnswered(page, site.url);
    await killAndLift(page, site.url);
    await allOfItIsInTheAudit(page, site);
    assert.deepEqual(errors, []);
  }));

Deno.test("an ended login opens a sheet over the page, which keeps what was typed and continues after it", () =>
  withSite(async (site) => {
    const errors: string[] = [];
    const context = await site.browser.newContext();
    const page = await openPage(context, errors);
    await firstLogin(page, site);
    await page.goto(`${site.url}/settings?m=mev#policy`);
    await page.fill("#p-reason", "typed before the login ended");
    await context.clearCookies();
    await page.waitForSelector("text=Your login has ended");
    await page.fill("#f-sheet-password", "not it");
    await page.click("dialog[open] button[type=submit]");
    await page.waitForSelector("dialog[open] [role=alert]");
    await page.fill("#f-sheet-password", PASSWORD);
    await page.click("dialog[open] button[type=submit]");
    await page.waitForSelector("text=Your login has ended", { state: "hidden" });
    assert.equal(await page.inputValue("#p-reason"), "typed before the login ended");
    await page.waitForSelector(".strip >> text=Live");
    assert.deepEqual(errors, []);
  }));

Deno.test("a viewer and an auditor see no control, and every mutating route refuses them", () =>
  withSite(async (site) => {
    const errors: string[] = [];
    for (const role of ["viewer", "auditor"]) {
      const { stdout, code } = await legend(["user", "add", `the-${role}`, role, "--data-dir", site.data]);
      assert.equal(code, 0);
      const page = await openPage(await site.browser.newContext(), errors);
      await login(page, site.url, `the-${role}`, stdout.trim());
      await page.fill("#f-next", PASSWORD);
      await page.fill("#f-again", PASSWORD);
      await page.click("button[type=submit]");
      await page.waitForSelector("h1:has-text('Overview')");
      for (const name of ["overview", "arbitrage", "sandwich", "datasets", "training", "settings"]) {
        await page.goto(`${site.url}/${name}`);
        await page.waitForSelector(".strip >> text=Running");
        for (
          const word of [
            "Kill…",
            "Start",
            "Stop",
            "Restart",
            "Cancel",
            "Retry",
            "Deploy",
            "Roll back",
            "Sign and send",
            "Lift the kill",
          ]
        ) {
          assert.equal(
            await page.locator(`button:has-text("${word}")`).count(),
            0,
            `${role} sees ${word} on ${name}`,
          );
        }
      }
      const statuses = await page.evaluate(() =>
        Promise.all([
          ["POST", "/api/control/module/mev:kill"],
          ["POST", "/api/control/module/mev:throttle"],
          ["POST", "/api/control/kill-switch"],
          ["POST", "/api/policy/update"],
          ["POST", "/api/users"],
          ["POST", "/api/keys"],
          ["POST", "/api/realtime/settings"],
          ["POST", "/api/datasets/scrape"],
          ["POST", "/api/training/start"],
          ["POST", "/api/control/model-swap"],
          ["PUT", "/api/schedules"],
        ].map(([method, path]) =>
          fetch(path!, {
            method: method!,
            headers: { "x-requested-with": "dashboard", "content-type": "application/json" },
            body: "{}",
          })
            .then(({ status }) => status)
        ))
      );
      assert.deepEqual(new Set(statuses), new Set([403]), role);
      const audit = await page.evaluate(() => fetch("/api/control/audit-log").then(({ status }) => status));
      assert.equal(audit, role === "auditor" ? 200 : 403);
    }
    assert.deepEqual(errors, []);
  }));

Deno.test("an Envelope written to the log by anybody is found in the page", () =>
  withSite(async (site) => {
    const errors: string[] = [];
    const page = await openPage(await site.browser.newContext(), errors);
    await firstLogin(page, site);
    await page.goto(`${site.url}/sandwich`);
    await page.waitForSelector(".strip >> text=Live");
    await page.mouse.move(5, 5);
    const id = crypto.getRandomValues(new Uint8Array(16));
    const hex = id.toHex();
    using log = new EmbeddedLog(new Library(LIBRARY), `${site.data}/log`);
    using topic = await log.topic("sandwich-decisions-proto");
    await topic.append([{
      value: realtime.Envelope.encode({
        schemaVersion: "rt-v1",
        type: realtime.Envelope.Type.MEV,
        decisionId: id,
        producerId: "the-test",
        seq: long(1),
        eventNs: long(BigInt(Date.now()) * 1_000_000n),
        kind: realtime.Kind.SANDWICH,
        tier: realtime.Envelope.Tier.A,
        module: realtime.Module.MODULE_MEV,
        mev: {
          version: "v",
          slot: long(123456789),
          attacker: "stranger",
          netSol: 1.25,
          type: "pump_swap_sandwich",
          pLandEst: 1,
        },
      }).finish(),
    }]);
    // Others may have come with it, more than fit on the screen: it is searched for as a user would.
    await page.fill("[data-search]", hex);
    const row = page.locator(`tr[data-id="${hex}"]`);
    await row.waitFor({ timeout: 30_000 });
    assert.match(await row.innerText(), /123,456,789[\s\S]*pump_swap_sandwich[\s\S]*A[\s\S]*\+1\.250000/);
    assert.deepEqual(errors, []);
  }));

Deno.test("a dataset and a training started on the page are jobs there, with their log and what went wrong", () =>
  withSite(async (site) => {
    const errors: string[] = [];
    const page = await openPage(await site.browser.newContext(), errors);
    await firstLogin(page, site);
    if (Deno.env.get("LEGEND_TEST_LOG") !== "kafka") {
      // Jobs that cannot run are not offered; the page shows what is missing.
      for (const [name, form] of [["datasets", "Start dataset"], ["training", "Start training"]] as const) {
        await page.goto(`${site.url}/${name}`);
        await page.waitForSelector("[data-lacks]:has-text('Cannot use the analytics store')");
        assert.equal(await page.locator(`button:has-text('${form}')`).isDisabled(), true, name);
      }
    }
    await asIfNothingLacks(page);
    await page.goto(`${site.url}/datasets`);
    await page.fill("#ds-output", "../outside.parquet");
    await page.click("button:has-text('Start dataset')");
    await page.waitForSelector("#ds-output-hint:has-text('empty parts')");
    await page.fill("#ds-output", "from-the-page.parquet");
    await page.fill("#ds-start", "2001-01-01");
    await page.fill("#ds-end", "2001-01-02");
    await page.click("button:has-text('Start dataset')");
    // Without a store, or with a store that has nothing of that year, the job ends with the reason.
    const row = page.locator("tbody tr", { hasText: "2001-01-01" });
    await row.locator("text=/Cannot (scrape|use the analytics store)/").waitFor({ timeout: 60_000 });
    await page.click("button:has-text('Failed')");
    await page.click("button:has-text('All')");
    await page.locator(".log >> text=/try 1 by worker-/").waitFor();
    await page.goto(`${site.url}/training`);
    await page.fill("#tr-max_depth", "99");
    await page.click("button:has-text('Start training')");
    await page.waitForSelector("#tr-max_depth-hint[role=alert]:has-text('max_depth')");
    await page.fill("#tr-max_depth", "4");
    await page.fill("#tr-start", "2001-01-01");
    await page.fill("#tr-end", "2001-01-02");
    await page.click("button:has-text('Start training')");
    const job = page.locator("tbody tr", { hasText: "2001-01-01" });
    await job.locator("text=/Cannot (train|use the analytics store)/").waitFor({ timeout: 60_000 });
    assert.deepEqual(errors.filter((error) => !/status of 4\d\d/.test(error)), []);
  }));

Deno.test("axe finds nothing on any page, light and dark, desktop and phone; pictures are made", () =>
  withSite(async (site) => {
    await Deno.mkdir(SHOTS, { recursive: true });
    const errors: string[] = [];
    const found: string[] = [];
    const first = await openPage(await site.browser.newContext(), errors);
    await firstLogin(first, site);
    const state = await first.context().storageState();
    for (const colorScheme of ["light", "dark"] as const) {
      for (
        const [size, viewport] of [["desktop", { width: 1440, height: 900 }], ["phone", {
          width: 390,
          height: 844,
        }]] as const
      ) {
        // The page's policy refuses injected scripts: axe is loaded into the debugger's own world.
        const context = await site.browser.newContext({
          viewport,
          colorScheme,
          storageState: state,
          bypassCSP: true,
        });
        const page = await openPage(context, errors);
        for (
          const name of [
            "login",
            "overview",
            "arbitrage",
            "sandwich",
            "datasets",
            "training",
            "settings",
            "audit",
          ]
        ) {
          await page.goto(`${site.url}/${name}`);
          if (name !== "login") await page.waitForSelector(".strip >> text=Running");
          if (name === "arbitrage") {
            await page.waitForSelector("tbody tr[data-id]");
            if (size === "desktop") await page.locator("tbody tr[data-id]").first().click();
          }
          await page.waitForTimeout(300);
          await page.screenshot({ path: `${SHOTS}/${name}-${size}-${colorScheme}.png` });
          const violations = await violationsOf(page);
          found.push(...violations.map((one) => `${name} ${size} ${colorScheme}: ${one}`));
        }
        await context.close();
      }
    }
    assert.deepEqual(found, []);
    assert.deepEqual(errors, []);
  }));
