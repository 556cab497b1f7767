/**
 * Maximum length of files and functions, and those that still exceed it: these numbers only fall, until the entry is
 * removed.
 */

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;

/** By file: its lines, when they exceed the limit for files. */
export const LONG_FILES: Readonly<Record<string, number>> = {};

/** By file: the lines of its longest function, when it exceeds the limit for functions. */
export const LONG_FUNCTIONS: Readonly<Record<string, number>> = {};
