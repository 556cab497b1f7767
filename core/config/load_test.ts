import assert from "node:assert/strict";
import { configFile, type ConfigInput, configValue, ignoreMistakes, loadConfig } from "./load.ts";
import { CONFIG_KEYS } from "./schema.ts";

interface Given {
  flags?: ConfigInput["flags"];
  env?: Record<string, string>;
  files?: Record<string, string>;
  modes?: Record<string, number>;
}

function load({ flags = {}, env = {}, files = {}, modes = {} }: Given) {
  return loadConfig({
    flags,
    env: { HOME: "/home/u", ...env },
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound();
      return text;
    },
    mode: (path) => modes[path] ?? 0o600,
  });
}

const LAYERS: [string, Given, unknown, string][] = [
  ["default", {}, 8080, "default"],
  ["TOML", { env: { LEGEND_CONFIG: "/c" }, files: { "/c": "[api]\nport = 1" } }, 1, "/c"],
  [
    "runtime over TOML",
    {
      env: { LEGEND_CONFIG: "/c" },
      files: { "/c": "[api]\nport = 1", "/home/u/.local/share/legend/runtime.json": '{"api.port": 2}' },
    },
    2,
    "/home/u/.local/share/legend/runtime.json",
  ],
  [
    "environment over runtime",
    { env: { API_PORT: "3" }, files: { "/home/u/.local/share/legend/runtime.json": '{"api.port": 2}' } },
    3,
    "environment API_PORT",
  ],
];
for (const [name, given, value, origin] of LAYERS) {
  Deno.test(`loadConfig takes api.port from ${name} and names it`, () => {
    assert.deepEqual(load(given).get("api.port"), { key: "api.port", value, origin });
  });
}

Deno.test("loadConfig lets a flag win over the environment", () => {
  const config = load({ flags: { "data-dir": "/flag" }, env: { LEGEND_DATA_DIR: "/env" } });
  assert.deepEqual(config.get("data_dir"), { key: "data_dir", value: "/flag", origin: "flag --data-dir" });
  assert.equal(configValue(load({}), "data_dir"), "/home/u/.local/share/legend");
});

const TOML = (text: string): Given => ({ env: { LEGEND_CONFIG: "/c" }, files: { "/c": text } });
const REFUSED: [string, Given, RegExp][] = [
  [
    "an unknown key",
    TOML("[api]\nprot = 1"),
    /^Cannot use api\.prot from \/c: no such key, did you mean api\.port\?$/,
  ],
  ["a wrong type", TOML('[api]\nport = "many"'), /^Cannot use api\.port from \/c: "many": expected number/],
  [
    "a boolean for a number",
    TOML("[api]\nport = true"),
    /^Cannot use api\.port from \/c: true: expected number/,
  ],
  ["a list for a number", TOML("[api]\nport = [1]"), /^Cannot use api\.port from \/c: \[1\]: /],
  [
    "out of range",
    { env: { BATCH_WINDOW_MS: "26" } },
    /^Cannot use realtime\.batch_window_ms from environment BATCH_WINDOW_MS: "26": /,
  ],
  ["broken TOML", TOML("[api\n"), /^Cannot read \/c: it is not TOML \(line 1/],
  ["a missing file", { env: { LEGEND_CONFIG: "/none" } }, /^Cannot read \/none: it does not exist$/],
  [
    "a secret in TOML",
    TOML('[auth]\njwt_secret_key = "x"'),
    /secrets come from JWT_SECRET_KEY, JWT_SECRET_KEY_FILE/,
  ],
  [
    "a short secret",
    { env: { MASTER_API_KEY: "hunter2" } },
    /^Cannot use auth\.master_api_key .* the value given: need at least 16/,
  ],
  ...[0o644, 0o640, 0o604, 0o620, 0o601].map((mode): [string, Given, RegExp] => [
    `a secret file of mode ${mode.toString(8)}`,
    { env: { MASTER_API_KEY_FILE: "/k" }, files: { "/k": "0123456789abcdef" }, modes: { "/k": mode } },
    new RegExp(
      `^Cannot use MASTER_API_KEY_FILE /k: others may read it \\(mode ${mode.toString(8)}\\), need 600$`,
    ),
  ]),
  ["a bad signing key", { env: { CTRL_SIGN_SK_HEX: "zz" } }, /control\.sign_sk_hex .*the value given/],
];
for (const [name, given, line] of REFUSED) {
  Deno.test(`loadConfig refuses ${name} in one line`, () => {
    assert.throws(() => load(given), (error: Error) => {
      assert.match(error.message, line);
      assert.ok(!error.message.includes("\n"));
      assert.ok(
        !error.message.includes("hunter2") && !error.message.includes("zz"),
        "no secret in the message",
      );
      return true;
    });
  });
}

Deno.test("loadConfig reports every mistake at once, a line each", () => {
  assert.throws(
    () => load({ ...TOML("[api]\nport = 0\nprot = 1"), flags: { listen: "x" } }),
    /prot.*no such key/s,
  );
  assert.throws(
    () => load({ env: { API_PORT: "x", WT_PORT: "y" } }),
    /api\.port[^\n]*\n[^\n]*realtime\.wt_port/,
  );
});

const SECRET = "s3cret-s3cret-s3cret";
const SECRETS: [string, Given, string][] = [
  ["a file", { env: { JWT_SECRET_KEY_FILE: "/k" }, files: { "/k": `${SECRET}\n` } }, "file /k"],
  [
    "a systemd credential",
    { env: { CREDENTIALS_DIRECTORY: "/cred" }, files: { "/cred/jwt_secret_key": SECRET } },
    "credential /cred/jwt_secret_key",
  ],
  ["the environment", { env: { JWT_SECRET_KEY: SECRET } }, "environment JWT_SECRET_KEY"],
];
for (const [name, given, origin] of SECRETS) {
  Deno.test(`loadConfig reads a secret from ${name}`, () => {
    assert.deepEqual(load(given).get("auth.jwt_secret_key"), {
      key: "auth.jwt_secret_key",
      value: SECRET,
      origin,
    });
  });
}

Deno.test("CONFIG_KEYS are sorted, documented, and their defaults pass their own types", () => {
  const keys = CONFIG_KEYS.map(({ key }) => key);
  assert.deepEqual(keys, [...keys].sort());
  for (const row of CONFIG_KEYS) {
    assert.ok(row.doc.length > 10, row.key);
    if (row.default !== "") assert.ok(row.type.safeParse(row.default).success, row.key);
    if (row.secret) assert.ok(row.env, `${row.key} needs an environment name`);
  }
});

Deno.test("the data folder is named from the root, whatever folder it was given from", () => {
  const config = load({ flags: { "data-dir": "d/" } });
  assert.equal(configValue(config, "data_dir"), `${Deno.cwd()}/d`);
});

Deno.test("the file that `legend run` was given counts for who names none, and never moves the data folder", () => {
  const files: Record<string, string> = {
    "/d/config.path": "/etc/legend.toml\n",
    "/etc/legend.toml": 'data_dir = "/other"\n[api]\nport = 4321\n',
    "/other.toml": "[api]\nport = 1234\n",
  };
  const readPaths: string[] = [];
  const input = (more: Partial<ConfigInput> = {}): ConfigInput => ({
    flags: { "data-dir": "/d" },
    env: {},
    remembers: true,
    readFile: (path) => {
      if (files[path] === undefined) throw new Deno.errors.NotFound();
      return files[path];
    },
    mode: () => 0o600,
    readKept: (path, folder) => {
      assert.ok(folder === "/d" || folder === "/none", folder);
      readPaths.push(path);
      if (files[path] === undefined) throw new Deno.errors.NotFound();
      if (path === "/pipe") throw new Error("it is not a file");
      return files[path];
    },
    ...more,
  });
  const port = (one: ConfigInput) => loadConfig(one).get("api.port");
  assert.deepEqual(port(input()), { key: "api.port", value: 4321, origin: "/etc/legend.toml" });
  assert.equal(loadConfig(input()).get("data_dir")!.value, "/d");
  assert.deepEqual(configFile(input()), { path: "/etc/legend.toml", by: "legend run" });
  assert.equal(port(input({ remembers: false }))!.value, 8080, "`legend run` goes by what it is given");
  assert.equal(port(input({ env: { LEGEND_CONFIG: "/other.toml" } }))!.value, 1234);
  const named = input({ flags: { "data-dir": "/d", config: "/other.toml" } });
  assert.equal(port(named)!.value, 1234);
  assert.deepEqual(configFile(named), { path: "/other.toml", by: "--config" });
  assert.equal(port(input({ flags: { "data-dir": "/none" } }))!.value, 8080);

  delete files["/etc/legend.toml"];
  const line =
    "Cannot read /etc/legend.toml: it does not exist; the last `legend run` used it: put it back, or name another with --config";
  assert.throws(() => loadConfig(input()), { message: line });
  const { config, problems, isWhole } = ignoreMistakes(input());
  assert.deepEqual([problems, config.get("data_dir")!.value], [[line], "/d"], "a kill continues");
  assert.equal(isWhole, false, "and says that it does not know everything");
  readPaths.length = 0;
  const early = ignoreMistakes(input(), "settled");
  assert.deepEqual([early.config.get("data_dir")!.value, early.problems, readPaths], ["/d", [], []]);
  assert.equal(ignoreMistakes(named).isWhole, true);
  // A file whose read blocks does not make the caller wait.
  [files["/d/config.path"], files["/pipe"]] = ["/pipe", ""];
  assert.throws(() => loadConfig(input()), { message: /^Cannot read \/pipe: it is not a file; / });
});

Deno.test("a flag's value that cannot be used is wrong usage, any other layer's a failure", () => {
  const input = { readFile: () => "{}", mode: () => 0o600 };
  const kind = (one: Pick<ConfigInput, "flags" | "env">) => {
    try {
      loadConfig({ ...input, ...one });
    } catch (error) {
      return (error as Error).name;
    }
    return "nothing";
  };
  assert.equal(kind({ flags: { port: "99999" }, env: {} }), "UsageError");
  assert.equal(kind({ flags: {}, env: { API_PORT: "99999" } }), "AppError");
  assert.equal(kind({ flags: { port: "99999" }, env: { RATE_LIMIT_PER_SECOND: "x" } }), "UsageError");
});
