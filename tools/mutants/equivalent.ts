/** Changes that cannot change what the program does, each with the reason. Reviewed by hand; keep it short. */

/** By the mutant as its description without the line's number. */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([]);
