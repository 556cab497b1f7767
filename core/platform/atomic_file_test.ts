import assert from "node:assert/strict";
import { AppError } from "./errors.ts";
import { asFullDisk, diskProblem, makeFolder, readOrMake, replaceFile, StatusFile } from "./atomic_file.ts";

async function withFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-files-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("replaceFile() puts a text in place of another, private, and leaves nothing beside it", () =>
  withFolder((folder) => {
    for (const text of ["first", "", "ü".repeat(100_000)]) {
      replaceFile(`${folder}/a`, text);
      assert.equal(Deno.readTextFileSync(`${folder}/a`), text);
    }
    assert.equal(Deno.statSync(`${folder}/a`).mode! & 0o777, 0o600);
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("replaceFile() and readOrMake() put on the disk what is whole, before it has its name", () =>
  withFolder((folder) => {
    const steps: string[] = [];
    const { syncSync } = Deno.FsFile.prototype;
    const { renameSync, linkSync } = Deno;
    Deno.FsFile.prototype.syncSync = function () {
      steps.push("sync");
      syncSync.call(this);
    };
    Deno.renameSync = (from, to) => {
      steps.push("rename");
      renameSync(from, to);
    };
    Deno.linkSync = (from, to) => {
      steps.push("link");
      linkSync(from, to);
    };
    try {
      replaceFile(`${folder}/a`, "text");
      readOrMake(`${folder}/b`, () => "text");
    } finally {
      Deno.FsFile.prototype.syncSync = syncSync;
      Object.assign(Deno, { renameSync, linkSync });
    }
    assert.deepEqual(steps, ["sync", "rename", "sync", "link"]);
  }));

Deno.test("replaceFile() that fails leaves the file as it was, nothing beside it, and says which file", () =>
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/a/full`, { recursive: true });
    assert.throws(() => replaceFile(`${folder}/a`, "text"), (error: AppError) => {
      assert.match(error.message, /^Cannot write .*\/a: [^\n]*$/);
      return error instanceof AppError;
    });
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("readOrMake() makes a file once and reads it from then on", () =>
  withFolder((folder) => {
    assert.equal(readOrMake(`${folder}/a`, () => "one"), "one");
    assert.equal(readOrMake(`${folder}/a`, () => assert.fail("is there")), "one");
    assert.equal(Deno.statSync(`${folder}/a`).mode! & 0o777, 0o600);
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("readOrMake() takes what another start made in the meantime", () =>
  withFolder((folder) => {
    const made = readOrMake(`${folder}/a`, () => {
      Deno.writeTextFileSync(`${folder}/a`, "theirs");
      return "ours";
    });
    assert.equal(made, "theirs");
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("readOrMake() refuses an empty file: an empty secret would let everybody in", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "");
    assert.throws(() => readOrMake(`${folder}/a`, () => "made"), {
      message: `Cannot use ${folder}/a: it is empty; remove it, and it is created again`,
    });
  }));

Deno.test("StatusFile reports once that it cannot be written, continues, and reports it again after a success", () =>
  withFolder((folder) => {
    const logged: string[] = [];
    const file = new StatusFile(`${folder}/later/status`, (line) => logged.push(line));
    file.write({ n: 1 });
    file.write({ n: 2 });
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /^Cannot write .*\/later\/status: /);
    Deno.mkdirSync(`${folder}/later`);
    file.write({ n: 3 });
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(`${folder}/later/status`)), { n: 3 });
    Deno.removeSync(`${folder}/later`, { recursive: true });
    file.write({ n: 4 });
    assert.equal(logged.length, 2);
  }));

for (
  const [text, words] of [
    ["No space left on device (os error 28)", "the disk is full, free some space"],
    ["Disk quota exceeded (os error 122)", "the disk is full, free some space"],
    ["database or disk is full", "the disk is full, free some space"],
    ["Read-only file system (os error 30)", "the file system is read-only"],
    ["File name too long (os error 36)\nmore", "File name too long (os error 36)"],
  ] as const
) {
  Deno.test(`diskProblem() of ${JSON.stringify(text)}`, () =>
    assert.equal(diskProblem(new Error(text)), words));
}

Deno.test("asFullDisk() makes an expected failure of a full disk alone", () => {
  const found = asFullDisk(new Error("No space left on device (os error 28): writefile 'x'"));
  assert.equal(found?.code, "no_space");
  assert.equal(found?.message, "Cannot continue: the disk is full, free some space");
  assert.equal(asFullDisk(new Error("other")), null);
  assert.equal(asFullDisk(new AppError("failed", "no space in this sentence")), null);
});

Deno.test("StatusFile writes into the room of the last but one, whole at each moment, and leaves nothing", () =>
  withFolder((folder) => {
    const path = `${folder}/status.json`;
    const logged: string[] = [];
    const file = new StatusFile(path, (line) => logged.push(line));
    const inodes: (number | null)[] = [];
    for (const text of ["x".repeat(3_000), "short", "y".repeat(2_000), "", "z", "end"]) {
      file.write({ text });
      assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), { text });
      inodes.push(Deno.statSync(path).ino);
    }
    // From the second on no file is made, so that none is refused on a full disk.
    assert.equal(new Set(inodes).size, 2, String(inodes));
    assert.deepEqual(logged, []);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    file.remove();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), []);
  }));

Deno.test("M9: makeFolder() makes one level, only for its owner, and never the folder above", () =>
  withFolder((root) => {
    makeFolder(`${root}/one`);
    makeFolder(`${root}/one`);
    assert.equal(Deno.statSync(`${root}/one`).mode! & 0o777, 0o700);
    assert.throws(() => makeFolder(`${root}/gone/two`), Deno.errors.NotFound);
    assert.throws(() => Deno.statSync(`${root}/gone`), Deno.errors.NotFound);
    Deno.writeTextFileSync(`${root}/file`, "");
    assert.throws(() => makeFolder(`${root}/file`), Deno.errors.AlreadyExists);
  }));
