/** Models over many hosts: what is registered and deployed on one runs on all of them, and only if it is trusted. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import type { ModelList } from "../../core/models/models.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { Library } from "../../ffi/library.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { legend } from "../e2e/executable.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import { Part, withCluster } from "./cluster.ts";
import { pause } from "../../core/platform/pause.ts";

const SHARED_KEY = "5a".repeat(32);

Deno.test("a model registered and deployed on one host runs on the others, a late one too; a stranger's does not", () =>
  withCluster(async (cluster) => {
    const env = { ...cluster.env, CTRL_SIGN_SK_HEX: SHARED_KEY };
    // A verb that comes before the first `run` finds its folder made.
    const data = (host: string) => openDataDir(`${cluster.folder}/${host}`).path;
    const run = async (host: string, words: readonly string[], more: Record<string, string> = env) => {
      const told = await legend([...words, "--data-dir", data(host)], { env: more });
      return { ...told, text: `${told.stdout}${told.stderr}` };
    };
    const list = async (host: string): Promise<ModelList> =>
      JSON.parse((await run(host, ["model", "list", "mev", "--json"])).stdout);
    const parts: Part[] = [];
    const start = (host: string, words: readonly string[], more: Record<string, string> = env) => {
      const part = new Part([...words, "--data-dir", data(host)], more).start();
      parts.push(part);
      return part;
    };
    const agent = (host: string) =>
      start(host, ["run", "agent", "mev", "--source", "sim:3", "--speed", "10"]);
    const until = async (what: string, holds: () => Promise<boolean>, ms = 60_000) => {
      const end = performance.now() + ms;
      while (!await holds()) {
        if (performance.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
        await pause(100);
      }
    };
    const running = async (host: string): Promise<string | undefined> => {
      const text = await Deno.readTextFile(`${data(host)}/agents/mev.status.json`).catch(() => "{}");
      return JSON.parse(text).model;
    };
    const library = new Library(LIBRARY);
    try {
      assert.equal((await run("one", ["topics", "create"])).code, 0);
      // One host without agents, where models are made; two with an agent each.
      for (const host of ["one", "two", "three"]) start(host, ["run", "link"]);
      agent("two");
      agent("three");
      const registry = new ModelRegistry(library, data("one"), SHARED_KEY);
      const [first, second] = [await registerSmallModel(registry, 1), await registerSmallModel(registry, 2)];
      for (const host of ["two", "three"]) {
        await until(`${host} has both`, async () => (await list(host)).models.length === 2);
        assert.deepEqual((await list(host)).models.map(({ refused }) => refused), [undefined, undefined]);
        const file = `models/libmev_v${first}.so`;
        assert.deepEqual(
          await Deno.readFile(`${data(host)}/${file}`),
          await Deno.readFile(`${data("one")}/${file}`),
        );
      }
      const report = async (host: string) => (await run(host, ["model", "report", "mev", first])).stdout;
      assert.match(await report("one"), /^<svg .*mev model [0-9a-f]{12}/);
      assert.equal(await report("two"), await report("one"));
      // Deployed where no agent is: both others run it and answer who asked.
      const deployed = await run("one", ["model", "deploy", "mev", first, "--json"]);
      assert.equal(deployed.code, 0, deployed.text);
      const answers = JSON.parse(deployed.stdout).receipts as { instance: string; applied: boolean }[];
      assert.deepEqual(answers.map(({ applied }) => applied), [true, true], deployed.text);
      assert.equal(new Set(answers.map(({ instance }) => instance)).size, 2);
      for (const host of ["two", "three"]) assert.equal(await running(host), first);
      // From another host, and back again: each knows what ran before, though it ran elsewhere.
      assert.equal((await run("two", ["model", "deploy", "mev", second])).code, 0);
      await until("the second runs on three", async () => await running("three") === second);
      await until("one agrees", async () => (await list("one")).latest === second);
      const back = await run("one", ["model", "rollback", "mev", "--json"]);
      assert.equal(JSON.parse(back.stdout).version, first, back.text);
      await until("the first runs on two", async () => await running("two") === first);
      // A host that comes late gets the models and what is wished, not what was wished before.
      const four = start("four", ["run", "link"]);
      await until("four has the model", async () => (await list("four")).latest === first);
      await run("three", ["model", "shadow", "mev", second]);
      await run("three", ["model", "pin", "mev", second]);
      for (const host of ["one", "two", "four"]) {
        await until(`${host} is pinned`, async () => {
          const { pinned, shadow } = await list(host);
          return pinned === second && shadow === second;
        });
      }
      await until("the pinned one runs on two", async () => await running("two") === second);
      // Cut off and changed meanwhile: what was wished later elsewhere holds.
      await four.end();
      await run("four", ["model", "shadow", "mev", first]);
      await run("one", ["model", "shadow", "mev"]);
      await run("one", ["model", "pin", "mev"]);
      await until("three is free again", async () => {
        const { pinned, shadow } = await list("three");
        return pinned === null && shadow === null;
      });
      start("four", ["run", "link"]);
      await until("four is as the others", async () => {
        const { pinned, shadow, latest } = await list("four");
        return pinned === null && shadow === null && latest === first;
      });
      // A host with a key of its own: neither its models nor its wishes count, and it is said.
      const strangers = { ...cluster.env, CTRL_SIGN_SK_HEX: "66".repeat(32) };
      const stranger = new ModelRegistry(library, data("stranger"), strangers.CTRL_SIGN_SK_HEX);
      const foreign = await registerSmallModel(stranger, 9);
      stranger.point("mev", "latest", foreign, "of-a-stranger");
      start("stranger", ["run", "link"], strangers);
      const told = parts[2]!;
      await until("the stranger's model is on the log", async () => {
        const { stdout } = await run("one", ["topics", "tail", "model-artefacts-proto"]);
        return stdout.includes(foreign);
      });
      await until("three has read it", async () => {
        const tail = await run("three", ["topics", "tail", "model-artefacts-proto"], {});
        return tail.stdout.includes(foreign);
      });
      // It must not be taken: there is nothing to wait for.
      await pause(500);
      for (const host of ["one", "two", "three", "four"]) {
        const { models, latest } = await list(host);
        assert.deepEqual([models.length, latest], [2, first], host);
      }
      const { stderr } = await told.end();
      assert.match(
        stderr,
        new RegExp(`Cannot take model ${foreign} of mev: its key [0-9a-f]{16} is not trusted here`),
      );
      assert.match(
        stderr,
        new RegExp(`Cannot take ${foreign} as latest model of mev from another host: its key`),
      );
    } finally {
      for (const part of parts) await part.end("SIGKILL");
    }
  }));
