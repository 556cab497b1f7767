/**
 * Models over many hosts: a model registered and deployed on one host runs on all of them, but only if it is trusted.
 */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import type { ModelList } from "../../core/models/models.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { Library } from "../../ffi/library.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend, type Outcome } from "../e2e/executable.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import { type Cluster, Part, withCluster } from "./cluster.ts";
import { delay } from "../../core/platform/delay.ts";

const SHARED_KEY = "5a".repeat(32);

/** Hosts with one key of this installation, each with its own folder and parts. */
class Hosts implements AsyncDisposable {
  readonly library = new Library(LIBRARY);
  readonly #parts: Part[] = [];
  readonly #env: Readonly<Record<string, string>>;

  constructor(readonly cluster: Cluster) {
    this.#env = { ...cluster.env, CTRL_SIGN_SK_HEX: SHARED_KEY };
  }

  /** A verb before the first `run` finds its folder created. */
  data(host: string): string {
    return openDataDir(`${this.cluster.folder}/${host}`).path;
  }

  async run(host: string, words: readonly string[], env = this.#env): Promise<Outcome & { text: string }> {
    const output = await legend([...words, "--data-dir", this.data(host)], { env });
    return { ...output, text: `${output.stdout}${output.stderr}` };
  }

  async list(host: string): Promise<ModelList> {
    return JSON.parse((await this.run(host, ["model", "list", "mev", "--json"])).stdout);
  }

  start(host: string, words: readonly string[], env = this.#env): Part {
    const part = new Part([...words, "--data-dir", this.data(host)], env).start();
    this.#parts.push(part);
    return part;
  }

  link(host: string): Part {
    return this.start(host, ["run", "link"]);
  }

  agent(host: string): Part {
    return this.start(host, ["run", "agent", "mev", "--source", "sim:3", "--speed", "10"]);
  }

  /** The model with which the host's agent decides. */
  async running(host: string): Promise<string | undefined> {
    const text = await Deno.readTextFile(`${this.data(host)}/agents/mev.status.json`).catch(() => "{}");
    return JSON.parse(text).model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts) await part.end("SIGKILL");
  }
}

async function until(what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await delay(100);
  }
}

Deno.test("a model registered and deployed on one host runs on the others, a late one too; a stranger's does not", () =>
  withCluster(async (cluster) => {
    await using hosts = new Hosts(cluster);
    assert.equal((await hosts.run("one", ["topics", "create"])).code, 0);
    // One host without agents, where models are made; two with one agent each.
    hosts.link("one");
    hosts.link("two");
    const three = hosts.link("three");
    hosts.agent("two");
    hosts.agent("three");
    const registry = new ModelRegistry(hosts.library, hosts.data("one"), SHARED_KEY);
    const [first, second] = [await registerSmallModel(registry, 1), await registerSmallModel(registry, 2)];
    await othersHaveBoth(hosts, first);
    await deployedWhereNoAgentIs(hosts, first);
    await deployedOnTheOtherHostAndBack(hosts, first, second);
    const four = await lateHostIsAsTheOthers(hosts, first, second);
    await laterChangeOfCutOffHostHolds(hosts, four, first);
    await strangerCountsForNothing(hosts, three, first);
  }));

async function othersHaveBoth(hosts: Hosts, first: string): Promise<void> {
  for (const host of ["two", "three"]) {
    await until(`${host} has both`, async () => (await hosts.list(host)).models.length === 2);
    assert.deepEqual((await hosts.list(host)).models.map(({ refused }) => refused), [undefined, undefined]);
    const file = `models/libmev_v${first}.so`;
    assert.deepEqual(
      await Deno.readFile(`${hosts.data(host)}/${file}`),
      await Deno.readFile(`${hosts.data("one")}/${file}`),
    );
  }
  const report = async (host: string) => (await hosts.run(host, ["model", "report", "mev", first])).stdout;
  assert.match(await report("one"), /^<svg .*mev model [0-9a-f]{12}/);
  assert.equal(await report("two"), await report("one"));
}

/** Both other hosts run the deployed version, and their receipts reach the host that sent the command. */
async function deployedWhereNoAgentIs(hosts: Hosts, first: string): Promise<void> {
  const deployed = await hosts.run("one", ["model", "deploy", "mev", first, "--json"]);
  assert.equal(deployed.code, 0, deployed.text);
  const answers = JSON.parse(deployed.stdout).receipts as { instance: string; applied: boolean }[];
  assert.deepEqual(answers.map(({ applied }) => applied), [true, true], deployed.text);
  assert.equal(new Set(answers.map(({ instance }) => instance)).size, 2);
  for (const host of ["two", "three"]) assert.equal(await hosts.running(host), first);
}

/** From another host, and back again: each knows what ran before, though the command came from another host. */
async function deployedOnTheOtherHostAndBack(hosts: Hosts, first: string, second: string): Promise<void> {
  assert.equal((await hosts.run("two", ["model", "deploy", "mev", second])).code, 0);
  await until("the second runs on three", async () => await hosts.running("three") === second);
  await until("one agrees", async () => (await hosts.list("one")).latest === second);
  const back = await hosts.run("one", ["model", "rollback", "mev", "--json"]);
  assert.equal(JSON.parse(back.stdout).version, first, back.text);
  await until("the first runs on two", async () => await hosts.running("two") === first);
}

/** A host that starts late receives the models and the desired version, not earlier desired versions. */
async function lateHostIsAsTheOthers(hosts: Hosts, first: string, second: string): Promise<Part> {
  const four = hosts.link("four");
  await until("four has the model", async () => (await hosts.list("four")).latest === first);
  await hosts.run("three", ["model", "shadow", "mev", second]);
  await hosts.run("three", ["model", "pin", "mev", second]);
  for (const host of ["one", "two", "four"]) {
    await until(`${host} is pinned`, async () => {
      const { pinned, shadow } = await hosts.list(host);
      return pinned === second && shadow === second;
    });
  }
  await until("the pinned one runs on two", async () => await hosts.running("two") === second);
  return four;
}

/** Changed on both sides while one host was cut off: the later change, made on another host, wins. */
async function laterChangeOfCutOffHostHolds(hosts: Hosts, four: Part, first: string): Promise<void> {
  await four.end();
  await hosts.run("four", ["model", "shadow", "mev", first]);
  await hosts.run("one", ["model", "shadow", "mev"]);
  await hosts.run("one", ["model", "pin", "mev"]);
  await until("three is free again", async () => {
    const { pinned, shadow } = await hosts.list("three");
    return pinned === null && shadow === null;
  });
  hosts.link("four");
  await until("four is as the others", async () => {
    const { pinned, shadow, latest } = await hosts.list("four");
    return pinned === null && shadow === null && latest === first;
  });
}

/** A host with a key of its own: neither its models nor its desired versions count, and this is reported. */
async function strangerCountsForNothing(hosts: Hosts, three: Part, first: string): Promise<void> {
  const strangers = { ...hosts.cluster.env, CTRL_SIGN_SK_HEX: "66".repeat(32) };
  const stranger = new ModelRegistry(hosts.library, hosts.data("stranger"), strangers.CTRL_SIGN_SK_HEX);
  const foreign = await registerSmallModel(stranger, 9);
  stranger.select("mev", "latest", foreign, "of-a-stranger");
  hosts.start("stranger", ["run", "link"], strangers);
  await until("the stranger's model is on the log", async () => {
    const { stdout } = await hosts.run("one", ["topics", "tail", "model-artefacts-proto"]);
    return stdout.includes(foreign);
  });
  await until("three has read it", async () => {
    const tail = await hosts.run("three", ["topics", "tail", "model-artefacts-proto"], {});
    return tail.stdout.includes(foreign);
  });
  // The model must not be accepted: there is no condition to wait for.
  await delay(500);
  for (const host of ["one", "two", "three", "four"]) {
    const { models, latest } = await hosts.list(host);
    assert.deepEqual([models.length, latest], [2, first], host);
  }
  const { stderr } = await three.end();
  assert.match(
    stderr,
    new RegExp(`Cannot accept model ${foreign} of mev: its key [0-9a-f]{16} is not trusted here`),
  );
  assert.match(
    stderr,
    new RegExp(`Cannot accept ${foreign} from another host as latest model of mev: its key`),
  );
}
