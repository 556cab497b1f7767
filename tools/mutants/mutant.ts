/** A single change of a source file that its tests must notice. */

export const OPERATORS = [
  "comparison",
  "boundary",
  "boolean",
  "return value",
  "deleted statement",
  "removed await",
  "swapped arguments",
  "constant",
] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Mutant {
  readonly file: string;
  readonly operator: Operator;
  /** Range of characters that are replaced: `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The file's text with the change applied. */
export function mutated(source: string, { start, end, text }: Mutant): string {
  return source.slice(0, start) + text + source.slice(end);
}

/** The line, from 1, of a character of the file. */
export const lineOf = (source: string, at: number) => source.slice(0, at).split("\n").length;

/** The name of a mutant, independent of its line number: the file, the operator, the line's text, the change. */
export function nameOf(source: string, { file, operator, start, end, text }: Mutant): string {
  const line = source.split("\n")[lineOf(source, start) - 1]!.trim();
  return JSON.stringify([file, operator, line, source.slice(start, end), text]);
}

/** `core/x.ts:12 comparison: a === b -> a !== b`, in one line. */
export function describe(source: string, { file, operator, start, end, text }: Mutant): string {
  const line = lineOf(source, start);
  const short = (piece: string) => {
    const flat = piece.replaceAll(/\s+/g, " ").trim();
    return flat.length > 60 ? `${flat.slice(0, 57)}...` : flat;
  };
  return `${file}:${line} ${operator}: ${short(source.slice(start, end)) || "nothing"} -> ${
    short(text) || "nothing"
  }`;
}
