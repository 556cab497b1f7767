/** The key that signs: lost or damaged it is said, never replaced, and no kill needs it. */
import assert from "node:assert/strict";
import { MODULES } from "../../core/control.ts";
import { legend, withFolder } from "../e2e/executable.ts";
import { assertDead, Installation, killByVerb } from "./kill.ts";

const GONE =
  /keys\/control\.key: it is gone; put it back from a backup, nothing that it signed is believed with another one$/m;

Deno.test("C1: a lost control key hinders no kill, is never replaced, and every verb that needs it says so", () =>
  withFolder((folder) => {
    const data = `${folder}/data`;
    const key = `${data}/keys/control.key`;
    const at = ["--data-dir", data];
    return Installation.start(data, async (installation) => {
      await Deno.rename(key, `${key}.away`);
      const verb = await killByVerb(installation, []);
      assert.ok(verb.held, verb.said);
      assert.match(verb.said, GONE, "the audit cannot have it");
      assert.doesNotMatch(verb.said, /SIGNATURE DOES NOT FIT/, "the agents sign with a key of their own");
      await assertDead(installation, MODULES, installation.writtenOfAll(), "without the key");
      const unkill = await legend(["unkill", "mev", ...at]);
      assert.deepEqual([unkill.code, unkill.stdout], [3, ""]);
      assert.match(unkill.stderr, GONE);
      assert.equal(installation.status("mev")?.killed, true);
    }).then(async () => {
      const agent = ["run", "agent", "mev", "--source", "sim:7", "--speed", "20"];
      for (
        const words of [["run", "--source", "sim:7"], agent, ["control", "mev", "stop"], [
          "user",
          "add",
          "ann",
          "viewer",
        ]]
      ) {
        const { code, stdout, stderr } = await legend([...words, ...at]);
        assert.deepEqual([code, stdout], [3, ""], stderr);
        assert.match(stderr, GONE, words.join(" "));
      }
      const kill = await legend(["kill", ...at]);
      assert.equal(kill.code, 0, "both next starts are latched: " + kill.stdout + kill.stderr);

      const verify = await legend(["audit", "verify", ...at]);
      assert.equal(verify.code, 1);
      assert.match(verify.stdout, /: 1 fault\nwhose heads they are cannot be checked: /);
      assert.match(verify.stdout, GONE);
      assert.equal(verify.stdout.trimEnd().split("\n").length, 2, verify.stdout);
      const doctor = await legend(["doctor", ...at]);
      assert.equal(doctor.stdout.match(/control\.key/g)?.length, 1, doctor.stdout);
      assert.match(doctor.stdout, /^BAD {2}control key: Cannot use the key .*it is gone/m);
      assert.match(doctor.stdout, /audit: .* are whole; whose heads they are cannot be checked$/m);
      await assert.rejects(Deno.stat(key), Deno.errors.NotFound);

      // A damaged one is the same single fault.
      await Deno.writeTextFile(key, "garbage", { mode: 0o600 });
      const damaged = await legend(["audit", "verify", ...at]);
      assert.match(
        damaged.stdout,
        /: 1 fault\nwhose heads they are cannot be checked: .*it is damaged, need 64 hex digits/,
      );

      await Deno.rename(`${key}.away`, key);
      const whole = await legend(["audit", "verify", ...at]);
      assert.equal(whole.code, 0, whole.stdout);
      const lifted = await legend(["unkill", "mev", ...at]);
      assert.equal(lifted.code, 0, lifted.stderr);
    });
  }));
