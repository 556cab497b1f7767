/** The key that signs commands, models and heads of the audit. It is created with the data folder, and never again. */
import { AppError, messageOf } from "../platform/errors.ts";
import { makeFolder, readOrMake } from "../platform/atomic_file.ts";

const SEED_BYTES = 32;
const OTHERS = 0o077;
/** Files that are written only after the control key: a folder with one of these has lost its key. */
const TRACES = [
  "legend.db",
  "keys/agent.key",
  "agents/arbitrage.state",
  "agents/mev.state",
  "log/audit-proto",
];

const keyPath = (dataDir: string) => `${dataDir}/keys/control.key`;
const cannot = (path: string, why: string) =>
  new AppError("unavailable", `Cannot use the key ${path}: ${why}`);
const gone = (path: string) =>
  cannot(path, "it is gone; restore it from a backup: a new key does not validate what this one signed");

/**
 * Creates the key of a folder that has none. Where one was used before, commands signed with a new key would not be
 * trusted: throws `AppError`, unless the caller `goesWithout` a key.
 */
export function makeControlKey(dataDir: string, goesWithout = false): void {
  const path = keyPath(dataDir);
  if (isThere(path)) return;
  // Checked again: meanwhile another process may have created the key, and the traces that follow it.
  if (TRACES.some((trace) => isThere(`${dataDir}/${trace}`)) && !isThere(path)) {
    if (goesWithout) return;
    throw gone(path);
  }
  makeFolder(`${dataDir}/keys`);
  readOrMake(path, () => {
    const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
    return seed.toHex();
  });
}

/**
 * The seed that signs commands and heads, hex: the configured one, else the one of the data folder. Throws `AppError`
 * with one line when it is gone, open to others or damaged.
 */
export function controlSeed(dataDir: string, configured: string): string {
  if (configured) return configured.toLowerCase();
  const path = keyPath(dataDir);
  let seed: string;
  try {
    seed = Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw gone(path);
    throw cannot(path, messageOf(error));
  }
  const mode = Deno.statSync(path).mode ?? 0;
  if (mode & OTHERS) throw cannot(path, `others can read it (mode ${(mode & 0o777).toString(8)}), need 0600`);
  if (!/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw cannot(path, "it is damaged, need 64 hex digits; restore it from a backup");
  }
  return seed.toLowerCase();
}

/** A path that cannot be checked counts as existing: nothing is created in its place. */
function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
