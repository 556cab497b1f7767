/** The secret that signs logins of the page. */
import { randomSecret } from "../core/auth/passwords.ts";
import { AppError } from "../core/platform/errors.ts";
import { makeFolder, readOrMake } from "../core/platform/atomic_file.ts";
import type { Context } from "./context.ts";

/** The form of two secrets from `randomSecret`. */
const SECRET = /^[\w-]{32,128}$/;

/**
 * The configured secret, or the data folder's own. Only the process that runs the API creates a missing one (`create`).
 */
export function jwtSecret(context: Context, { create }: { create: boolean }): string {
  const configured = context.setting("auth.jwt_secret_key");
  if (configured) return configured;
  const { path: folder } = context.dataDir();
  const path = `${folder}/keys/jwt.key`;
  const secret = (create ? made(folder, path) : found(path)).trim();
  if (SECRET.test(secret)) return secret;
  throw new AppError(
    "unavailable",
    `Cannot use ${path}: it is damaged, need letters and digits as legend wrote them; put it back, or remove it (all users must log in again)`,
  );
}

function made(folder: string, path: string): string {
  makeFolder(`${folder}/keys`);
  return readOrMake(path, () => randomSecret() + randomSecret());
}

function found(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError("unavailable", `Cannot use ${path}: it does not exist, start \`legend run\` first`);
  }
}
