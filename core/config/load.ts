/** Configuration from all its layers: flags > environment > runtime > TOML > defaults. */
import { resolve as resolvePath } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import type { z } from "zod";
import { AppError, messageOf, UsageError } from "../platform/errors.ts";
import { didYouMean } from "../platform/suggest.ts";
import { readOwnedFile } from "./owned_file.ts";
import { CONFIG_KEYS, type ConfigKey, configKey, type SettingName, type SettingOf } from "./schema.ts";

export interface ConfigValue {
  readonly key: string;
  readonly value: unknown;
  /** Where the value came from, in words for people: `flag --listen`, `environment API_PORT`, a file, `default`. */
  readonly origin: string;
}

export type Config = ReadonlyMap<string, ConfigValue>;

/** What {@link loadConfig} may read; tests supply their own. */
export interface ConfigInput {
  flags: Readonly<Record<string, string | boolean | undefined>>;
  env: Readonly<Record<string, string>>;
  readFile(path: string): string;
  /** Permission bits, or null where the system has none. */
  mode(path: string): number | null;
  /** Reads a file that a data folder contains or names, see {@link readOwnedFile}; by default like any other file. */
  readKept?(path: string, folder: string): string;
  /** Whether the file that `legend run` was given is used when none is named; not for `legend run` itself. */
  readonly remembers?: boolean;
}

/** A configuration file, and what named it. */
export interface ConfigFile {
  readonly path: string;
  readonly by: "--config" | "LEGEND_CONFIG" | "legend run";
}

/** File in the data folder with the path of the last `legend run`'s configuration file. */
export const CONFIG_PATH_FILE = "config.path";

const FILE_BYTES_MAX = 1 << 20;

/** The inputs of this process. */
export function systemInput(flags: ConfigInput["flags"], remembers = true): ConfigInput {
  // A pipe can be read only once, but a kill reads twice.
  const read = new Map<string, string>();
  return {
    flags,
    remembers,
    env: Deno.env.toObject(),
    readFile: (path) => {
      const known = read.get(path);
      if (known !== undefined) return known;
      if (Deno.statSync(path).size > FILE_BYTES_MAX) throw new Error("it is larger than 1 MiB");
      const text = Deno.readTextFileSync(path);
      read.set(path, text);
      return text;
    },
    mode: (path) => Deno.statSync(path).mode,
    readKept: readOwnedFile,
  };
}

/** Reads all layers. Throws one error with a line for every mistake: a `UsageError` if one of them is a flag's. */
export function loadConfig(input: ConfigInput): Config {
  const { config, problems, isUsage } = inspectConfig(input);
  if (isUsage) throw new UsageError(problems);
  if (problems.length > 0) throw new AppError("invalid", problems);
  return config;
}

/** Settings that no file in a data folder may give: which folder it is, and secrets. */
export const isSettled = ({ key, secret }: Pick<ConfigKey, "key" | "secret">): boolean =>
  key === "data_dir" || secret === true;

/**
 * Reads all layers for a verb that must work despite mistakes: a wrong value counts as not given, and is named. With
 * `settled` only those keys are read, and no file in the data folder or named by it is touched. `isWhole`: the file of
 * the last `legend run` was read, or there is none. Throws when it is unknown which data folder is meant.
 */
export function ignoreMistakes(
  input: ConfigInput,
  keys: "settled" | "all" = "all",
): { config: Config; problems: string[]; isWhole: boolean } {
  const found = inspectConfig(input, keys);
  const isGiven = input.flags["data-dir"] !== undefined || (input.env.LEGEND_DATA_DIR ?? "") !== "";
  if (!found.config.has("data_dir") || (!isGiven && !found.isFileRead)) {
    throw new AppError(
      "invalid",
      [...found.problems, "Cannot determine which data folder is meant, need --data-dir"],
    );
  }
  const config = new Map(found.config);
  for (const row of CONFIG_KEYS) {
    if (config.has(row.key)) continue;
    config.set(
      row.key,
      row.default === ""
        ? { key: row.key, value: "", origin: "default" }
        : parsed(row, row.default, "default"),
    );
  }
  return { config, problems: found.problems, isWhole: found.isWhole };
}

/** Every key that could be read, and a line for every mistake. */
function inspectConfig(
  input: ConfigInput,
  keys: "settled" | "all" = "all",
): { config: Config; problems: string[]; isFileRead: boolean; isUsage: boolean; isWhole: boolean } {
  const problems: string[] = [];
  let isUsage = false;
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      problems.push(messageOf(error));
      isUsage ||= error instanceof UsageError;
      return otherwise;
    }
  };
  const none = new Map<string, unknown>();
  const named = namedFile(input);
  const read = named ? attempt(() => readToml(named.path, input), null) : none;
  let toml = knownKeys(read ?? none, named?.path ?? "", problems);
  // The runtime layer is in the data folder, so that key is determined first.
  let early = { toml, runtime: none, path: named?.path ?? "", runtimePath: "" };
  const config = new Map<string, ConfigValue>();
  const dataDir = attempt(() => resolve(configKey("data_dir")!, input, early), null);
  if (dataDir) config.set("data_dir", { ...dataDir, value: whole(dataDir.value as string) });
  const folder = String(config.get("data_dir")?.value ?? "");
  const looksInside = dataDir !== null && keys === "all";
  const remembered = named === null && looksInside
    ? attempt(() => rememberedFile(folder, input), undefined)
    : null;
  const kept = remembered ? attempt(() => readRemembered(remembered.path, folder, input), null) : none;
  if (remembered) {
    toml = knownKeys(kept ?? none, remembered.path, problems);
    early = { ...early, toml, path: remembered.path };
  }
  const runtimePath = `${folder}/runtime.json`;
  const readRuntimeFile = looksInside ? attempt(() => readRuntime(runtimePath, folder, input), none) : none;
  const runtime = knownKeys(readRuntimeFile, runtimePath, problems);
  for (const row of CONFIG_KEYS) {
    if (row.key === "data_dir" || (keys === "settled" && !isSettled(row))) continue;
    const value = attempt(() => resolve(row, input, { ...early, runtime, runtimePath }), null);
    if (value) config.set(row.key, value);
  }
  const isWhole = remembered !== undefined && kept !== null;
  return { config, problems, isFileRead: read !== null, isUsage, isWhole };
}

function namedFile({ flags, env }: ConfigInput): ConfigFile | null {
  if (typeof flags.config === "string") return { path: flags.config, by: "--config" };
  return env.LEGEND_CONFIG ? { path: env.LEGEND_CONFIG, by: "LEGEND_CONFIG" } : null;
}

/** The file of the last `legend run` on a data folder; null when it had none. */
function rememberedFile(dataDir: string, input: ConfigInput): ConfigFile | null {
  if (!input.remembers) return null;
  const at = `${dataDir}/${CONFIG_PATH_FILE}`;
  try {
    const path = readKept(at, dataDir, input).trim();
    return path.startsWith("/") ? { path, by: "legend run" } : null;
  } catch (error) {
    if (isOfTheFolder(error)) return null;
    throw new AppError("invalid", `Cannot read ${at}: ${reason(error)}`);
  }
}

const readKept = (path: string, folder: string, input: ConfigInput) =>
  input.readKept ? input.readKept(path, folder) : input.readFile(path);

function readRemembered(path: string, folder: string, input: ConfigInput): Map<string, unknown> {
  try {
    return readToml(path, { readFile: (path) => readKept(path, folder, input) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(
      "invalid",
      `${error.message}; the last \`legend run\` used it: put it back, or name another with --config`,
    );
  }
}

/** The configuration file in use; null when there is none. */
export function configFile(input: ConfigInput): ConfigFile | null {
  const folder = () => String(inspectConfig(input, "settled").config.get("data_dir")?.value);
  return namedFile(input) ?? rememberedFile(folder(), input);
}

interface Layers {
  toml: ReadonlyMap<string, unknown>;
  runtime: ReadonlyMap<string, unknown>;
  path: string;
  runtimePath: string;
}

/** The value of a key. */
export function configValue<Name extends SettingName>(config: Config, key: Name): SettingOf<Name> {
  const found = config.get(key);
  if (!found) throw new Error(`Cannot read configuration ${key}: it was not loaded`);
  // Values in the map have passed the type of their row.
  return found.value as SettingOf<Name>;
}

function resolve(row: ConfigKey, input: ConfigInput, layers: Layers): ConfigValue {
  const flagged = row.flag === undefined ? undefined : input.flags[row.flag];
  if (flagged !== undefined) return parsed(row, flagged, `flag --${row.flag}`);
  const fromEnv = row.env === undefined
    ? undefined
    : row.secret
    ? readSecret(row.env, input)
    : plainEnv(row.env, input);
  if (fromEnv) return parsed(row, fromEnv.text, fromEnv.origin);
  if (layers.runtime.has(row.key)) return parsed(row, layers.runtime.get(row.key), layers.runtimePath);
  if (layers.toml.has(row.key)) return parsed(row, layers.toml.get(row.key), layers.path);
  if (row.key === "data_dir") return { key: row.key, value: usualDataDir(input.env), origin: "default" };
  return row.default === ""
    ? { key: row.key, value: "", origin: "default" }
    : parsed(row, row.default, "default");
}

function parsed(row: ConfigKey, raw: unknown, origin: string): ConfigValue {
  const scalar = typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean";
  // Parsed from text, so that one rule applies to TOML, JSON, environment and flags.
  const result = row.type.safeParse(String(raw));
  if (!scalar || !result.success) {
    const shown = row.secret ? "the value given" : JSON.stringify(raw);
    const why = result.success ? "need a single value" : firstIssue(result.error);
    const line = `Cannot use ${row.key} from ${origin}: ${shown}: ${why}`;
    throw origin.startsWith("flag ") ? new UsageError(line) : new AppError("invalid", line);
  }
  return { key: row.key, value: result.data, origin };
}

function firstIssue(error: z.ZodError): string {
  return (error.issues[0]?.message ?? "wrong type").replace(/^Invalid input: /, "");
}

function plainEnv(name: string, input: ConfigInput): { text: string; origin: string } | undefined {
  const text = input.env[name];
  return text === undefined || text === "" ? undefined : { text, origin: `environment ${name}` };
}

/** A secret: `NAME_FILE` (0600), a systemd credential, or the environment itself. */
function readSecret(name: string, input: ConfigInput): { text: string; origin: string } | undefined {
  const file = input.env[`${name}_FILE`];
  if (file) {
    let mode: number | null;
    let text: string;
    try {
      mode = input.mode(file);
      text = input.readFile(file).trim();
    } catch (error) {
      throw new AppError("invalid", `Cannot read ${name}_FILE ${file}: ${reason(error)}`);
    }
    if (mode !== null && (mode & 0o077) !== 0) {
      throw new AppError(
        "invalid",
        `Cannot use ${name}_FILE ${file}: others may read it (mode ${(mode & 0o777).toString(8)}), need 600`,
      );
    }
    return { text, origin: `file ${file}` };
  }
  const folder = input.env.CREDENTIALS_DIRECTORY;
  if (folder) {
    const credential = `${folder}/${name.toLowerCase()}`;
    try {
      return { text: input.readFile(credential).trim(), origin: `credential ${credential}` };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw new AppError("invalid", `Cannot read ${credential}: ${reason(error)}`);
      }
    }
  }
  return plainEnv(name, input);
}

function readToml(path: string, input: Pick<ConfigInput, "readFile">): Map<string, unknown> {
  let text: string;
  try {
    text = input.readFile(path);
  } catch (error) {
    throw new AppError("invalid", `Cannot read ${path}: ${reason(error)}`);
  }
  let tree: Record<string, unknown>;
  try {
    tree = parseToml(text);
  } catch (error) {
    const at = error instanceof TomlError ? ` (line ${error.line}, column ${error.column})` : "";
    throw new AppError("invalid", `Cannot read ${path}: it is not TOML${at}`);
  }
  return flatten(tree);
}

/** Values set through the API or the page at run time; stored in the data folder. */
function readRuntime(path: string, folder: string, input: ConfigInput): Map<string, unknown> {
  let text: string;
  try {
    text = readKept(path, folder, input);
  } catch (error) {
    if (isOfTheFolder(error)) return new Map();
    throw new AppError("invalid", `Cannot read ${path}: ${reason(error)}`);
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw new AppError("invalid", `Cannot read ${path}: it is not JSON`);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new AppError("invalid", `Cannot read ${path}: it is not a JSON object`);
  }
  return new Map(Object.entries(values));
}

/** The values of known keys, and a line for each unknown key. */
function knownKeys(
  values: ReadonlyMap<string, unknown>,
  path: string,
  problems: string[],
): Map<string, unknown> {
  const known = new Map(values);
  for (const key of values.keys()) {
    const row = configKey(key);
    if (row && !row.secret) continue;
    known.delete(key);
    problems.push(
      row
        ? `Cannot use ${key} from ${path}: secrets come from ${row.env}, ${row.env}_FILE or a systemd credential`
        : `Cannot use ${key} from ${path}: no such key${nearest(key)}`,
    );
  }
  return known;
}

function flatten(tree: Record<string, unknown>, prefix = ""): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(tree)) {
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value) &&
      !(value instanceof Date);
    if (isTable) {
      for (const [key, inner] of flatten(value as Record<string, unknown>, `${prefix}${name}.`)) {
        flat.set(key, inner);
      }
    } else flat.set(prefix + name, value);
  }
  return flat;
}

/** ` , did you mean x?` when a key is near, or when its last part is that of a key. */
export function nearest(key: string): string {
  const name = key.split(".").at(-1)!;
  const same = CONFIG_KEYS.find((row) => row.key.split(".").at(-1) === name);
  return same ? `, did you mean ${same.key}?` : didYouMean(key, CONFIG_KEYS.map((row) => row.key));
}

/** The data folder as an absolute path, so that every message names it alike, whatever folder a verb was started in. */
function whole(path: string): string {
  try {
    return resolvePath(path);
  } catch {
    // The working directory of this process is gone; a kill continues with the path it was given.
    return path;
  }
}

/** The data folder of a verb when nothing names one. */
function usualDataDir(env: ConfigInput["env"]): string {
  const base = env.XDG_DATA_HOME || (env.HOME ? `${env.HOME}/.local/share` : "/var/lib");
  return `${base}/legend`;
}

/**
 * No such file, or something that cannot be a data folder (a file, a kernel path): opening it gives a better message.
 */
const isOfTheFolder = (error: unknown) =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
  error instanceof Deno.errors.NotCapable;

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return messageOf(error);
}
