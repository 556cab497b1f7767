/** Log lines of an installation's parts: to stderr, or to a file when the process runs without a supervisor. */
import { resolve } from "node:path";
import type { SettingName, SettingOf } from "../core/config/schema.ts";
import { formatLine, type LineStyle, Logger, oneLine } from "../core/platform/logger.ts";
import { LogFile } from "./log_file.ts";
import { LineWriter } from "./output.ts";

/** Where the lines of a process go. */
export interface RunLoggers {
  readonly logger: Logger;
  /** Writes to stderr whatever the configuration says. */
  readonly onStderr: Logger;
  /** Writes only to the file; null: there is no file. */
  readonly inFile: Logger | null;
  /** A bare line to stderr. */
  plain(line: string): void;
  /** Waits, for a moment at most, until stderr has received pending lines. */
  drain(): Promise<void>;
}

/** The loggers of a process. `isPart`: its supervisor writes the file. Throws the errors of the configuration. */
export function runLoggers(
  part: string,
  isPart: boolean,
  setting: <Name extends SettingName>(key: Name) => SettingOf<Name>,
): RunLoggers {
  const format = setting("logging.format");
  const style: LineStyle = { format, level: setting("logging.level"), part, instance: "" };
  const stderr = new LineWriter((count) => {
    const message = `${count} lines were lost here: stderr was not read`;
    return formatLine(onStderr.style, new Date(), { level: "error", part, message });
  });
  const plain = (line: string) => stderr.write(`${oneLine(line)}\n`);
  const drain = () => stderr.drain();
  const onStderr = new Logger(style, (text) => stderr.write(text));
  const path = isPart ? "" : setting("logging.file");
  if (path === "") return { logger: onStderr, onStderr, inFile: null, plain, drain };
  const file = new LogFile({
    // Parts may change their working directory.
    path: resolve(path),
    bytesMax: setting("logging.file_bytes"),
    keep: setting("logging.files_kept"),
    instead: (text) => stderr.write(text),
    onProblem: onStderr.say,
  });
  return {
    logger: new Logger(style, (text) => file.write(text)),
    onStderr,
    inFile: new Logger(style, (text) => file.tryWrite(text)),
    plain,
    drain,
  };
}
