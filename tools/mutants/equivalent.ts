/** Changes that cannot change what the program does, each with the reason. Reviewed by hand; keep it short. */
import type { Operator } from "./mutant.ts";

interface Row {
  readonly file: string;
  readonly operator: Operator;
  /** The text of its line, without blanks at both ends. */
  readonly line: string;
  /** The change. */
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

const ROWS: readonly Row[] = [
  {
    file: "core/audit/anchor_file.ts",
    operator: "constant",
    line: "const LINE_MAX = 2_048;",
    from: "2_048",
    to: "4096",
    why: "the last line is looked for in a longer end of the file, and is the same one",
  },
  {
    file: "routes/app.ts",
    operator: "boolean",
    line: 'if (response.status === 101 || c.get("complete")) return response;',
    from: "||",
    to: "&&",
    why: "an answer that is complete gets the headers that it has, and is packed already",
  },
];

/** The reasons, by the mutant's name. */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map(
  ROWS.map(({ file, operator, line, from, to, why }) => [
    JSON.stringify([file, operator, line, from, to]),
    why,
  ]),
);
