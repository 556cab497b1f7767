/** The executable as a file: copied alone, unpacked once, damaged, on bad disks. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { denoCompile } from "../../tools/compile.ts";
import { EXECUTABLE, ROOT } from "../../tools/paths.ts";
import { canMount, command, legend, withFolder, withMount } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

/** One clear line that names the problem, without a stack. */
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
      // The name is set by the second execve; the verb has its signal handlers before it opens the topic.
      for (const end = performance.now() + 60_000; performance.now() < end;) {
        comm = (await Deno.readTextFile(`/proc/${child.pid}/comm`)).trim();
        const maps = await Deno.readTextFile(`/proc/${child.pid}/maps`);
        if (comm === "legend" && maps.includes(`${data}/log/metrics-proto`)) break;
        await delay(5);
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
    for (let waitMs = 0; waitMs < 12; waitMs++) {
      const child = command(["version"], options).spawn();
      // Wait for the unpacking to be under way, then a little longer each time.
      for (let tries = 0; tries < 1000; tries++) {
        const begun = await Deno.stat(`${folder}/cache`).then(
          () => names(`${folder}/cache`).length > 1,
          () => false,
        );
        if (begun) break;
        await delay(1);
      }
      // The moment of the unpacking at which it is killed.
      await delay(waitMs * 3);
      try {
        child.kill("SIGKILL");
      } catch {
        // Already finished: this wait was too long; the count below shows whether all were.
      }
      await child.output();
      if (names(`${folder}/cache`).some((name) => name.startsWith(".unpacking-"))) caught += 1;
    }
    assert.ok(caught > 0, "no kill met an unpacking");
    const { code, stderr } = await legend(["version"], options);
    assert.equal(code, 0, stderr);
    assert.deepEqual(names(`${folder}/cache`).filter((name) => name.startsWith(".unpacking-")), []);
  }));

Deno.test("a kill that cannot be unpacked says what kills all the same; an unpacked one needs no room", async () => {
  const env = { LEGEND_CACHE_DIR: "/proc/none" };
  const kill = await legend(["--data-dir", "x", "kill", "mev"], { env });
  assert.equal(kill.code, 3);
  oneLine(
    kill.stderr,
    /^legend: Cannot .+ Nothing was killed\. To kill: LEGEND_CACHE_DIR=\/dev\/shm\/legend legend kill, or pkill -USR2 -f 'main\.js run agent'/m,
  );
  const other = await legend(["version"], { env });
  assert.equal(other.code, 3);
  assert.ok(!other.stderr.includes("kill"), other.stderr);
});

Deno.test(
  "a cache that is full or read-only starts what is unpacked in it",
  { ignore: !canMount },
  () =>
    withFolder((folder) =>
      withMount(`${folder}/disk`, "size=320m,mode=700", async () => {
        const cache = `${folder}/disk/cache`;
        const options = { env: { LEGEND_CACHE_DIR: cache } };
        assert.equal((await legend(["version"], options)).code, 0);
        await fill(`${folder}/disk/rest`);
        const killed = async () => {
          const { code, stderr } = await legend(["kill", "--data-dir", `${folder}/none`], options);
          assert.equal(code, 3, stderr);
          assert.match(stderr, /^Cannot use the data folder /);
        };
        await killed();
        const mount = new Deno.Command("mount", { args: ["-o", "remount,ro", `${folder}/disk`] });
        assert.ok((await mount.output()).success);
        await killed();
      })
    ),
);

/** Writes until the disk is full. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true });
  for (let block = new Uint8Array(1 << 20); block.length > 0;) {
    try {
      if (file.writeSync(block) < block.length) throw new Error("full");
    } catch {
      block = block.subarray(0, block.length >> 1);
    }
  }
}

Deno.test("a damaged copy is refused with one line", () =>
  withFolder(async (folder) => {
    const good = await Deno.readFile(EXECUTABLE);
    const rows: [string, (copy: Uint8Array) => Uint8Array][] = [
      ["a flipped bit in the middle", (copy) => (copy[copy.length >> 1]! ^= 4, copy)],
      ["a flipped bit in the trailer's hash", (copy) => (copy[copy.length - 130]! ^= 1, copy)],
      ["a flipped bit in the manifest's hash", (copy) => (copy[copy.length - 100]! ^= 1, copy)],
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

/** The folder of the unpacked runtime in a cache. */
const runtimeIn = (cache: string) => `${cache}/${names(cache).filter((name) => name !== ".lock")[0]}`;

Deno.test("C2: a runtime with a changed byte in any of its files, or a missing file, is unpacked again", () =>
  withFolder(async (folder) => {
    const options = { env: { LEGEND_CACHE_DIR: `${folder}/cache` } };
    const start = async () => {
      const { code, stderr } = await legend(["version"], options);
      assert.equal(code, 0, stderr);
    };
    await start();
    const root = runtimeIn(`${folder}/cache`);
    for (
      const path of [
        "app/main.js",
        "liblegend.so",
        "legend-probe",
        "legend",
        "flags",
        "MANIFEST",
        "trainers/xgboost/lib/libxgboost.so",
      ]
    ) {
      const file = `${root}/${path}`;
      const { mtime, size } = Deno.statSync(file);
      using open = Deno.openSync(file, { read: true, write: true });
      const byte = new Uint8Array(1);
      // In the middle; with the same size and modification time.
      open.seekSync(size >> 1, Deno.SeekMode.Start);
      open.readSync(byte);
      const good = byte[0]!;
      open.seekSync(size >> 1, Deno.SeekMode.Start);
      open.writeSync(new Uint8Array([good ^ 1]));
      Deno.utimeSync(file, mtime!, mtime!);
      await start();
      using second = Deno.openSync(file);
      second.seekSync(size >> 1, Deno.SeekMode.Start);
      second.readSync(byte);
      assert.equal(byte[0], good, path);
    }
    Deno.removeSync(`${root}/liblegend.so`);
    await start();
    assert.ok(Deno.statSync(`${root}/liblegend.so`).isFile);
  }));

/** A runtime made by an attacker: other programs, and a manifest with their hashes. */
async function plantRuntime(cache: string, id: string, ran: string, owner: number): Promise<void> {
  await Deno.mkdir(`${cache}/${id}/app`, { recursive: true });
  const files = {
    legend: `#!/bin/sh\ntouch ${ran}\n`,
    flags: "run\n",
    "app/main.js": `Deno.writeTextFileSync("${ran}", "");\n`,
  };
  let manifest = "";
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${cache}/${id}/${name}`, text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    manifest += `${hash.toHex()} ${text.length} ${name}\n`;
  }
  await Deno.writeTextFile(`${cache}/${id}/MANIFEST`, manifest);
  await Deno.chmod(`${cache}/${id}/legend`, 0o755);
  for (
    const path of [
      "",
      `/${id}`,
      `/${id}/app`,
      ...[...Object.keys(files), "MANIFEST"].map((name) => `/${id}/${name}`),
    ]
  ) {
    await Deno.chown(`${cache}${path}`, owner, owner);
  }
}

Deno.test(
  "C2: a planted runtime is never run: in a folder that all can write, of another user, through a link, or in ours",
  {
    ignore: !canMount,
  },
  () =>
    withFolder(async (folder) => {
      await Deno.chmod(folder, 0o755);
      assert.equal((await legend(["version"], { env: { LEGEND_CACHE_DIR: `${folder}/good` } })).code, 0);
      const id = names(`${folder}/good`).filter((name) => name !== ".lock")[0]!;
      const ran = `${folder}/planted-ran`;
      const NOBODY_UID = 65_534;
      const plant = (cache: string, owner: number) => plantRuntime(cache, id, ran, owner);
      const refused = async (name: string, cache: string, line: RegExp) => {
        const { code, stdout, stderr } = await legend(["version"], { env: { LEGEND_CACHE_DIR: cache } });
        assert.equal(code, 3, `${name}: ${stdout}${stderr}`);
        oneLine(stderr, line);
        assert.equal(names(folder).includes("planted-ran"), false, `${name}: planted code ran`);
      };
      const notOurs = /must belong to this user and not be writable by others/;

      await plant(`${folder}/everybody`, 0);
      await Deno.chmod(`${folder}/everybody`, 0o777);
      await refused("a cache that everybody writes", `${folder}/everybody`, notOurs);
      await refused("a cache below one", `${folder}/everybody/below`, notOurs);
      assert.deepEqual(names(`${folder}/everybody`), [id], "nothing is made there");

      await plant(`${folder}/other`, NOBODY_UID);
      await refused("another user's cache", `${folder}/other`, notOurs);
      await Deno.mkdir(`${folder}/other/ours`, { mode: 0o700 });
      await refused("our cache in another user's folder", `${folder}/other/ours`, notOurs);

      await plant(`${folder}/real`, 0);
      await Deno.symlink(`${folder}/real`, `${folder}/link`);
      await refused("a link", `${folder}/link`, /link is a symbolic link/);
      await refused("a link on the way", `${folder}/link/cache`, /link is a symbolic link/);

      await Deno.mkdir(`${folder}/mixed`, { mode: 0o700 });
      await plant(`${folder}/mixed`, NOBODY_UID);
      await Deno.chown(`${folder}/mixed`, 0, 0);
      await refused("another user's runtime in our cache", `${folder}/mixed`, notOurs);
      await Deno.remove(`${folder}/mixed/${id}`, { recursive: true });
      await Deno.symlink(`${folder}/real/${id}`, `${folder}/mixed/${id}`);
      await refused("a link as the runtime", `${folder}/mixed`, notOurs);

      // Like ours, except for its bytes: its manifest is not the executable's.
      const { code, stdout } = await legend(["version"], { env: { LEGEND_CACHE_DIR: `${folder}/real` } });
      assert.equal(code, 0);
      assert.match(stdout, /^legend \d/);
      assert.equal(names(folder).includes("planted-ran"), false);
    }),
);

Deno.test("C2: without a folder of the user's own nothing is unpacked", async () => {
  const before = names("/tmp").filter((name) => /^legend-\d+$/.test(name));
  const child = new Deno.Command(EXECUTABLE, {
    args: ["version"],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin" },
  });
  const { code, stderr } = await child.output();
  assert.equal(code, 3);
  oneLine(
    new TextDecoder().decode(stderr),
    /^legend: Cannot start: no folder to unpack into, set HOME or LEGEND_CACHE_DIR$/m,
  );
  assert.deepEqual(names("/tmp").filter((name) => /^legend-\d+$/.test(name)), before);
});

Deno.test("operator 6: libraries that the environment names for other programs neither stop a start nor reach it", () =>
  withFolder(async (folder) => {
    const env = { LD_LIBRARY_PATH: "/usr/lib", LD_PRELOAD: "", LD_BIND_NOW: "1" };
    const data = `${folder}/data`;
    const { code, stderr } = await legend(["run", "--source", `file:${ROOT}/examples`, "--data-dir", data], {
      env,
    });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /bug/);
    const child = command(["topics", "tail", "metrics-proto", "--follow", "--data-dir", data], { env })
      .spawn();
    try {
      let seen = "";
      for (const end = performance.now() + 60_000; performance.now() < end;) {
        seen = await Deno.readTextFile(`/proc/${child.pid}/environ`).catch(() => "");
        if (seen.includes("LEGEND_PACKED")) break;
        await delay(5);
      }
      assert.match(seen, /LEGEND_PACKED/);
      assert.doesNotMatch(seen, /LD_/);
    } finally {
      child.kill("SIGKILL");
      await child.output();
    }
  }));

Deno.test("a noexec cache, a full disk and a folder of another user give one clear line", {
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
    oneLine((await start(`${folder}/open`)).stderr, /must belong to this user and not be writable by others/);
  }));

Deno.test("deno compile finds every module of the same entry (with deno in place of denort)", () =>
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
