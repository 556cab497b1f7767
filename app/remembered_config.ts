/** Remembers which configuration file other verbs use while this installation runs. */
import { resolve } from "node:path";
import { readOwnedFile } from "../core/config/owned_file.ts";
import { CONFIG_PATH_FILE } from "../core/config/load.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { removeIfThere, replaceFile } from "../core/platform/atomic_file.ts";
import type { Context } from "./context.ts";

/** Verbs that name no file use the one that this run was given, if they may read it. A pipe can be read only once. */
export function rememberConfig(folder: string, context: Context): void {
  const file = `${folder}/${CONFIG_PATH_FILE}`;
  const given = context.configFile();
  // A symlink may point to another file tomorrow: the path of the link itself is stored.
  const path = given && resolve(given.path);
  try {
    const problem = path && Deno.statSync(path).isFile ? whyNotKept(path, folder) : "";
    if (problem) {
      context.say(`Cannot remember ${path} for other verbs: ${problem}; they need --config ${path}`);
    }
    if (path && problem === null) replaceFile(file, `${path}\n`);
    else removeIfThere(file);
  } catch (error) {
    // The parts wait for room on the disk; losing this file only costs convenience.
    if (!(error instanceof AppError)) throw error;
    context.say(`${error.message}: other verbs need --config ${given?.path ?? ""}`);
  }
}

/** Why other verbs would refuse the file; null: they can read it; "": only this process can. */
function whyNotKept(path: string, folder: string): string | null {
  if (/^\/(dev|proc)\//.test(path)) return "";
  try {
    readOwnedFile(path, folder);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
