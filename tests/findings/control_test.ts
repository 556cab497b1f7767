/** Kills of the executable: frozen agents and APIs, mistakes in the configuration, folders that are none. */
import assert from "node:assert/strict";
import { type ModuleName, MODULES } from "../../core/control.ts";
import { legend, withFolder } from "../e2e/executable.ts";
import { assertDead, Installation, killByVerb } from "./kill.ts";
import { killFuzz } from "./kill_fuzz.ts";

const written = (installation: Installation) =>
  Object.fromEntries(MODULES.map((module) => [module, installation.written(module)])) as Record<
    ModuleName,
    number
  >;

Deno.test("F13: a frozen agent is killed when its latch is on disk, says so in words, and decides nothing when it runs again", () =>
  withFolder((folder) =>
    Installation.start(`${folder}/data`, async (installation) => {
      installation.signal("arbitrage", "SIGSTOP");
      const verb = await killByVerb(installation, []);
      assert.ok(verb.held, verb.said);
      assert.match(verb.said, /the arbitrage agent is frozen: it takes the kill when it runs again/);
      assert.ok(!/os error/.test(verb.said), verb.said);
      const before = written(installation);
      await assertDead(installation, MODULES, before, "by the verb");
      await installation.lift(MODULES);

      installation.signal("mev", "SIGSTOP");
      const { status, text } = await installation.post("/api/control/module/mev:kill", {});
      assert.equal(status, 202, text);
      assert.match(text, /the mev agent is frozen: it takes the kill when it runs again/);
      await assertDead(installation, ["mev"], written(installation), "by the API");

      // With the API frozen too the command line kills.
      await installation.lift(["mev"]);
      const api = Number(
        new TextDecoder().decode(
          (await new Deno.Command("pgrep", { args: ["-f", `run api.*${folder}/data`] }).output()).stdout,
        ).trim().split("\n")[0],
      );
      Deno.kill(api, "SIGSTOP");
      try {
        const alone = await killByVerb(installation, []);
        assert.ok(alone.held, alone.said);
        await assertDead(installation, MODULES, written(installation), "with the API frozen");
      } finally {
        Deno.kill(api, "SIGCONT");
      }
    })
  ));

Deno.test("operator 2: no mistake in the configuration stands in a kill's way; each is said", () =>
  withFolder((folder) =>
    Installation.start(`${folder}/data`, async (installation) => {
      const secret = `${folder}/secret`;
      await Deno.writeTextFile(secret, "5a".repeat(32), { mode: 0o644 });
      const toml = `${folder}/wrong.toml`;
      await Deno.writeTextFile(toml, "nonsense = 1\n[api]\nprot = 5\n");
      const rows: [env: Record<string, string>, words: string[], said: RegExp][] = [
        [{ API_PORT: "notaport" }, [], /api\.port/],
        [{ KAFKA_TLS: "yes" }, [], /kafka\.tls/],
        [{ CTRL_SIGN_SK_HEX_FILE: secret }, [], /others may read it/],
        [{}, ["--config", toml], /no such key/],
        [{ LEGEND_CONFIG: `${folder}/nowhere.toml` }, [], /does not exist/],
      ];
      for (const [env, words, said] of rows) {
        const killed = await killByVerb(installation, ["mev", ...words], env);
        assert.ok(killed.held, killed.said);
        assert.match(killed.stderr, said);
        await assertDead(installation, ["mev"], written(installation), JSON.stringify(env));
        await installation.lift(["mev"]);
      }
      await Deno.writeTextFile(`${installation.data}/runtime.json`, "{damaged");
      const killed = await killByVerb(installation, []);
      assert.ok(killed.held, killed.said);
      assert.match(killed.stderr, /runtime\.json: it is not JSON/);
    })
  ));

Deno.test("operator 1: a kill where no agent has ever run kills nobody, makes nothing and exits with 3", () =>
  withFolder(async (folder) => {
    const nowhere = `${folder}/nowhere`;
    const { code, stdout } = await legend(["kill", "--data-dir", nowhere]);
    assert.deepEqual([code, stdout], [3, ""]);
    await assert.rejects(Deno.stat(nowhere), Deno.errors.NotFound);
  }));

Deno.test("C1: 12 kills under random faults and hostile texts: none is answered with success while an agent decides", async () => {
  const line = await killFuzz(12, 20_261_127);
  assert.match(line, /12 kills, .* none decided after a success/);
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
});
