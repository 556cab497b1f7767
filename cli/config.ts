import { CONFIG_KEYS, configKey } from "../core/config/schema.ts";
import { checkWritable, hasData } from "../core/data_dir.ts";
import { type Command, EXIT } from "./command.ts";

const flags = CONFIG_KEYS.flatMap((row) =>
  row.flag && row.flag !== "data-dir" ? [{ name: row.flag, value: "VALUE", doc: row.doc }] : []
);

export const configShow: Command = {
  name: "config show",
  args: "[KEY…]",
  summary: "Show each configuration value and where it came from",
  flags: [{ name: "json", doc: "One JSON object a line" }, ...flags],
  details: ["Secrets are shown as `(set)`. Keys, defaults and environment names: docs/CONFIG.md."],
  run({ args, flags }, context) {
    const unknown = args.filter((key) => !configKey(key));
    for (const key of unknown) context.say(`Cannot show ${key}: no such key`);
    if (unknown.length > 0) return EXIT.usage;
    const config = context.config();
    for (const row of CONFIG_KEYS) {
      const found = config.get(row.key);
      if (!found || (args.length > 0 && !args.includes(row.key))) continue;
      const value = row.secret && found.value !== "" ? "(set)" : withoutPassword(found.value);
      const line = {
        key: row.key,
        value,
        origin: found.origin,
        env: row.env ?? null,
        flag: row.flag ?? null,
      };
      context.out(
        flags.json
          ? `${JSON.stringify(line)}\n`
          : `${row.key} = ${JSON.stringify(value)}  # ${found.origin}\n`,
      );
    }
    return EXIT.done;
  },
};

/** A URL may carry a password, which is never shown. */
function withoutPassword(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^(https?:\/\/[^/@]*:)[^/@]*@/, "$1(set)@") : value;
}

export const configCheck: Command = {
  name: "config check",
  args: "",
  data: "change",
  summary: "Check all configuration layers and the data folder",
  flags,
  run(_, context) {
    const config = context.config();
    const path = context.setting<string>("data_dir");
    if (!hasData(path)) {
      context.out(`ok: ${config.size} keys, no data in ${path} yet: \`legend run\` begins it\n`);
      return EXIT.done;
    }
    context.dataDir();
    checkWritable(path);
    context.out(`ok: ${config.size} keys, data folder ${path}\n`);
    return EXIT.done;
  },
};
