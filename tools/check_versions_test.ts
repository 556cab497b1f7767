import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { differing } from "./check_versions.ts";
import { ROOT } from "./paths.ts";
import { CLICKHOUSE, DENO, KAFKA, LIGHTGBM, PRODUCT, XGBOOST } from "./pins.ts";

const read = (file: string) => Deno.readTextFile(`${ROOT}/${file}`);

/** Where a version is repeated today, and how often at least. */
const REPEATED: readonly (readonly [file: string, version: string])[] = [
  ["compile.sh", DENO.version],
  [".ci/run", DENO.version],
  ["README.md", DENO.version],
  ["CONTRIBUTING.md", DENO.version],
  ["NOTICE", DENO.version],
  ["NOTICE", CLICKHOUSE.version],
  ["NOTICE", XGBOOST.version],
  ["NOTICE", LIGHTGBM.version],
  ["tools/licences/libgomp-source.txt", XGBOOST.version],
  ["ffi/Cargo.toml", PRODUCT],
  ["ffi/Cargo.lock", PRODUCT],
  ["ffi/fuzz/Cargo.lock", PRODUCT],
];

for (const [file, version] of REPEATED) {
  Deno.test(`${file} that repeats ${version} wrongly is named with its line`, async () => {
    const text = await read(file);
    assert.deepEqual(differing(file, text), []);
    const lines = text.split("\n").flatMap((line, at) => line.includes(version) ? [at + 1] : []);
    assert.ok(lines.length > 0, `${version} does not stand in it`);
    const found = differing(file, text.replaceAll(version, "99.9.9"));
    assert.ok(found.length > 0);
    for (const line of found) {
      assert.ok(line.includes("99.9.9") && line.endsWith(`need ${version}`), line);
      const at = Number(/:(\d+) has /.exec(line)![1]);
      // A crate in a lock stands one line above its version.
      assert.ok(lines.includes(at) || lines.includes(at + 1), line);
    }
  });
}

Deno.test("a broker's version in a text, a crate's own one and a package in two versions are found", () => {
  assert.deepEqual(differing("docs/X.md", `one\nKafka 3.9.0 and Kafka ${KAFKA}, Kafka 4\n`), [
    `docs/X.md:2 has Kafka 3.9.0, need ${KAFKA}`,
  ]);
  assert.deepEqual(differing("ffi/door/Cargo.toml", `[package]\nname = "door"\nversion = "${PRODUCT}"\n`), [
    "ffi/door/Cargo.toml:3 has a version of its own, need version.workspace = true",
  ]);
  assert.deepEqual(
    differing("ffi/door/Cargo.toml", 'version.workspace = true\n[a]\nb = { version = "9" }\n'),
    [],
  );
  assert.deepEqual(
    differing("deno.json", '"a": "npm:@x/a@1.0.0",\n"b": "npm:b@1.0.0",\n"a/": "npm:/@x/a@1.0.1/"'),
    ["deno.json:3 has @x/a 1.0.1, need 1.0.0"],
  );
  // What was, and what others publish.
  assert.deepEqual(differing("CHANGELOG.md", "Deno 1.0.0"), []);
  const other = 'name = "rdkafka"\nversion = "0.39.0"\nsource = "registry"\n';
  assert.deepEqual(differing("ffi/Cargo.lock", other), []);
});

Deno.test("the program says the version that deno.json has", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `${ROOT}/main.ts`, "version"],
  }).output();
  assert.equal(new TextDecoder().decode(stdout).split("\n")[0], `legend ${config.version}`);
});

Deno.test("a task under another Deno ends with 3 and one line before it does anything", async () => {
  const script = `
    Object.defineProperty(Deno, "version", { value: { ...Deno.version, deno: "2.5.0" } });
    const { task } = await import("file://${ROOT}/tools/command.ts");
    await task(async () => console.log("it did something"));`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder();
  assert.equal(
    text.decode(stderr),
    `Cannot continue with Deno 2.5.0: need ${DENO.version}, write \`npx -y deno@${DENO.version} task …\`\n`,
  );
  assert.deepEqual([code, text.decode(stdout)], [3, ""]);
});
