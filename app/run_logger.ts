/** What the parts of an installation say: to stderr, or to a file of the process that nobody supervises. */
import { resolve } from "node:path";
import type { SettingName, SettingOf } from "../core/config/schema.ts";
import { type LineStyle, Logger } from "../core/platform/logger.ts";
import { LogFile } from "./log_file.ts";
import { writeStderr } from "./output.ts";

/**
 * The logger of a process, as the configuration wants it, and the one that writes to stderr whatever it wants. `isPart`:
 * its supervisor writes the file. Throws what the configuration throws.
 */
export function runLogger(
  part: string,
  isPart: boolean,
  setting: <Name extends SettingName>(key: Name) => SettingOf<Name>,
): { logger: Logger; onStderr: Logger } {
  const format = setting("logging.format");
  const style: LineStyle = { format, level: setting("logging.level"), part, instance: "" };
  const onStderr = new Logger(style, writeStderr);
  const path = isPart ? "" : setting("logging.file");
  if (path === "") return { logger: onStderr, onStderr };
  const file = new LogFile({
    // Parts may change the folder that they stand in.
    path: resolve(path),
    bytesMax: setting("logging.file_bytes"),
    keep: setting("logging.files_kept"),
    instead: writeStderr,
    trouble: onStderr.say,
  });
  return { logger: new Logger(style, (text) => file.write(text)), onStderr };
}
