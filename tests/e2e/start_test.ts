/** The executable as a file: copied alone, unpacked once, damaged, on bad disks. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/data_dir.ts";
import { denoCompile } from "../../tools/compile.ts";
import { EXECUTABLE } from "../../tools/paths.ts";
import { canMount, command, legend, withFolder, withMount } from "./executable.ts";

/** One clear line: says what, names no stack. */
function oneLine(stderr: string, pattern: RegExp): void {
  assert.match(stderr, pattern);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("the executable copied alone works from an empty folder", () =>
  withFolder(async (folder) => {
    await Deno.copyFile(EXECUTABLE, `${folder}/legend`);
    const options = {
      executable: `${folder}/legend`,
      cwd: folder,
      env: { LEGEND_CACHE_DIR: `${folder}/cache` },
    };
    const { code, stdout, stderr } = await legend(["version"], options);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^legend \d+\.\d+\.\d+\n {2}deno 2\.9\.6\n/);
    assert.match(stdout, /packed launcher/);
    assert.equal(stderr, "");
  }));

Deno.test(
  "the executable works in a read-only folder",
  { ignore: !canMount },
  () =>
    withFolder(async (folder) => {
      await withMount(`${folder}/ro`, "size=400m", async () => {
        await Deno.copyFile(EXECUTABLE, `${folder}/ro/legend`);
        await new Deno.Command("mount", { args: ["-o", "remount,ro", `${folder}/ro`] }).output();
        const { code, stderr } = await legend(["version"], {
          executable: `${folder}/ro/legend`,
          cwd: `${folder}/ro`,
        });
        assert.equal(code, 0, stderr);
      });
    }),
);

Deno.test("the process carries the product's name and the user's arguments", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    openDataDir(data);
    await legend(["topics", "create", "--data-dir", data]);
    const child = command(["topics", "tail", "metrics-proto", "--follow", "--data-dir", data]).spawn();
    try {
      let comm = "";
      // The name is set by the second execve; SIGTERM (bit 14) is caught once the verb runs.
      for (let tries = 0; tries < 3000; tries++) {
        comm = (await Deno.readTextFile(`/proc/${child.pid}/comm`)).trim();
        const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
        const caught = BigInt(`0x${/SigCgt:\s*([0-9a-f]+)/.exec(status)![1]}`);
        if (comm === "legend" && caught >> 14n & 1n) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.equal(comm, "legend");
    } finally {
      child.kill("SIGTERM");
      assert.equal((await child.output()).code, 0, "a stop by signal is a clean end");
    }
  }));

Deno.test("two first starts at once both work and leave one runtime", () =>
  withFolder(async (folder) => {
    const options = { env: { LEGEND_CACHE_DIR: `${folder}/cache` } };
    const both = await Promise.all([legend(["version"], options), legend(["version"], options)]);
    for (const { code, stderr } of both) assert.equal(code, 0, stderr);
    assert.equal(names(`${folder}/cache`).filter((name) => name !== ".lock").length, 1);
  }));

Deno.test("a start killed while unpacking leaves nothing behind after the next", () =>
  withFolder(async (folder) => {
    const options = { env: { LEGEND_CACHE_DIR: `${folder}/cache` } };
    let caught = 0;
    for (let delay = 0; delay < 12; delay++) {
      const child = command(["version"], options).spawn();
      // Wait for the unpacking to be under way, then a little longer each time.
      for (let tries = 0; tries < 1000; tries++) {
        const begun = await Deno.stat(`${folder}/cache`).then(
          () => names(`${folder}/cache`).length > 1,
          () => false,
        );
        if (begun) break;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await new Promise((resolve) => setTimeout(resolve, delay * 3));
      try {
        child.kill("SIGKILL");
      } catch {
        // Already done: this delay was too long, the count below says if all were.
      }
      await child.output();
      if (names(`${folder}/cache`).some((name) => name.startsWith(".unpacking-"))) caught += 1;
    }
    assert.ok(caught > 0, "no kill met an unpacking");
    const { code, stderr } = await legend(["version"], options);
    assert.equal(code, 0, stderr);
    assert.deepEqual(names(`${folder}/cache`).filter((name) => name.startsWith(".unpacking-")), []);
  }));

Deno.test("a damaged copy is refused with one line", () =>
  withFolder(async (folder) => {
    const good = await Deno.readFile(EXECUTABLE);
    const rows: [string, (copy: Uint8Array) => Uint8Array][] = [
      ["a flipped bit in the middle", (copy) => (copy[copy.length >> 1]! ^= 4, copy)],
      ["a flipped bit in the trailer's hash", (copy) => (copy[copy.length - 70]! ^= 1, copy)],
      ["cut at the end", (copy) => copy.subarray(0, copy.length - 1000)],
      ["a byte appended", (copy) => new Uint8Array([...copy, 1])],
    ];
    for (const [name, damage] of rows) {
      const bytes = damage(good.slice());
      await Deno.writeFile(`${folder}/legend`, bytes, { mode: 0o755 });
      const options = { executable: `${folder}/legend`, env: { LEGEND_CACHE_DIR: `${folder}/cache` } };
      const { code, stderr } = await legend(["version"], options);
      assert.equal(code, 3, `${name}: ${stderr}`);
      oneLine(stderr, /^legend: Cannot start .*: the file is damaged( or cut)?, copy it again$/m);
      assert.deepEqual(
        names(folder).includes("cache") ? names(`${folder}/cache`).filter((n) => n !== ".lock") : [],
        [],
        name,
      );
      await Deno.remove(`${folder}/legend`);
    }
  }));

Deno.test("a damaged or incomplete runtime in the cache is unpacked again", () =>
  withFolder(async (folder) => {
    const options = { env: { LEGEND_CACHE_DIR: `${folder}/cache` } };
    assert.equal((await legend(["version"], options)).code, 0);
    const [runtime] = names(`${folder}/cache`).filter((name) => name !== ".lock");
    const root = `${folder}/cache/${runtime}`;
    const main = await Deno.readTextFile(`${root}/app/main.js`);
    await Deno.writeTextFile(`${root}/app/main.js`, main.replace("legend", "LEGEND"));
    assert.equal((await legend(["version"], options)).code, 0);
    assert.equal(await Deno.readTextFile(`${root}/app/main.js`), main);
    await Deno.remove(`${root}/liblegend.so`);
    assert.equal((await legend(["version"], options)).code, 0);
  }));

Deno.test("a noexec cache, a full disk and a folder of somebody else give one clear line", {
  ignore: !canMount,
}, () =>
  withFolder(async (folder) => {
    const start = (cache: string) => legend(["version"], { env: { LEGEND_CACHE_DIR: cache } });
    await withMount(`${folder}/noexec`, "noexec,mode=700", async () => {
      const { code, stderr } = await start(`${folder}/noexec`);
      assert.equal(code, 3);
      oneLine(
        stderr,
        /^legend: Cannot run from .*noexec: it is mounted noexec, set LEGEND_CACHE_DIR to another folder$/m,
      );
    });
    await withMount(`${folder}/small`, "size=20m,mode=700", async () => {
      const { code, stderr } = await start(`${folder}/small`);
      assert.equal(code, 3);
      oneLine(
        stderr,
        /^legend: Cannot unpack into .*small: the disk is full; free some space or set LEGEND_CACHE_DIR/m,
      );
      assert.deepEqual(names(`${folder}/small`), [".lock"], "nothing half-unpacked is left");
    });
    await Deno.mkdir(`${folder}/open`);
    await Deno.chmod(`${folder}/open`, 0o777);
    oneLine((await start(`${folder}/open`)).stderr, /must be this user's and not writable by others/);
  }));

Deno.test("deno compile finds every module of the same entry (denort stood in for by deno)", () =>
  withFolder(async (folder) => {
    const before = Deno.env.get("DENORT_BIN");
    Deno.env.set("DENORT_BIN", Deno.execPath());
    try {
      await denoCompile(`${folder}/legend`);
    } finally {
      if (before === undefined) Deno.env.delete("DENORT_BIN");
      else Deno.env.set("DENORT_BIN", before);
    }
    assert.ok((await Deno.stat(`${folder}/legend`)).size > (await Deno.stat(Deno.execPath())).size);
  }));
