import { CONFIG_KEYS, configKey } from "../core/config/schema.ts";
import { nearest } from "../core/config/load.ts";
import { checkWritable, hasData } from "../core/platform/data_dir.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

export const configShow: VerbBody = {
  run({ args, flags }, context) {
    const unknown = args.filter((key) => !configKey(key));
    for (const key of unknown) context.say(`Cannot show ${key}: no such key${nearest(key)}`);
    if (unknown.length > 0) return EXIT.usage;
    const config = context.config();
    const file = context.configFile();
    if (file?.by === "legend run") {
      context.say(`configuration file: ${file.path}, which \`legend run\` was given`);
    }
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

/** A URL may contain a password, which is never shown. */
function withoutPassword(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^(https?:\/\/[^/@]*:)[^/@]*@/, "$1(set)@") : value;
}

export const configCheck: VerbBody = {
  run({ flags }, context) {
    const config = context.config();
    tipAccounts(context.setting("tips.file"));
    const path = context.setting("data_dir");
    const there = hasData(path);
    if (there) {
      context.dataDir();
      checkWritable(path);
    }
    const folder = there ? `data folder ${path}` : `no data in ${path} yet: \`legend run\` creates it`;
    context.out(
      flags.json
        ? `${JSON.stringify({ ok: true, keys: config.size, data_dir: path, has_data: there })}\n`
        : `ok: ${config.size} keys, ${folder}\n`,
    );
    return EXIT.done;
  },
};
