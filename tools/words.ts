/** Finds words in comments, texts and documents that a reader stumbles over. Names in the code are not looked at. */

/** A word, and what is said instead of it. */
export interface Word {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** As often as it may still be in the whole tree: this only falls. */
  readonly most: number;
}

const word = (name: string, pattern: RegExp, instead: string, most: number): Word => ({
  name,
  pattern,
  instead,
  most,
});

export const WORDS: readonly Word[] = [
  word("anew", /\banew\b/gi, "again", 0),
  word("behind (a time)", /\bbehind (?:the year|it|them|each|this|that|what)\b/gi, "after", 0),
  word("elsewhere", /\belsewhere\b/gi, "on another host, in another place", 0),
  word("goes on", /\b(?:goes|go|went|going) on\b/gi, "continues", 0),
  word("is away", /\b(?:is|are|was|were) away\b/gi, "cannot be reached", 0),
  word("is no", /(?<!\bthere )\b(?:is|are|was|were) no\b(?! (?:longer|more|one|later)\b)/gi, "is not a", 0),
  word("nobody", /\bnobody\b/gi, "no one, none; or say who does not", 0),
  word("says so", /\bsa(?:ys?|id) so\b/gi, "reports it", 0),
  word("SPEC, DESIGN", /\b(?:SPEC|DESIGN) \d/g, "docs/CONTRACT.md, an ADR", 0),
  word("somebody", /\bsomebody\b/gi, "someone, another; or say who", 0),
  word("such a … of before", /\bof before\b/gi, "earlier, previous", 0),
  word("told", /\b(?:told|tells?|telling)\b/gi, "reported, published, sent", 0),
  word("whoever", /\bwhoever\b/gi, "the one that; or say who", 0),
  word("wish", /(?<![\w-])wish(?:es)?(?![\w-])/gi, "desired state, request", 0),
];

const RUST = /\/\/.*|\/\*[^]*?\*\/|"(?:\\[^]|[^"\\])*"|r(#+)"[^]*?"\1|'(?:\\.[^']*|[^'\\])'/g;
const TYPESCRIPT = /\/\/.*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`/g;

/** Code inside a text: `${name.of(it)}` of TypeScript, `{name:?}` of Rust. */
const NAME_IN_TEXT = /\$\{[^{}"'`]*\}|\{[\w.]*(?::[^{}]*)?\}/g;

/**
 * Comments and texts of a source, of Markdown all but code, one a line. Text in backticks is a quotation, and a name
 * that is put into a text is code.
 */
export function proseOf(file: string, text: string): string[] {
  if (file.endsWith(".md")) return text.replaceAll(/```[^]*?```|`[^`\n]*`/g, "").split("\n");
  const parts = [...text.matchAll(file.endsWith(".rs") ? RUST : TYPESCRIPT)].map(([part]) => part);
  return parts.flatMap((part) =>
    (part.startsWith("/") ? part.replaceAll(/`[^`\n]*`/g, "") : part.replaceAll(NAME_IN_TEXT, "")).split("\n")
  );
}

/** How often each word is in a file's prose; those that are not in it are left out. */
export function wordsIn(file: string, text: string): Map<Word, number> {
  const lines = proseOf(file, text);
  const counts = new Map<Word, number>();
  for (const word of WORDS) {
    const count = lines.reduce((sum, line) => sum + [...line.matchAll(word.pattern)].length, 0);
    if (count > 0) counts.set(word, count);
  }
  return counts;
}
