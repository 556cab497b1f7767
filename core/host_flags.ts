/** What a command that is typed on this host needs so that it finds a data folder. */
import { usualDataDir } from "./config/load.ts";

/** A word as a shell takes it. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The flags, with a space before them; "" for the folder that is found without. */
export const hostFlags = (dataDir: string, env: Readonly<Record<string, string>>): string =>
  dataDir === usualDataDir(env) ? "" : ` --data-dir ${shellWord(dataDir)}`;
