/** The log lines of a running installation: each has its time, level and part, as text, as JSON and in a file. */
import assert from "node:assert/strict";
import { EXECUTABLE, ROOT } from "../../tools/paths.ts";
import { command, environment, legend, withFolder } from "./executable.ts";
import { freePort } from "../../tools/kafka.ts";
import { until } from "../findings/installation.ts";

const EXAMPLE = `${ROOT}/examples/slot_285000037.json`;
const TEXT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN |ERROR) ([a-z-]+): \S/;

/** Everything on the simulated chain; the port is the last argument. */
const everything = (
  data: string,
) => ["run", "--source", "sim:7", "--data-dir", data, "--port", String(freePort())];

/** Captured blocks, one of which cannot be read. */
async function captured(folder: string): Promise<string> {
  await Deno.mkdir(`${folder}/in`);
  await Deno.copyFile(EXAMPLE, `${folder}/in/slot_285000037.json`);
  await Deno.writeTextFile(`${folder}/in/slot_285000038.json`, "no JSON");
  return `file:${folder}/in`;
}

Deno.test("lines in JSON say time, level, part, installation and message, those of the library too", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const words = ["run", "--source", await captured(folder), "--data-dir", data];
    const { code, stderr } = await legend(words, { env: { LEGEND_LOG_FORMAT: "json" } });
    assert.equal(code, 1, stderr);
    const printed = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const instance = (await Deno.readTextFile(`${data}/instance`)).trim();
    for (const line of printed) {
      assert.deepEqual(Object.keys(line), ["time", "level", "part", "instance", "message"]);
      assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.equal(line.instance, instance);
    }
    const begun = printed.filter(({ message }) => message.startsWith("paper mode: reading file:"));
    assert.deepEqual(begun.map(({ part, level }) => [part, level]), [["run", "info"]]);
    const broken = printed.filter(({ message }) =>
      /^Cannot read .*slot_285000038\.json: it is not JSON/.test(message)
    );
    assert.ok(
      broken.length >= 1 && broken.every(({ level, part }) => level === "error" && /^agent-/.test(part)),
      stderr,
    );
  }));

Deno.test("nothing below the level is logged, and an unknown level is refused in one line", () =>
  withFolder(async (folder) => {
    const words = ["run", "--source", await captured(folder), "--data-dir", `${folder}/data`];
    const { stderr } = await legend(words, { env: { LEGEND_LOG_LEVEL: "error" } });
    assert.match(stderr, /ERROR agent-\w+: Cannot read .*slot_285000038\.json/);
    assert.doesNotMatch(stderr, /INFO|paper mode/);
    const refused = await legend(words, { env: { LEGEND_LOG_LEVEL: "loud" } });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^Cannot use .*logging\.level.*loud.*\n$/);
  }));

Deno.test("every line of a run is a line of one of its parts, and its file has all but those of parts that cannot start", () =>
  withFolder(async (folder) => {
    const [data, config, file] = [`${folder}/data`, `${folder}/legend.toml`, `${folder}/legend.log`];
    await Deno.writeTextFile(config, `[logging]\nfile = "${file}"\n`);
    const words = everything(data);
    for (const env of [{}, { LEGEND_CONFIG: config }]) {
      const isFile = "LEGEND_CONFIG" in env;
      const child = command([...words, ...(isFile ? ["--config", config] : [])]).spawn();
      const stdout = new Response(child.stdout).text();
      let stderr = "";
      const reading = (async () => {
        for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) stderr += text;
      })();
      const printed = () => isFile ? Deno.readTextFileSync(file) : stderr;
      try {
        await until("the page", () => {
          try {
            return /INFO {2}api: the page is at http/.test(printed());
          } catch {
            return false;
          }
        });
        if (isFile) {
          const second = await legend([...words, "--config", config]);
          assert.equal(second.code, 3);
          // The file belongs to the first one: a user who starts a second one reads the reason on the terminal.
          assert.match(second.stderr, /^Cannot start: another legend runs in .*$/m);
          assert.doesNotMatch(printed(), /Cannot start/);
        }
      } finally {
        child.kill("SIGTERM");
        await Promise.all([child.status, stdout, reading]);
      }
      const all = printed().trimEnd().split("\n");
      for (const line of all) assert.match(line, TEXT);
      const parts = new Set(all.map((line) => TEXT.exec(line)![2]!));
      assert.ok(["run", "api"].every((part) => parts.has(part)), [...parts].join());
      if (isFile) assert.equal(stderr, "");
    }
  }));

Deno.test("a stderr that is not read holds nothing up: parts run, and SIGTERM ends all", () =>
  withFolder(async (folder) => {
    const [data, pipe] = [`${folder}/data`, `${folder}/pipe`];
    const words = everything(data);
    // A pipe holds 64 KiB; its own reader reads nothing.
    const script = 'mkfifo "$0" && exec 3<>"$0" && head -c 65536 /dev/zero >&3 && exec "$@" 2>&3';
    const child = new Deno.Command("sh", {
      args: ["-c", script, pipe, EXECUTABLE, ...words],
      clearEnv: true,
      env: environment(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await until(
        "an agent and the page",
        async () =>
          await Deno.stat(`${data}/agents/mev.status.json`).then(() => true, () => false) &&
          await fetch(`http://127.0.0.1:${words.at(-1)}/api/health`).then(
            (answer) => answer.body?.cancel().then(() => true) ?? true,
            () => false,
          ),
      );
    } finally {
      child.kill("SIGTERM");
    }
    assert.equal((await child.status).code, 0);
  }));

Deno.test("who starts a run by hand reads why a part refused to start, also where lines go to a file", () =>
  withFolder(async (folder) => {
    const [config, file] = [`${folder}/legend.toml`, `${folder}/legend.log`];
    await Deno.writeTextFile(config, `[logging]\nfile = "${file}"\n`);
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const port = String((listener.addr as Deno.NetAddr).port);
    const words = ["run", "--source", "sim:7", "--data-dir", `${folder}/data`, "--port", port];
    const { code, stderr } = await legend([...words, "--config", config]);
    listener.close();
    assert.equal(code, 3, stderr);
    assert.match(
      stderr,
      /^Cannot listen on 127\.0\.0\.1:\d+: another program listens there, use another --port\n$/,
    );
    const printed = await Deno.readTextFile(file);
    assert.match(printed, /ERROR api: Cannot listen on /);
    assert.match(printed, /INFO {2}run: all parts have ended\n$/);
  }));

Deno.test("a part that does not end when it is asked to is killed and reported, and the run has failed", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const child = command(["run", "--source", "sim:7", "--data-dir", data, "--port", String(freePort())])
      .spawn();
    const [stdout, stderr] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const pid = () => {
      try {
        return JSON.parse(Deno.readTextFileSync(`${data}/worker.status.json`)).pid as number;
      } catch {
        return 0;
      }
    };
    await until("the worker", () => pid() > 0);
    Deno.kill(pid(), "SIGSTOP");
    child.kill("SIGTERM");
    const { code } = await child.status;
    const printed = await stderr;
    assert.equal(code, 1, printed + await stdout);
    assert.match(printed, /INFO {2}run: asked to end: ending all parts\n/);
    assert.match(printed, /ERROR run: worker has not ended within 8 s of being asked to: killing it\n/);
    assert.match(printed, /ERROR run: Cannot end cleanly: a part had to be killed\n/);
  }));
