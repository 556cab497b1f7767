/** The signing key: if it is lost or damaged this is reported, it is never replaced, and no kill needs it. */
import assert from "node:assert/strict";
import { MODULES } from "../../core/control/control.ts";
import { freePort } from "../../tools/kafka.ts";
import { command, legend, withFolder } from "../e2e/executable.ts";
import { apiStatusFile } from "../../core/platform/parts.ts";
import { assertDead, Installation, killByVerb, until } from "./kill.ts";

const GONE =
  /keys\/control\.key: it is gone; restore it from a backup: a new key does not validate what this one signed$/m;

Deno.test("C1: a lost control key hinders no kill, is never replaced, and is named by every verb that needs it", () =>
  withFolder((folder) => {
    const data = `${folder}/data`;
    const key = `${data}/keys/control.key`;
    const at = ["--data-dir", data];
    return Installation.start(data, async (installation) => {
      await Deno.rename(key, `${key}.away`);
      const verb = await killByVerb(installation, []);
      assert.ok(verb.held, verb.printed);
      assert.match(verb.printed, GONE, "the audit cannot have it");
      assert.doesNotMatch(verb.printed, /SIGNATURE IS NOT VALID/, "the agents sign with a key of their own");
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
      assert.match(verify.stdout, /: 1 fault\nthe signers of the heads cannot be checked: /);
      assert.match(verify.stdout, GONE);
      assert.equal(verify.stdout.trimEnd().split("\n").length, 2, verify.stdout);
      const doctor = await legend(["doctor", ...at]);
      assert.equal(doctor.stdout.match(/control\.key/g)?.length, 1, doctor.stdout);
      assert.match(doctor.stdout, /^BAD {2}control key: Cannot use the key .*it is gone/m);
      assert.match(doctor.stdout, /audit: .* are intact; the signers of the heads cannot be checked$/m);
      await assert.rejects(Deno.stat(key), Deno.errors.NotFound);

      // A damaged key is the same single fault.
      await Deno.writeTextFile(key, "garbage", { mode: 0o600 });
      const damaged = await legend(["audit", "verify", ...at]);
      assert.match(
        damaged.stdout,
        /: 1 fault\nthe signers of the heads cannot be checked: .*it is damaged, need 64 hex digits/,
      );

      await Deno.rename(`${key}.away`, key);
      const whole = await legend(["audit", "verify", ...at]);
      assert.equal(whole.code, 0, whole.stdout);
      const lifted = await legend(["unkill", "mev", ...at]);
      assert.equal(lifted.code, 0, lifted.stderr);

      await Deno.remove(key);
      await killByLoneApi(data);
      await assert.rejects(Deno.stat(key), Deno.errors.NotFound);
    });
  }));

/** Kills through an API that was started without agents after the key was removed. */
async function killByLoneApi(data: string): Promise<void> {
  const port = freePort();
  const key = "master-key-of-the-test-01234567";
  const words = ["run", "api", "--port", String(port), "--data-dir", data];
  const child = command(words, { env: { MASTER_API_KEY: key } }).spawn();
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  const url = `http://127.0.0.1:${port}/api`;
  try {
    const answers = () =>
      fetch(`${url}/health`).then((answer) => answer.text().then(() => answer.ok), () => false);
    await until(answers, "the lone API answering");
    const kill = await fetch(`${url}/control/kill-switch`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ module: "all" }),
    });
    assert.equal(kill.status, 202, await kill.text());
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
  assert.match(
    (await Promise.all(texts)).join(""),
    /it is gone; .*; kills still work; entries of the audit wait/,
  );
}

/** The process id in the API's status file; null: it does not listen. */
function apiPid(data: string): number | null {
  try {
    return JSON.parse(Deno.readTextFileSync(apiStatusFile(data))).pid;
  } catch {
    return null;
  }
}

/** Ends the API like a crash, and waits until the next one answers. */
async function crashApi({ data, url }: Installation): Promise<void> {
  const before = apiPid(data);
  assert.ok(before !== null && before > 1);
  Deno.kill(before, "SIGKILL");
  const answers = () =>
    fetch(`${url}/api/health`).then((answer) => answer.text().then(() => answer.ok), () => false);
  await until(async () => apiPid(data) !== before && await answers(), "the next API answering");
}

async function readyOf({ url, key }: Installation) {
  const answer = await fetch(`${url}/api/health/ready`, { headers: { "x-api-key": key } });
  const { reasons } = await answer.json();
  const found = reasons.find(({ part }: { part: string }) => part === "control key");
  return { status: answer.status, ok: found?.ok, detail: found?.detail };
}

/** An installation whose API restarts while its control key is unusable. */
function apiWithoutKey(how: string, line: RegExp): Promise<void> {
  return withFolder((folder) => {
    const data = `${folder}/data`;
    const key = `${data}/keys/control.key`;
    return Installation.start(data, async (installation) => {
      await Deno.rename(key, `${key}.away`);
      if (how === "damaged") await Deno.writeTextFile(key, "garbage", { mode: 0o600 });
      await crashApi(installation);
      const ready = await readyOf(installation);
      assert.deepEqual([ready.status, ready.ok], [503, false]);
      assert.match(ready.detail, line);

      const kill = await installation.post("/api/control/kill-switch", { module: "all", reason: "no key" });
      const written = installation.writtenOfAll();
      assert.equal(kill.status, 202, kill.text);
      assert.ok(JSON.parse(kill.text).sent.every(({ taken }: { taken: boolean }) => taken), kill.text);
      await assertDead(installation, MODULES, written, how);

      for (const [target, body] of [["mev:kill", { kill: false }], ["mev:start", {}]] as const) {
        const refused = await installation.post(`/api/control/module/${target}`, body);
        assert.equal(refused.status, 503, refused.text);
        assert.match(JSON.parse(refused.text).detail, line, target);
      }
      assert.equal(installation.status("mev")?.killed, true);
      const entries = async () => {
        const { code, stdout, stderr } = await legend(["audit", "show", "--data-dir", data]);
        assert.equal(code, 0, stderr);
        return stdout.trimEnd().split("\n").map((text) => JSON.parse(text).action as string);
      };
      await until(
        async () => (await entries()).filter((action) => action === "kill").length === 2,
        "two entries",
      );
      assert.ok(!(await entries()).some((action) => action === "un-kill" || action === "start"));
      const verify = await legend(["audit", "verify", "--data-dir", data]);
      assert.equal(verify.code, 1);
      const bare = verify.stdout.split("\n").filter((text) => /without the control key/.test(text));
      assert.equal(bare.length, 1, verify.stdout);
      assert.match(verify.stdout, /: 2 faults\n/);

      if (how === "damaged") await Deno.remove(key);
      await Deno.rename(`${key}.away`, key);
      await until(
        async () => (await entries()).includes("audit signed late"),
        "the API signing what waited",
      );
      await until(async () => (await readyOf(installation)).ok, "the key being well");
      await installation.lift(["mev"]);
    }).then(async () => {
      const whole = await legend(["audit", "verify", "--data-dir", data]);
      assert.equal(whole.code, 0, whole.stdout);
      assert.match(whole.stdout + whole.stderr, /written without the control key: signed at 20/);
    });
  });
}

Deno.test("C1: an API that starts again without a usable control key kills, and says what it cannot sign", async () => {
  await apiWithoutKey("gone", GONE);
  const damaged = /keys\/control\.key: it is damaged, need 64 hex digits; restore it from a backup$/m;
  await apiWithoutKey("damaged", damaged);
});
