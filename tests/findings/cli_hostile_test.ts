/** Files, names and labels from other people on the command line, on the executable. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { ROOT } from "../../tools/paths.ts";
import { legend, withFolder } from "../e2e/executable.ts";

const EXAMPLE_BLOCK = `${ROOT}/examples/slot_285000037.json`;

Deno.test("config check refuses a file of tip accounts that no other verb would take", () =>
  withFolder(async (folder) => {
    const [config, tips] = [`${folder}/legend.toml`, `${folder}/tips.ndjson`];
    await Deno.writeTextFile(config, `[tips]\nfile = "${tips}"\n`);
    const words = ["config", "check", "--config", config, "--data-dir", `${folder}/data`];
    for (const text of [undefined, "tips\n"]) {
      if (text !== undefined) await Deno.writeTextFile(tips, text);
      const refused = await legend(words);
      assert.deepEqual([refused.code, refused.stdout], [2, ""]);
      assert.match(refused.stderr, /^Cannot use tips\.file .*tips\.ndjson: .+\n$/, String(text));
    }
    await Deno.writeTextFile(
      tips,
      '{"account": "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5", "service": "mine"}\n',
    );
    assert.equal((await legend(words)).code, 0);
  }));

Deno.test("what a file's name or a key's label contains begins no line of its own and moves no cursor", () =>
  withFolder(async (folder) => {
    const file = `${folder}/a\u001b[2J\nok.json`;
    await Deno.writeTextFile(file, "no JSON");
    const decoded = await legend(["decode", file]);
    assert.equal(decoded.code, 1);
    assert.match(decoded.stderr.split("\n")[0]!, /^Cannot read .*a\\u001b\[2J ok\.json: it is not JSON/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(decoded.stderr, /\x1b/);

    const data = ["--data-dir", `${folder}/data`];
    assert.equal(
      (await legend(["run", "agent", "mev", "--source", `file:${EXAMPLE_BLOCK}`, ...data])).code,
      0,
    );
    const label = "ci\u001b[31m\nffffffffffff  valid";
    assert.equal((await legend(["key", "new", label, "--scope", "read", ...data])).code, 0);
    const { stdout } = await legend(["key", "list", ...data]);
    assert.equal(stdout.split("\n").length, 2, stdout);
    assert.ok(stdout.endsWith("  ci\\u001b[31m ffffffffffff  valid\n"), stdout);
  }));

Deno.test("each mistake in the configuration has a line of its own, and none of its quoted text begins one", () =>
  withFolder(async (folder) => {
    const env = { API_PORT: "x\nCannot happen", BATCH_WINDOW_MS: "y" };
    const { code, stderr } = await legend(["config", "show", "--data-dir", folder], { env });
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 2, stderr);
    assert.match(lines[0]!, /^Cannot use api\.port from environment API_PORT: /);
    assert.match(lines[1]!, /^Cannot use realtime\.batch_window_ms from environment BATCH_WINDOW_MS: /);
  }));

Deno.test("dead letters of a topic that does not exist are refused, and of one without any there are none", () =>
  withFolder(async (folder) => {
    openDataDir(folder);
    const data = ["--data-dir", folder];
    assert.equal((await legend(["topics", "create", ...data])).code, 0);
    for (const [verb, asked] of [["replay", "nope"], ["list", "nope"], ["replay", "nope-dlq"]] as const) {
      const { code, stdout, stderr } = await legend(["dlq", verb, asked, ...data]);
      assert.deepEqual([code, stdout], [1, ""], `${verb} ${asked}`);
      assert.equal(
        stderr,
        `Cannot read dead letters of ${asked}: there is no such topic; see \`legend topics list\`\n`,
      );
    }
    const near = await legend(["dlq", "replay", "decision-evidense", ...data]);
    assert.match(near.stderr, /, did you mean decision-evidence\?\n$/);
    const none = await legend(["dlq", "replay", "decision-evidence", ...data]);
    assert.deepEqual([none.code, none.stdout], [0, "0 records replayed\n"]);
  }));

Deno.test("a data folder that cannot be made is reported in one line, and is not ready", async () => {
  for (
    const words of [
      ["run", "--source", "sim:7"],
      ["run", "agent", "mev", "--source", "sim:7"],
      ["run", "api"],
      ["replay", "--seed", "7", "--blocks", "1"],
    ]
  ) {
    const { code, stdout, stderr } = await legend([...words, "--data-dir", "/proc/legend-x"]);
    assert.deepEqual([code, stdout], [3, ""], words.join(" "));
    assert.match(stderr, /^Cannot use the data folder \/proc\/legend-x: [^\n]+\n$/, words.join(" "));
  }
});
