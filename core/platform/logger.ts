/** Log lines for operators: time, level, part and installation, message. */

/** What happened, what should be checked, what must be fixed. */
export const LEVELS = ["info", "warn", "error"] as const;
export type Level = typeof LEVELS[number];

/** Named values that accompany a message. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** How components log; without a level, `levelOf` derives it from the line. */
export type Say = (line: string, level?: Level, fields?: Fields) => void;

export const FORMATS = ["text", "json"] as const;

/** Format of a process's lines, and the minimum level. */
export interface LineStyle {
  readonly format: typeof FORMATS[number];
  /** Lines below this level are dropped. */
  readonly level: Level;
  /** `api`, `agent-mev`, `run` for the supervisor. */
  readonly part: string;
  /** Id of the installation; "" until its data folder is open. */
  readonly instance: string;
}

/** What a line says, without its time. */
export interface LogLine {
  readonly level: Level;
  readonly part: string;
  readonly message: string;
}

/**
 * Level of a line that gives none: a failed action begins with this word. Other problems are logged with their level.
 */
export const levelOf = (line: string): Level => line.startsWith("Cannot ") ? "error" : "info";

/**
 * Characters that end a line, move the cursor or reverse the writing direction; the lines of a stack trace are kept.
 */
// deno-lint-ignore no-control-regex
const UNSAFE = /\n(?!\s+at )|[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A message as one safe line: names and files in it come from outside. */
export function oneLine(message: string): string {
  return message.replace(
    UNSAFE,
    (letter) => letter === "\n" ? " " : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const shown = (value: Fields[string]) =>
  typeof value === "string" && !/^[^\s"=]+$/.test(value) ? JSON.stringify(value) : String(value);

/**
 * One line with its end: `TIME LEVEL PART: MESSAGE NAME=VALUE…` or one JSON object (time, level, part, instance, message,
 * fields). Time is UTC with milliseconds. `ffi/topic_log/src/stderr.rs` writes the same, without fields; both tests read
 * `tests/fixtures/log_lines.json`.
 */
export function formatLine(style: LineStyle, at: Date, line: LogLine, fields: Fields = {}): string {
  const time = at.toISOString();
  const { level, part, message } = line;
  if (style.format === "json") {
    const named = Object.keys(fields).length > 0 ? { fields } : {};
    // What is unsafe on a terminal is escaped as JSON has it.
    return `${oneLine(JSON.stringify({ time, level, part, instance: style.instance, message, ...named }))}\n`;
  }
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`).join("");
  // Frames of a stack trace too: a reader that reads line by line would lose them.
  return `${time} ${level.toUpperCase().padEnd(5)} ${part}: ${oneLine(flat(message))}${
    oneLine(flat(facts))
  }\n`;
}

const flat = (message: string) => message.replaceAll("\n", " ");

const TEXT_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?<level>INFO|WARN|ERROR) +(?<part>\S+): (?<message>.*)$/s;

/** Parses a line written by `formatLine`; null for any other text. */
export function parseLine(text: string): LogLine | null {
  const found = TEXT_LINE.exec(text)?.groups;
  if (found) {
    return { level: found.level!.toLowerCase() as Level, part: found.part!, message: found.message! };
  }
  if (!text.startsWith('{"time":')) return null;
  try {
    const { level, part, message, fields } = JSON.parse(text);
    const isLine = LEVELS.includes(level) && typeof part === "string" && typeof message === "string";
    // Fields are formatted as in text lines, where they follow the message.
    return isLine
      ? { level, part, message: fields ? `${message} ${JSON.stringify(fields)}` : message }
      : null;
  } catch {
    return null;
  }
}

/** Writes the lines of one process. */
export class Logger {
  #style: LineStyle;

  /** `write` takes whole lines with their ends and never throws. */
  constructor(
    style: LineStyle,
    private readonly write: (text: string) => void,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.#style = style;
  }

  get style(): LineStyle {
    return this.#style;
  }

  /** Called once the installation is known. */
  belongsTo(instance: string): void {
    this.#style = { ...this.#style, instance };
  }

  /** Whether lines of the level are written. */
  writes(level: Level): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.#style.level);
  }

  readonly say: Say = (message, level = levelOf(message), fields = {}) => {
    if (!this.writes(level)) return;
    this.write(formatLine(this.#style, this.now(), { level, part: this.#style.part, message }, fields));
  };

  /**
   * Passes on a line of a child process: unchanged when the child's own logger wrote it. Any other text is logged as an
   * error: a panic, an exception, the last words of a library.
   */
  passOn(part: string, text: string): void {
    const line = parseLine(text);
    if (line?.part === part && oneLine(text) === text) return this.write(`${text}\n`);
    if (this.writes("error")) {
      this.write(formatLine(this.#style, this.now(), { level: "error", part, message: text }));
    }
  }
}
