/** docs/CONFIG.md from the schema. */
import { CONFIG_KEYS } from "./schema.ts";

/** Markdown with one row per key. */
export function configDocs(): string {
  const rows = CONFIG_KEYS.map((row) => {
    const env = row.env ? `\`${row.env}\`${row.secret ? `, \`${row.env}_FILE\`` : ""}` : "";
    const flag = row.flag ? `\`--${row.flag}\`` : "";
    return `| \`${row.key}\` | ${
      row.secret ? "secret" : `\`${row.default}\``
    } | ${env} | ${flag} | ${row.doc} |`;
  });
  return [
    "# Configuration",
    "",
    "Written by `deno task gen` from core/config/keys/. Flags win over the environment, the environment over values",
    "set at run time, these over the TOML file (`LEGEND_CONFIG` or `--config`), and that over the defaults.",
    "`legend config show` prints each value and where it came from. Secrets are never read from TOML: they come from",
    "`NAME_FILE` (mode 0600), a systemd credential of the lower-case name, or the environment.",
    "",
    "| key | default | environment | flag | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
