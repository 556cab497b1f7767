/** The flags with which a command typed on this host finds a data folder. */

/** A word quoted for a shell. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The flags, with a space before them. Which folder is used without them depends on the user's environment. */
export const hostFlags = (dataDir: string): string => ` --data-dir ${shellWord(dataDir)}`;
