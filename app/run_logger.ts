/** What the parts of an installation say: to stderr, or to a file of the process that nobody supervises. */
import type { SettingName, SettingOf } from "../core/config/schema.ts";
import { Logger } from "../core/platform/logger.ts";
import { LogFile } from "./log_file.ts";
import { writeStderr } from "./output.ts";

/** The logger of a process, as the configuration wants it. `isPart`: its supervisor writes the file. Throws what the configuration throws. */
export function runLogger(
  part: string,
  isPart: boolean,
  setting: <Name extends SettingName>(key: Name) => SettingOf<Name>,
): Logger {
  const style = { format: setting("logging.format"), level: setting("logging.level"), part, instance: "" };
  const path = isPart ? "" : setting("logging.file");
  if (path === "") return new Logger(style, writeStderr);
  const file = new LogFile({
    path,
    bytesMax: setting("logging.file_bytes"),
    keep: setting("logging.files_kept"),
    instead: writeStderr,
  });
  return new Logger(style, (text) => file.write(text));
}
