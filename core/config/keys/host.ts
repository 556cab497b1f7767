/** Keys of the data folder and of what works in it: agents, jobs, models, lines. */
import { type ConfigKey, count, flag, text } from "./types.ts";
import { z } from "zod";
import { FORMATS, LEVELS } from "../../platform/logger.ts";

export const HOST_KEYS = [
  {
    key: "control.sign_sk_hex",
    type: z.union([z.literal(""), text.regex(/^[0-9a-fA-F]{64}$/, "need 64 hex digits")]),
    default: "",
    env: "CTRL_SIGN_SK_HEX",
    secret: true,
    doc: "Ed25519 seed that signs commands",
  },
  {
    key: "data_dir",
    type: text.min(1),
    default: "",
    env: "LEGEND_DATA_DIR",
    flag: "data-dir",
    doc: "Folder for everything that legend keeps; empty = `~/.local/share/legend`",
  },
  {
    key: "datasets.root",
    type: text,
    default: "",
    doc: "Folder that datasets may be written to; empty = `datasets` in the data folder",
  },
  {
    key: "jobs.threads",
    type: count(0, 256),
    default: "0",
    doc: "Threads for one training; 0 = all processors but one",
  },
  { key: "jobs.workers", type: count(1, 64), default: "1", doc: "Jobs that run at once, 1..64" },
  {
    key: "logging.file",
    type: text,
    default: "",
    doc: "File that all parts log to, rotated by size; empty = stderr",
  },
  {
    key: "logging.file_bytes",
    type: count(64 << 10, 2 ** 40),
    default: String(16 * 2 ** 20),
    doc: "Size at which `logging.file` is rotated: it becomes FILE.1 and a new one begins",
  },
  {
    key: "logging.files_kept",
    type: count(0, 1_000),
    default: "5",
    doc: "Rotated files that are kept beside `logging.file`",
  },
  {
    key: "logging.format",
    type: z.enum(FORMATS),
    default: "text",
    env: "LEGEND_LOG_FORMAT",
    doc: "Format of log lines: text or json (time, level, part, instance, message, fields)",
  },
  {
    key: "logging.level",
    type: z.enum(LEVELS),
    default: "info",
    env: "LEGEND_LOG_LEVEL",
    doc: "Lowest level that is logged: info, warn, error",
  },
  {
    key: "models.foreign",
    type: flag,
    default: "false",
    doc: "Allow models that contain code of their own; that code has all rights of the agent",
  },
  {
    key: "tips.file",
    type: text,
    default: "",
    doc:
      'File of tip accounts in addition to the built-in ones, one `{"account": "…", "service": "…"}` a line; a line wins over the built-in table',
  },
] as const satisfies readonly ConfigKey[];
