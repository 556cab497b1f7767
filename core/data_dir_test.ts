import assert from "node:assert/strict";
import { openDataDir } from "./data_dir.ts";

async function withFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-data-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openDataDir makes a private folder and keeps its instance name", () =>
  withFolder((folder) => {
    const first = openDataDir(`${folder}/a/b`);
    assert.match(first.instance, /^[0-9a-f]{8}$/);
    assert.deepEqual(openDataDir(`${folder}/a/b`), first);
    assert.equal(Deno.statSync(`${folder}/a/b`).mode! & 0o777, 0o700);
    assert.deepEqual([...Deno.readDirSync(`${folder}/a/b`)].map(({ name }) => name).sort(), [
      "VERSION",
      "instance",
    ]);
  }));

Deno.test("openDataDir refuses a folder of a newer version and leaves it alone", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/VERSION`, "legend-data 2\n");
    assert.throws(() => openDataDir(folder), {
      message: /its version is `legend-data 2`, need `legend-data 1`/,
    });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["VERSION"]);
  }));

Deno.test("openDataDir says that a path is a file", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    assert.throws(() => openDataDir(`${folder}/file`), {
      name: "AppError",
      message: /Cannot use the data folder .*file: it is not a folder/,
    });
  }));
