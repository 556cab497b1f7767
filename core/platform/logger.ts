/** Lines for people who run legend: when, how bad, of which part of which installation, what. */

/** From what only a developer wants to what somebody must mend. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = typeof LEVELS[number];

/** Facts beside a message, by name. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** How components say something; without a level it is what `levelOf` takes the line for. */
export type Say = (line: string, level?: Level, fields?: Fields) => void;

export const FORMATS = ["text", "json"] as const;

/** How the lines of a process look, and which are written. */
export interface LineStyle {
  readonly format: typeof FORMATS[number];
  /** Lines below it are left out. */
  readonly level: Level;
  /** `api`, `agent-mev`, `run` for the supervisor. */
  readonly part: string;
  /** The installation; "" until its data folder is open. */
  readonly instance: string;
}

/** What a line says, without its time. */
export interface LogLine {
  readonly level: Level;
  readonly part: string;
  readonly message: string;
}

/** Every refusal and failure begins with this word, so a line that gives no level has one all the same. */
export const levelOf = (line: string): Level => line.startsWith("Cannot ") ? "error" : "info";

/** What ends a line, moves the cursor or turns the direction of writing; a stack's frames keep their lines. */
// deno-lint-ignore no-control-regex
const UNSAFE = /\n(?!\s+at )|[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A message as one line that shows what it quotes: names and files are other people's. */
export function oneLine(message: string): string {
  return message.replace(
    UNSAFE,
    (letter) => letter === "\n" ? " " : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const shown = (value: Fields[string]) =>
  typeof value === "string" && !/^[^\s"=]+$/.test(value) ? JSON.stringify(value) : String(value);

/**
 * A line with its end: `TIME LEVEL PART: MESSAGE NAME=VALUE…` or one JSON object (time, level, part, instance, message,
 * fields). Time is UTC with milliseconds. `ffi/topic_log/src/stderr.rs` writes the same.
 */
export function formatLine(style: LineStyle, at: Date, line: LogLine, fields: Fields = {}): string {
  const time = at.toISOString();
  const { level, part, message } = line;
  if (style.format === "json") {
    const named = Object.keys(fields).length > 0 ? { fields } : {};
    return `${JSON.stringify({ time, level, part, instance: style.instance, message, ...named })}\n`;
  }
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`).join("");
  return `${time} ${level.toUpperCase().padEnd(5)} ${part}: ${oneLine(message)}${oneLine(facts)}\n`;
}

const TEXT_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?<level>DEBUG|INFO|WARN|ERROR) +(?<part>\S+): (?<message>.*)$/s;

/** What a line that `formatLine` wrote says; null for any other text. */
export function parseLine(text: string): LogLine | null {
  const found = TEXT_LINE.exec(text)?.groups;
  if (found) {
    return { level: found.level!.toLowerCase() as Level, part: found.part!, message: found.message! };
  }
  if (!text.startsWith('{"time":')) return null;
  try {
    const { level, part, message } = JSON.parse(text);
    return LEVELS.includes(level) && typeof part === "string" && typeof message === "string"
      ? { level, part, message }
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

  /** The installation is known from here on. */
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

  /** A line of a part below this process: as it is when a logger wrote it, else as the part's own words. */
  passOn(part: string, text: string): void {
    if (parseLine(text) !== null) return this.write(`${text}\n`);
    const level = text.startsWith("Cannot ") ? "error" : "warn";
    if (this.writes(level)) {
      this.write(formatLine(this.#style, this.now(), { level, part, message: text }));
    }
  }
}
