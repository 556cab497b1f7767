/** Numbers that people and programs write as text. */

/** The number of a decimal text without blanks; NaN for everything else, such as `0x50`, `Infinity` and nothing. */
export const decimal = (text: string): number =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;

/** What may be a number or its text, as a number; what is neither stays. */
export const decimalOf = (given: unknown): unknown => typeof given === "string" ? decimal(given) : given;
