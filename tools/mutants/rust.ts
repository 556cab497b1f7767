/**
 * Every mutant of a Rust file. The text is as `cargo fmt` leaves it: binary operators stand between blanks, a statement
 * of one line ends its line, `mod tests` of a file is at its end.
 */
import type { Mutant, Operator } from "./mutant.ts";

interface Rule {
  readonly operator: Operator;
  readonly pattern: RegExp;
  readonly text: (match: RegExpMatchArray) => string;
}

const TABLES: readonly [Operator, Readonly<Record<string, string>>][] = [
  ["comparison", { "==": "!=", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<" }],
  ["boundary", { "<": "<=", "<=": "<", ">": ">=", ">=": ">" }],
  ["boolean", { "&&": "||", "||": "&&" }],
];

const RULES: readonly Rule[] = [
  ...TABLES.map(([operator, table]): Rule => ({
    operator,
    pattern: new RegExp(
      `(?<= )(?:${Object.keys(table).map((sign) => sign.replace(/[|]/g, "\\|")).join("|")})(?= )`,
      "g",
    ),
    text: ([sign]) => table[sign!]!,
  })),
  {
    operator: "boolean",
    pattern: /\b(?:true|false)\b/g,
    text: ([word]) => word === "true" ? "false" : "true",
  },
  { operator: "boolean", pattern: /(?<=[ (])!(?=[a-z_(])/g, text: () => "" },
  {
    operator: "return value",
    pattern: /(?<=\) -> bool \{\n)[ ]+[^\n{};]+\n(?=[ ]*\}\n)/g,
    text: ([line]) => line!.trim() === "false" ? "true\n" : "false\n",
  },
  { operator: "return value", pattern: /(?<=\n[ ]*)Some\([^\n]*\)\n(?=[ ]*\}\n)/g, text: () => "None\n" },
  {
    operator: "return value",
    pattern: /(?<=return )(?!Err\(|true|false|None)[^\n;]+(?=;)/g,
    text: () => "Default::default()",
  },
  {
    operator: "deleted statement",
    pattern:
      /(?<=\n[ ]+)(?!let |return |use |const |static |assert|debug_assert|type |break)[a-z*][^\n{}]*;(?=\n)/g,
    text: () => ";",
  },
  {
    operator: "swapped arguments",
    pattern: /(?<=[a-z_]\()(&?[a-z_.]+), (&?[a-z_.]+)(?=[,)])/g,
    text: ([, first, second]) => `${second}, ${first}`,
  },
  {
    operator: "constant",
    pattern: /(?<![\w."])\d[\d_]*(?![\w."])/g,
    text: ([digits]) => {
      const value = Number(digits!.replaceAll("_", ""));
      return String(value < 10 ? value + 1 : value * 2);
    },
  },
];

/** The mutants of `source` outside its tests, comments, texts and attributes, in the order of the rules. */
export function rustMutantsOf(file: string, source: string): Mutant[] {
  const code = blanked(source);
  return RULES.flatMap(({ operator, pattern, text }) =>
    [...code.matchAll(pattern)].flatMap((match): Mutant[] => {
      const start = match.index;
      const end = start + match[0].length;
      // A string in the middle is blank in `code`: the replacement uses the original text.
      const real = source.slice(start, end);
      const made = text(Object.assign([real, ...match.slice(1)], { index: start }) as RegExpMatchArray);
      return made === real ? [] : [{ file, operator, start, end, text: made }];
    })
  );
}

/** The text at the same length, with everything but code blanked. */
function blanked(source: string): string {
  const tests = source.search(/^#\[cfg\(test\)\]/m);
  const whole = tests < 0 ? source : source.slice(0, tests);
  return whole.replaceAll(
    /\/\/[^\n]*|\/\*[^]*?\*\/|b?"(?:[^"\\]|\\[^])*"|r#*"[^]*?"#*|b?'(?:[^'\\\n]|\\[^\n]+?)'|^[ ]*#!?\[[^\n]*\]$/gm,
    (text) => text.replaceAll(/[^\n]/g, "\u0001"),
  );
}
