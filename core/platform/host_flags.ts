/** What a command that is typed on this host needs so that it finds a data folder. */

/** A word as a shell takes it. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The flags, with a space before them. Which folder is found without them depends on the shell of who types. */
export const hostFlags = (dataDir: string): string => ` --data-dir ${shellWord(dataDir)}`;
