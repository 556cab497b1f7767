import assert from "node:assert/strict";
import { checkWritable, type DataDirOptions, openDataDir } from "./data_dir.ts";

async function withFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-data-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
const isRoot = Deno.uid() === 0;

Deno.test("openDataDir makes a private folder and keeps its instance name", () =>
  withFolder((folder) => {
    const first = openDataDir(`${folder}/a/b`);
    assert.match(first.instance, /^[0-9a-f]{8}$/);
    assert.deepEqual(openDataDir(`${folder}/a/b`), first);
    assert.equal(mode(`${folder}/a/b`), 0o700);
    assert.deepEqual(names(`${folder}/a/b`), ["VERSION", "agents", "instance", "keys"]);
  }));

Deno.test("operator 1: openDataDir makes nothing for verbs that do not run, and names what runs", () =>
  withFolder((folder) => {
    const running = () => [{ data_dir: "/srv/legend", pid: 12 }, { data_dir: "/srv/other", pid: 40 }];
    for (const path of [`${folder}/none`, folder]) {
      for (const use of ["change", "read", "kill"] as const) {
        assert.throws(() => openDataDir(path, { use, running }), {
          name: "AppError",
          code: "unavailable",
          message:
            `Cannot use the data folder ${path}: there is no legend data in it; legend runs in /srv/legend (process 12), /srv/other (process 40): name it with --data-dir`,
        });
        assert.throws(() => openDataDir(path, { use }), {
          message: /no running legend was found on this host; name its folder with --data-dir/,
        });
      }
    }
    assert.deepEqual(names(folder), []);
  }));

Deno.test("openDataDir refuses a folder of a newer version and leaves it alone", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/VERSION`, "legend-data 2\n");
    Deno.chmodSync(folder, 0o755);
    assert.throws(() => openDataDir(folder), {
      message: /its version is `legend-data 2`, need `legend-data 1`/,
    });
    assert.deepEqual(names(folder), ["VERSION"]);
    assert.equal(mode(folder), 0o755);
  }));

Deno.test("openDataDir accepts only its own version, and no text that merely contains it", () =>
  withFolder((folder) => {
    for (
      const text of [
        "",
        "legend-data",
        "legend-data 1x",
        "xlegend-data 1",
        "legend-data 1 2",
        "legend-data -1",
        "1",
      ]
    ) {
      Deno.writeTextFileSync(`${folder}/VERSION`, `${text}\n`);
      assert.throws(() => openDataDir(folder), /its version is/, text);
    }
    Deno.writeTextFileSync(`${folder}/VERSION`, "legend-data 1\n");
    openDataDir(folder);
  }));

Deno.test("openDataDir says that a path is a file", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    assert.throws(() => openDataDir(`${folder}/file`), {
      name: "AppError",
      message: /Cannot use the data folder .*file: it is not a folder/,
    });
  }));

Deno.test("M7: openDataDir refuses what others can write, in the folder and below it, and changes nothing", () =>
  withFolder((folder) => {
    openDataDir(folder);
    for (const [open, bits] of [["", 0o777], ["", 0o720], ["/agents", 0o702], ["/agents", 0o1777]] as const) {
      Deno.chmodSync(`${folder}${open}`, bits);
      const shown = (bits & 0o777).toString(8);
      for (const use of ["make", "change"] as const) {
        assert.throws(() => openDataDir(folder, { use }), {
          message: new RegExp(`^Cannot use ${folder}${open}: others can write it \\(mode ${shown}\\)`),
        });
      }
      assert.equal(mode(`${folder}${open}`), bits & 0o777);
      // A kill is not kept from the agents, and says it.
      const logged: string[] = [];
      openDataDir(folder, { use: "kill", say: (line) => logged.push(line) });
      assert.match(logged.join("\n"), new RegExp(`^${folder}${open} is not safe: others can write it`));
      Deno.chmodSync(`${folder}${open}`, 0o700);
    }
  }));

Deno.test("M7: openDataDir closes what others can read, and reports it once", () =>
  withFolder((folder) => {
    openDataDir(folder);
    Deno.chmodSync(folder, 0o755);
    Deno.chmodSync(`${folder}/keys`, 0o750);
    const logged: string[] = [];
    const options: DataDirOptions = { use: "change", say: (line) => logged.push(line) };
    openDataDir(folder, { use: "read", say: options.say });
    assert.deepEqual(logged, [], "reading changes nothing");
    openDataDir(folder, options);
    openDataDir(folder, options);
    assert.deepEqual([mode(folder), mode(`${folder}/keys`)], [0o700, 0o700]);
    assert.deepEqual(logged, [
      `others could read ${folder} (mode 755): it is 700 now`,
      `others could read ${folder}/keys (mode 750): it is 700 now`,
    ]);
  }));

Deno.test(
  "operator 3: root becomes the folder's owner, but does not run there",
  { ignore: !isRoot },
  () =>
    withFolder((folder) => {
      openDataDir(folder);
      Deno.chownSync(folder, 65_534, 65_533);
      const become: [number, number][] = [];
      const options = { become: (uid: number, gid: number) => void become.push([uid, gid]) };
      for (const use of ["change", "read", "kill"] as const) openDataDir(folder, { ...options, use });
      assert.deepEqual(become, Array(3).fill([65_534, 65_533]));
      assert.throws(() => openDataDir(folder, { ...options, use: "make" }), {
        message:
          `Cannot use the data folder ${folder} as root: it belongs to user 65534, run this as that user`,
      });
      assert.equal(become.length, 3);
    }),
);

Deno.test("checkWritable leaves nothing, and says what keeps it from writing", () =>
  withFolder((folder) => {
    checkWritable(folder);
    assert.deepEqual(names(folder), []);
    assert.throws(() => checkWritable(`${folder}/none`), { message: /^Cannot use the data folder .*none: / });
  }));

Deno.test("a folder of something else is refused and stays as it is, whatever user runs it; an empty one is taken", () =>
  withFolder((folder) => {
    const [other, disk, empty] = [`${folder}/other`, `${folder}/disk`, `${folder}/empty`];
    for (const path of [other, disk, empty]) Deno.mkdirSync(path, { mode: 0o755 });
    Deno.writeTextFileSync(`${other}/thesis.txt`, "mine");
    Deno.mkdirSync(`${disk}/lost+found`);
    assert.throws(
      () => openDataDir(other),
      /^AppError: Cannot use the data folder .*other: it holds other things \(thesis\.txt\), need a folder that is empty or does not exist yet$/,
    );
    assert.deepEqual([names(other), mode(other)], [["thesis.txt"], 0o755]);
    for (const path of [disk, empty]) {
      openDataDir(path);
      assert.ok(names(path).includes("VERSION"), path);
    }
    // One that another process begins with at this moment.
    for (const name of ["VERSION.4711", "instance.4711"]) {
      const begun = `${folder}/begun-${name}`;
      Deno.mkdirSync(begun, { mode: 0o700 });
      Deno.writeTextFileSync(`${begun}/${name}`, "");
      openDataDir(begun);
      assert.ok(names(begun).includes("VERSION"), name);
    }
    // One of legend's that lost its VERSION is still one.
    Deno.removeSync(`${empty}/VERSION`);
    openDataDir(empty);
    assert.ok(names(empty).includes("VERSION"));
  }));
