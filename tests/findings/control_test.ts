/** Kills of the executable: frozen agents and APIs, errors in the configuration, folders that are not data folders. */
import assert from "node:assert/strict";
import { MODULES } from "../../core/control/control.ts";
import { canMount, legend, withFolder } from "../e2e/executable.ts";
import { Disk } from "./disk.ts";
import { assertDead, Installation, killByVerb, until } from "./kill.ts";
import { killFuzz } from "./kill_fuzz.ts";
import { processOf } from "./installation.ts";

Deno.test("F13: a frozen agent is killed when its latch is on disk, the answer says it in words, and it decides nothing when it runs again", () =>
  withFolder((folder) =>
    Installation.start(`${folder}/data`, async (installation) => {
      installation.signal("arbitrage", "SIGSTOP");
      const verb = await killByVerb(installation, []);
      assert.ok(verb.held, verb.printed);
      assert.match(verb.printed, /the arbitrage agent is frozen: it stops deciding as soon as it runs again/);
      assert.ok(!/os error/.test(verb.printed), verb.printed);
      const before = installation.writtenOfAll();
      await assertDead(installation, MODULES, before, "by the verb");
      await installation.lift(MODULES);

      installation.signal("mev", "SIGSTOP");
      const { status, text } = await installation.post("/api/control/module/mev:kill", {});
      assert.equal(status, 202, text);
      assert.match(text, /the mev agent is frozen: it stops deciding as soon as it runs again/);
      await assertDead(installation, ["mev"], installation.writtenOfAll(), "by the API");

      // With the API frozen too, the command line kills.
      await installation.lift(["mev"]);
      const api = processOf(installation.child.pid, "run api");
      assert.ok(api !== undefined, "the API's process");
      Deno.kill(api, "SIGSTOP");
      try {
        const alone = await killByVerb(installation, []);
        assert.ok(alone.held, alone.printed);
        await assertDead(installation, MODULES, installation.writtenOfAll(), "with the API frozen");
      } finally {
        Deno.kill(api, "SIGCONT");
      }
    })
  ));

Deno.test("operator 2: no mistake in the configuration prevents a kill; each is reported", () =>
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
      for (const [env, words, printed] of rows) {
        const killed = await killByVerb(installation, ["mev", ...words], env);
        assert.ok(killed.held, killed.printed);
        assert.match(killed.stderr, printed);
        await assertDead(installation, ["mev"], installation.writtenOfAll(), JSON.stringify(env));
        await installation.lift(["mev"]);
      }
      await Deno.writeTextFile(`${installation.data}/runtime.json`, "{damaged");
      const killed = await killByVerb(installation, []);
      assert.ok(killed.held, killed.printed);
      assert.match(killed.stderr, /runtime\.json: it is not JSON/);
    })
  ));

Deno.test("operator 1: a kill where no agent has ever run kills nothing, makes nothing and exits with 3", () =>
  withFolder(async (folder) => {
    const nowhere = `${folder}/nowhere`;
    const { code, stdout } = await legend(["kill", "--data-dir", nowhere]);
    assert.deepEqual([code, stdout], [3, ""]);
    await assert.rejects(Deno.stat(nowhere), Deno.errors.NotFound);
  }));

const NO_DISK = "no disk may be mounted here: skipped 1 test";
const say = (line: string) => Deno.stderr.write(new TextEncoder().encode(`${line}\n`));

Deno.test(
  "C1: with no writable disk the agents stop at once and the answer says that the kill will not outlive a restart; a frozen agent is a failure",
  {
    ignore: !canMount,
  },
  () =>
    withFolder((folder) =>
      Disk.with(`${folder}/data/agents`, 24 << 20, async (disk) => {
        if (!disk) return void await say(NO_DISK);
        await Installation.start(`${folder}/data`, async (installation) => {
          await disk.break();
          await assert.rejects(Deno.writeTextFile(`${installation.data}/agents/other`, ""), /os error 30/);
          const reason =
            "killed, but the state cannot be stored: the file system is read-only: it will not outlive a restart";
          // The kernel may still accept a write to an existing block while it makes the disk read-only.
          await until(async () => {
            const { status, text } = await installation.post("/api/control/kill-switch", { module: "all" });
            assert.equal(status, 202, text);
            const { sent } = JSON.parse(text) as { sent: { taken: boolean; receipt: { reason: string } }[] };
            for (const { taken, receipt } of sent) {
              assert.ok(taken && ["", reason].includes(receipt.reason), text);
            }
            return sent.length === 2 && sent.every(({ receipt }) => receipt.reason === reason);
          }, "both agents say that the state cannot be stored");
          const before = installation.writtenOfAll();

          // The agent's status cannot be written: the receipts show how far the chain has advanced.
          const firstEvent = async () => {
            // The state has two copies: a write to the other copy's block may still be accepted.
            const verb = await until(async () => {
              const verb = await killByVerb(installation, []);
              assert.ok(verb.held, verb.printed);
              return verb.printed.match(/it will not outlive a restart/g)?.length === 2 && verb;
            }, "both agents say that the kill cannot be kept");
            return [...verb.printed.matchAll(/first event after it at (\S+Z)/g)].map(([, at]) =>
              BigInt(Date.parse(at!)) * 1_000_000n
            );
          };
          const first = await firstEvent();
          await until(async () => {
            const now = await firstEvent();
            return now.length === 2 && now.every((ns, at) => ns > first[at]! + 1_000_000_000n);
          }, "a second of the chain going by");
          assert.deepEqual(installation.writtenOfAll(), before, "decided after the answer");

          installation.signal("mev", "SIGSTOP");
          const why =
            "the mev agent is frozen, and the kill latch cannot be written: the file system is read-only";
          const frozen = await installation.post("/api/control/module/mev:kill", {});
          assert.equal(frozen.status, 503, frozen.text);
          assert.ok(frozen.text.includes(why), frozen.text);
          const verb = await killByVerb(installation, ["mev"]);
          assert.ok(!verb.held && verb.printed.includes(why), verb.printed);
        });
      })
    ),
);

Deno.test(
  "C1: on a full disk a kill is taken and kept, also of a frozen agent",
  { ignore: !canMount },
  () =>
    withFolder((folder) =>
      Disk.with(`${folder}/data`, 256 << 20, async (disk) => {
        if (!disk) return void await say(NO_DISK);
        await Installation.start(`${folder}/data`, async (installation) => {
          for (const freeze of [false, true]) {
            await using full = await disk.full();
            if (freeze) installation.signal("mev", "SIGSTOP");
            const { status, text } = await installation.post("/api/control/kill-switch", { module: "all" });
            assert.equal(status, 202, text);
            assert.ok(!text.includes("outlive a restart"), text);
            const written = installation.writtenOfAll();
            await full[Symbol.asyncDispose]();
            await assertDead(installation, MODULES, written, `on a full disk, frozen: ${freeze}`);
            await installation.lift(MODULES);
          }
        });
      })
    ),
);

Deno.test("C1: a kill of a frozen agent reaches no agent of another disk whose lock has the same inode", {
  ignore: !canMount,
}, () =>
  withFolder((folder) => {
    const on = (name: string, run: (installation: Installation) => Promise<void>) =>
      Disk.with(
        `${folder}/${name}/agents`,
        24 << 20,
        (disk) => disk ? Installation.start(`${folder}/${name}`, run) : say(NO_DISK).then(() => {}),
      );
    return on("one", (one) =>
      on("two", async (two) => {
        for (const [killed, other] of [[one, two], [two, one]] as const) {
          killed.signal("mev", "SIGSTOP");
          const { status, text } = await killed.post("/api/control/module/mev:kill", {});
          assert.equal(status, 202, text);
          assert.match(text, /the mev agent is frozen/);
          await assertDead(killed, ["mev"], killed.writtenOfAll(), "on its own disk");
          for (const module of MODULES) {
            await other.readsOn(module);
            assert.equal(other.status(module)?.killed, false, `${module} of the other installation`);
          }
          await killed.lift(["mev"]);
        }
      }));
  }));

Deno.test("C1: 100 kills under random faults and hostile texts: none is answered with success while an agent decides", async () => {
  const line = await killFuzz(100, 20_261_127);
  assert.match(line, /100 kills .* by a person at the page; .* none decided after a success/);
  await say(line);
});
