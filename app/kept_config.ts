/** Which configuration file other verbs go by while this installation runs. */
import { resolve } from "node:path";
import { readKeptFile } from "../core/config/kept_file.ts";
import { CONFIG_PATH_FILE } from "../core/config/load.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { removeIfThere, replaceFile } from "../core/platform/files.ts";
import type { Context } from "./context.ts";

/** What other verbs go by, who name no file: what this run was given, if they may read it. A pipe can be read once only. */
export function rememberConfig(folder: string, context: Context): void {
  const file = `${folder}/${CONFIG_PATH_FILE}`;
  const given = context.configFile();
  // A link may lead to another file tomorrow: its own path is kept.
  const path = given && resolve(given.path);
  try {
    const trouble = path && Deno.statSync(path).isFile ? whyNotKept(path, folder) : "";
    if (trouble) context.say(`Cannot keep ${path} for other verbs: ${trouble}; they need --config ${path}`);
    if (path && trouble === null) replaceFile(file, `${path}\n`);
    else removeIfThere(file);
  } catch (error) {
    // A disk without room is waited for by the parts; what is lost here is a comfort.
    if (!(error instanceof AppError)) throw error;
    context.say(`${error.message}: other verbs need --config ${given?.path ?? ""}`);
  }
}

/** Why other verbs would refuse the file; null: they read it; "": it is of this process alone. */
function whyNotKept(path: string, folder: string): string | null {
  if (/^\/(dev|proc)\//.test(path)) return "";
  try {
    readKeptFile(path, folder);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
