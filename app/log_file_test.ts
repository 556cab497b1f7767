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
        onProblem: (line) => assert.fail(line),
      });
    let file = open();
    for (let at = 0; at < 100; at += 1) {
      // A restarted process continues in the same file.
      if (at % 17 === 0) {
        file[Symbol.dispose]();
        file = open();
      }
      file.write(line(at));
    }
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["legend.log", "legend.log.1", "legend.log.2", "legend.log.lock"]);
    const texts = ["legend.log.2", "legend.log.1", "legend.log"].map((name) =>
      Deno.readTextFileSync(`${folder}/${name}`)
    );
    for (const text of texts) assert.ok(text.length <= 1_000, String(text.length));
    const all = texts.join("").split("\n").slice(0, -1);
    assert.ok(all.length > 20);
    assert.deepEqual(all, Array.from(all, (_, at) => line(100 - all.length + at).trimEnd()));
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

/** A file whose lines that it cannot take are kept. */
function kept(path: string) {
  const instead: string[] = [];
  const problems: string[] = [];
  const file = new LogFile({
    path,
    bytesMax: 1_000,
    keep: 0,
    instead: (text) => instead.push(text),
    onProblem: (line) => problems.push(line),
  });
  return { file, instead, trouble: problems };
}

Deno.test("lines that the file cannot take go to stderr, with one line why, and the file is tried again", () =>
  withFolder((folder) => {
    const path = `${folder}/logs/legend.log`;
    const { file, instead, trouble: problems } = kept(path);
    file.write("one\n");
    file.write("two\n");
    assert.deepEqual(instead, ["one\n", "two\n"]);
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]!,
      /^Cannot (write|use) .*legend\.log.*; lines go to stderr until it can be written$/,
    );
    Deno.mkdirSync(`${folder}/logs`);
    file.write("three\n");
    assert.equal(Deno.readTextFileSync(path), "three\n");
    assert.equal(instead.length, 2);
  }));

Deno.test("one process writes the file: a second one's lines go to stderr and turn nothing over", () =>
  withFolder((folder) => {
    const path = `${folder}/legend.log`;
    const [first, second] = [kept(path), kept(path)];
    first.file.write(line(1));
    for (let at = 0; at < 20; at += 1) second.file.write(line(at));
    assert.equal(second.instead.length, 20);
    assert.deepEqual(second.trouble.length, 1);
    assert.match(second.trouble[0]!, /another process writes it/);
    first.file.write(line(2));
    assert.equal(Deno.readTextFileSync(path), line(1) + line(2));
    assert.deepEqual([first.instead, first.trouble], [[], []]);
  }));

Deno.test("a file that was moved or removed is created again, and what is not a file is not waited for", () =>
  withFolder((folder) => {
    const path = `${folder}/legend.log`;
    const { file, instead, trouble: problems } = kept(path);
    file.write("one\n");
    Deno.renameSync(path, `${folder}/moved`);
    file.write("two\n");
    Deno.removeSync(path);
    file.write("three\n");
    assert.equal(Deno.readTextFileSync(`${folder}/moved`), "one\n");
    assert.equal(Deno.readTextFileSync(path), "three\n");
    assert.deepEqual([instead, problems], [[], []]);
    const pipe = `${folder}/pipe`;
    assert.ok(new Deno.Command("mkfifo", { args: [pipe] }).outputSync().success);
    const other = kept(pipe);
    other.file.write("four\n");
    assert.deepEqual(other.instead, ["four\n"]);
    assert.match(other.trouble[0]!, /it is not a file/);
  }));
