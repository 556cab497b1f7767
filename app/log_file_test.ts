import assert from "node:assert/strict";
import { LogFile } from "./log_file.ts";

function withFolder(run: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "legend-lines-" });
  try {
    run(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const line = (at: number) => `line ${at} ${"x".repeat(90)}\n`;

Deno.test("a file of lines never grows beyond its bound, keeps whole lines in order, and so many files", () =>
  withFolder((folder) => {
    const path = `${folder}/legend.log`;
    const open = () =>
      new LogFile({
        path,
        bytesMax: 1_000,
        keep: 2,
        instead: (text) => assert.fail(text),
      });
    let file = open();
    for (let at = 0; at < 100; at += 1) {
      // A process that starts again goes on where the last one was.
      if (at % 17 === 0) file = open();
      file.write(line(at));
    }
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["legend.log", "legend.log.1", "legend.log.2"]);
    const texts = ["legend.log.2", "legend.log.1", "legend.log"].map((name) =>
      Deno.readTextFileSync(`${folder}/${name}`)
    );
    for (const text of texts) assert.ok(text.length <= 1_000, String(text.length));
    const all = texts.join("").split("\n").slice(0, -1);
    assert.ok(all.length > 20);
    assert.deepEqual(all, Array.from(all, (_, at) => line(100 - all.length + at).trimEnd()));
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

Deno.test("lines that the file cannot take go to stderr, with one line why, and the file is tried again", () =>
  withFolder((folder) => {
    const path = `${folder}/logs/legend.log`;
    const instead: string[] = [];
    const file = new LogFile({ path, bytesMax: 1_000, keep: 0, instead: (text) => instead.push(text) });
    file.write("one\n");
    file.write("two\n");
    assert.equal(instead.length, 3);
    assert.match(instead[0]!, /^Cannot write .*legend\.log: .+; lines go to stderr until it can\n$/);
    assert.deepEqual(instead.slice(1), ["one\n", "two\n"]);
    Deno.mkdirSync(`${folder}/logs`);
    file.write("three\n");
    assert.equal(Deno.readTextFileSync(path), "three\n");
    assert.equal(instead.length, 3);
  }));
