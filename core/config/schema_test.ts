import assert from "node:assert/strict";
import { configValue, loadConfig } from "./load.ts";
import { CONFIG_KEYS, type SettingOf } from "./schema.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Where keys are declared and documented, which does not count as a use. */
const DECLARED = "core/config/keys/";
/** Names of the contract whose rows take no value that would do anything. */
const FIXED = ["api.workers", "realtime.webtransport", "realtime.wt_port"];
const SOURCES = ["app", "cli", "core", "ffi", "routes", "services", "workers"];

const NO_FILES = {
  flags: {},
  readFile: () => {
    throw new Deno.errors.NotFound();
  },
  mode: () => 0o600,
};

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "target") yield* sources(path);
    else if (/\.tsx?$/.test(name) && !name.endsWith("_test.ts") && !path.startsWith(DECLARED)) yield path;
  }
}

Deno.test("every configuration key is read by something", () => {
  const text = SOURCES.flatMap((folder) => [...sources(folder)])
    .map((path) => Deno.readTextFileSync(`${ROOT}${path}`)).join("\n");
  const unused = CONFIG_KEYS.map(({ key }) => key).filter((key) => !text.includes(`"${key}"`));
  assert.deepEqual(unused, FIXED);
});

Deno.test("a key that would do nothing takes no value that asks for something", () => {
  const refused = (env: Record<string, string>) => {
    assert.throws(
      () => loadConfig({ ...NO_FILES, env: { HOME: "/home/u", ...env } }),
      /need (1: one process|false: WebTransport is not served yet)/,
    );
  };
  refused({ API_WORKERS: "2" });
  refused({ ENABLE_WEBTRANSPORT: "true" });
});

Deno.test("a setting has its key's type, and another key does not compile", () => {
  const config = loadConfig({ ...NO_FILES, env: { HOME: "/home/u" } });
  const port: number = configValue(config, "api.port");
  const listen: string = configValue(config, "api.listen");
  const isOpen: boolean = configValue(config, "api.open_metrics");
  assert.deepEqual([port, listen, isOpen], [8080, "127.0.0.1", false]);
  // @ts-expect-error: no such key.
  assert.throws(() => configValue(config, "api.prot"), /Cannot read configuration api.prot/);
  // @ts-expect-error: a port is a number.
  const wrong: SettingOf<"api.listen"> = configValue(config, "api.port");
  assert.equal(wrong, 8080);
});
