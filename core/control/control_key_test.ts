import assert from "node:assert/strict";
import { controlSeed } from "./control_key.ts";
import { openDataDir } from "../platform/data_dir.ts";

async function withFolder(run: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-key-" });
  try {
    run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const gone = (folder: string) => ({
  code: "unavailable",
  message:
    `Cannot use the key ${folder}/keys/control.key: it is gone; restore it from a backup: a new key does not validate what this one signed`,
});

Deno.test("the control key is made with the data folder, only by the run verbs, and only while nothing was signed", () =>
  withFolder((folder) => {
    openDataDir(folder);
    const key = `${folder}/keys/control.key`;
    const seed = controlSeed(folder, "");
    assert.match(seed, /^[0-9a-f]{64}$/);
    assert.equal(Deno.statSync(key).mode! & 0o777, 0o600);
    openDataDir(folder);
    assert.equal(controlSeed(folder, ""), seed);

    Deno.removeSync(key);
    for (const use of ["change", "read", "kill"] as const) {
      openDataDir(folder, { use });
      assert.throws(() => controlSeed(folder, ""), gone(folder));
    }
    openDataDir(folder, { use: "make" });
    assert.notEqual(controlSeed(folder, ""), seed, "nothing was signed with the first one");
  }));

Deno.test("a control key that is gone from a used folder is not made again, whatever is left of the folder", () =>
  withFolder((folder) => {
    openDataDir(folder);
    const key = `${folder}/keys/control.key`;
    const seed = controlSeed(folder, "");
    Deno.mkdirSync(`${folder}/log`);
    for (
      const trace of [
        "legend.db",
        "keys/agent.key",
        "agents/arbitrage.state",
        "agents/mev.state",
        "log/audit-proto",
      ]
    ) {
      Deno.writeTextFileSync(`${folder}/${trace}`, "");
      openDataDir(folder);
      assert.equal(controlSeed(folder, ""), seed, trace);
      Deno.renameSync(key, `${folder}/away`);
      assert.throws(() => openDataDir(folder), gone(folder), trace);
      assert.throws(() => controlSeed(folder, ""), gone(folder), trace);
      assert.equal(controlSeed(folder, "AB".repeat(32)), "ab".repeat(32), "a configured one needs no file");
      openDataDir(folder, { use: "kill" });
      assert.throws(() => Deno.statSync(key), Deno.errors.NotFound, trace);
      Deno.renameSync(`${folder}/away`, key);
      Deno.removeSync(`${folder}/${trace}`);
    }
  }));

Deno.test("controlSeed() refuses a key that others can read and one that is damaged", () =>
  withFolder((folder) => {
    openDataDir(folder);
    const key = `${folder}/keys/control.key`;
    Deno.chmodSync(key, 0o644);
    assert.throws(() => controlSeed(folder, ""), { message: /others can read it \(mode 644\), need 0600$/ });
    Deno.chmodSync(key, 0o600);
    for (const text of ["", "zz".repeat(32), "07".repeat(31), "07".repeat(33)]) {
      Deno.writeTextFileSync(key, text);
      assert.throws(() => controlSeed(folder, ""), { message: /it is damaged, need 64 hex digits/ });
    }
  }));
