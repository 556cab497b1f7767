import assert from "node:assert/strict";
import { readOwnedFile } from "./owned_file.ts";

const NOBODY = 65_534;

/** Whether this process may give files away, as root in a whole system may. */
function canGive(): boolean {
  const file = Deno.makeTempFileSync();
  try {
    Deno.chownSync(file, NOBODY, NOBODY);
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(file);
  }
}

async function withFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-kept-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readOwnedFile() reads a plain file, also through a link, up to 1 MiB", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a.toml`, "a = 1\n");
    Deno.symlinkSync(`${folder}/a.toml`, `${folder}/link`);
    assert.equal(readOwnedFile(`${folder}/link`, folder), "a = 1\n");
    Deno.writeTextFileSync(`${folder}/a.toml`, "x".repeat(1 << 20));
    assert.equal(readOwnedFile(`${folder}/a.toml`, folder).length, 1 << 20);
    Deno.writeTextFileSync(`${folder}/a.toml`, "x".repeat((1 << 20) + 1));
    assert.throws(() => readOwnedFile(`${folder}/a.toml`, folder), /it is larger than 1 MiB/);
    assert.throws(() => readOwnedFile(`${folder}/none`, folder), Deno.errors.NotFound);
    assert.throws(() => readOwnedFile(`${folder}/none`, `${folder}/none`), Deno.errors.NotFound);
  }));

Deno.test("readOwnedFile() waits for no pipe, no device and no file of the kernel", () =>
  withFolder(async (folder) => {
    assert.ok((await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output()).success);
    for (const path of [`${folder}/pipe`, "/dev/zero", folder]) {
      assert.throws(() => readOwnedFile(path, folder), /it is not a file/);
    }
    assert.equal(readOwnedFile("/proc/self/status", folder), "");
  }));

Deno.test({
  name: "readOwnedFile() reads for root what the folder's owner may read, and nothing of anybody else",
  ignore: !canGive(),
  fn: () =>
    withFolder((folder) => {
      const file = `${folder}/a.toml`;
      const as = (uid: number, mode: number) => {
        Deno.writeTextFileSync(file, "a = 1\n");
        Deno.chownSync(file, uid, uid);
        Deno.chmodSync(file, mode);
        return () => readOwnedFile(file, folder);
      };
      assert.throws(as(NOBODY, 0o644), /it belongs to neither root nor the owner of the data folder/);
      assert.equal(as(0, 0o600)(), "a = 1\n");
      Deno.chownSync(folder, NOBODY, NOBODY);
      assert.equal(as(NOBODY, 0o600)(), "a = 1\n");
      assert.equal(as(0, 0o644)(), "a = 1\n");
      assert.throws(as(0, 0o600), /the owner of the data folder may not read it/);
      assert.throws(as(NOBODY - 1, 0o644), /it belongs to neither/);
    }),
});
