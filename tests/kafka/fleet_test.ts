/** One page for agents on several hosts: their state, one command to all, and an agent that has become silent. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { jobs, long } from "../../proto/wire.ts";
import { freePort } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { firstLogin, openPage, ready, startBrowser } from "../e2e/browser.ts";
import { legend, lines, messages } from "../e2e/executable.ts";
import { type Cluster, Part, withCluster } from "./cluster.ts";

/** Hosts `one` and `two` with agents, and `desk` with only the page. */
interface Fleet extends AsyncDisposable {
  readonly env: Record<string, string>;
  readonly page: Page;
  readonly site: { readonly data: string; readonly url: string };
  /** Errors on the page. */
  readonly errors: readonly string[];
  /** The mev agent of the first host. */
  readonly first: Part;
  readonly api: Part;
  data(host: string): string;
  agent(host: string, module: string): Part;
  /** The fleet as known to the page's server. */
  agents(): Promise<Agent[]>;
}

interface Agent {
  instance: string;
  module: string;
  here: boolean;
  policy: { throttle_pct: number };
  killed: boolean;
}

Deno.test("the page of a host without agents shows and controls those of all others, and names silent ones", () =>
  withCluster(async (cluster) => {
    await using fleet = await startFleet(cluster);
    const mev = await allAreShown(fleet);
    await oneCommandReachesAll(fleet, mev);
    await strangerIsNotBelieved(fleet);
    await silentAgentIsNamed(fleet);
    await killNamesTheSilentOne(fleet, mev);
    await obeysAfterItsReturn(fleet);
    assert.deepEqual(fleet.errors, []);
    await liftIsAnsweredByAll(fleet, mev);
    const { stderr } = await fleet.api.end();
    assert.match(
      messages(stderr),
      /^Cannot trust the reports of mev-\S+: no agent with a key of this installation/m,
    );
  }));

async function startFleet(cluster: Cluster): Promise<Fleet> {
  const env = { KAFKA_BROKERS: cluster.broker.brokers, CTRL_SIGN_SK_HEX: "5a".repeat(32) };
  const data = (host: string) => `${cluster.folder}/${host}`;
  const parts: Part[] = [];
  const start = (host: string, words: readonly string[]) => {
    const part = new Part([...words, "--data-dir", data(host)], env).start();
    parts.push(part);
    return part;
  };
  const agent = (host: string, module: string) =>
    start(host, ["run", "agent", module, "--source", "sim:3", "--speed", "10"]);
  const port = freePort();
  const site = { data: data("desk"), url: `http://127.0.0.1:${port}` };
  const browser = await startBrowser();
  const end = async () => {
    await browser.close();
    await Promise.all(parts.map((part) => part.end("SIGKILL")));
  };
  const errors: string[] = [];
  try {
    openDataDir(data("desk"));
    assert.equal((await legend(["topics", "create", "--data-dir", data("desk")], { env })).code, 0);
    for (const host of ["one", "two", "desk"]) start(host, ["run", "link"]);
    const first = agent("one", "mev");
    agent("two", "mev");
    agent("two", "arbitrage");
    const api = start("desk", ["run", "api", "--port", String(port)]);
    await ready(site.url);
    const page = await openPage(
      await browser.newContext({ viewport: { width: 1440, height: 900 } }),
      errors,
    );
    await firstLogin(page, site);
    const agents = async () =>
      await page.evaluate(() =>
        fetch("/api/agents").then((answer) => answer.json()).then(({ agents }) => agents)
      ) as Agent[];
    return { env, page, site, errors, first, api, data, agent, agents, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** All agents are shown, summed up on the module's card; returns the names of the mev agents. */
async function allAreShown({ page, agents }: Fleet): Promise<string[]> {
  await page.waitForSelector(".strip >> text=Running, 2 of 2");
  const card = page.locator("[data-module=mev]");
  await card.locator(".acks >> text=Running").nth(1).waitFor();
  const known = await agents();
  assert.deepEqual(known.map(({ module, here }) => [module, here]), [
    ["arbitrage", false],
    ["mev", false],
    ["mev", false],
  ]);
  const [, one, two] = known.map(({ instance }) => instance) as [string, string, string];
  return [one, two];
}

/** One command from the page, a receipt from each agent, and what each then runs beside the desired state. */
async function oneCommandReachesAll({ page, site }: Fleet, mev: readonly string[]): Promise<void> {
  await page.goto(`${site.url}/settings?m=mev#policy`);
  await page.fill("#p-throttle_pct", "25");
  await page.click("text=Sign and send");
  await page.locator("#policy .acks >> text=Applied").nth(1).waitFor();
  for (const name of mev) await page.waitForSelector(`#policy .acks >> text=${name}`);
  await page.waitForSelector(".strip >> text=Throttled 25 %, 2 of 2");
  for (const name of mev) {
    const row = page.locator("tr", { hasText: name });
    await row.locator("text=In sync").waitFor();
  }
}

/** Reports about an agent from a stranger are ignored. */
async function strangerIsNotBelieved({ data }: Fleet): Promise<void> {
  using log = new EmbeddedLog(new Library(LIBRARY), `${data("one")}/log`);
  using reports = await log.topic("agent-status-proto");
  using reader = await reports.reader("start");
  await reader.wait(5_000);
  const answer = reader.read();
  const [record] = "records" in answer ? answer.records : [];
  const genuine = jobs.AgentReport.decode(record!.value!);
  const lie = { ...JSON.parse(new TextDecoder().decode(genuine.statusJson!)), killed: true };
  lie.at_ns = `${BigInt(Date.now() + 5_000) * 1_000_000n}`;
  await reports.append([{
    key: record!.key,
    value: jobs.AgentReport.encode({
      ...genuine,
      atNs: long(BigInt(lie.at_ns)),
      statusJson: new TextEncoder().encode(JSON.stringify(lie)),
    }).finish(),
  }]);
}

/** An ended agent is reported as silent; the command line names it too, and does not report success. */
async function silentAgentIsNamed({ page, site, env, first, agents }: Fleet): Promise<void> {
  await first.end("SIGKILL");
  await page.goto(`${site.url}/overview`);
  await page.waitForSelector(".strip >> text=Silent, 1 of 2", { timeout: 40_000 });
  assert.deepEqual((await agents()).map(({ killed }) => killed), [false, false, false]);
  const asked = await legend(["control", "mev", "policy", "--ev-min", "0.002", "--data-dir", site.data], {
    env,
  });
  assert.equal(asked.code, 3, asked.stdout + asked.stderr);
  assert.match(asked.stdout, /^mev-\S+: policy applied, on another host;/m);
  assert.match(
    asked.stdout,
    /^mev: policy not applied, mev-\S+ has not answered in 5 s; it will obey when it is back$/m,
  );
}

/** A kill names the silent one; the other obeys. */
async function killNamesTheSilentOne({ page }: Fleet, mev: readonly string[]): Promise<void> {
  await page.keyboard.press("Shift+K");
  await page.waitForSelector("#dlg-kill[open]");
  await page.waitForTimeout(450);
  await page.click("[data-kill]");
  await page.waitForSelector("#dlg-kill >> text=2 of 3 agents have stopped", { timeout: 20_000 });
  const silent = page.locator("#dlg-kill .acks li", { hasText: "No receipt" });
  const gone = (await silent.locator(".mono").innerText()).trim();
  assert.ok(mev.includes(gone));
  await page.click("#dlg-kill >> text=Close");
  await page.waitForSelector(".strip[data-s=bad] >> text=KILLED, 1 of 2");
}

/** When it is back, it obeys what it missed and reports it. */
async function obeysAfterItsReturn({ page, agent, agents }: Fleet): Promise<void> {
  agent("one", "mev");
  await page.waitForSelector(".strip >> text=KILLED, 2 of 2", { timeout: 20_000 });
  assert.deepEqual((await agents()).map(({ killed }) => killed), [true, true, true]);
}

/** The command line of the same host receives the answer of each of them too. */
async function liftIsAnsweredByAll({ site, env }: Fleet, mev: readonly string[]): Promise<void> {
  const lifted = await legend(["unkill", "mev", "--json", "--data-dir", site.data], { env });
  const answers = lines<
    { path: string; receipt: { instance: string; applied: boolean; genuine: boolean } }
  >(
    lifted.stdout,
  );
  assert.deepEqual(
    answers.filter(({ path }) => path === "kafka").map(({ receipt }) => receipt),
    mev.map((instance) => ({
      ...answers.find(({ receipt }) => receipt.instance === instance)!.receipt,
      applied: true,
      genuine: true,
    })),
    lifted.stdout + lifted.stderr,
  );
  assert.equal(lifted.code, 0, lifted.stderr);
}
