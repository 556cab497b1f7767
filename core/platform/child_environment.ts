/** The environment passed to a child process: what it needs, by name; secrets only where they are used. */
import { CONFIG_KEYS } from "../config/schema.ts";

/**
 * Variables that every child gets. LD_*, which changes how a program is loaded, and other shell variables are not
 * passed.
 */
const PLAIN = [
  "CREDENTIALS_DIRECTORY",
  "HOME",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "LANG",
  "NO_COLOR",
  "NO_PROXY",
  "PATH",
  "RUST_BACKTRACE",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "https_proxy",
  "http_proxy",
  "no_proxy",
];
const PREFIXES = ["LEGEND_", "LC_", "DENO_"];

/** Keys of the secrets that each part of `legend run` uses; a part that is not listed gets none. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  agent: ["control.sign_sk_hex", "kafka.sasl_password"],
  link: ["control.sign_sk_hex", "kafka.sasl_password"],
  mirror: ["kafka.sasl_password"],
  sink: ["clickhouse.password", "clickhouse.url", "kafka.sasl_password"],
  store: ["s3.access_key_id", "s3.secret_access_key"],
  worker: [
    "clickhouse.password",
    "clickhouse.url",
    "control.sign_sk_hex",
    "kafka.sasl_password",
    "s3.access_key_id",
    "s3.secret_access_key",
  ],
};

/** The environment of the child that is started with `words` (`run agent mev …`). */
export function childEnvironment(
  own: Readonly<Record<string, string>>,
  words: readonly string[],
): Record<string, string> {
  const part = words[0] === "run" ? words[1] ?? "" : "";
  // A URL may contain a password.
  const gets = ({ key, secret }: (typeof CONFIG_KEYS)[number]) =>
    !(secret || key === "clickhouse.url") || part === "api" || (SECRETS[part]?.includes(key) ?? false);
  const names = new Set([
    ...PLAIN,
    ...CONFIG_KEYS.flatMap((row) => row.env && gets(row) ? [row.env, `${row.env}_FILE`] : []),
  ]);
  const secrets = new Set(
    CONFIG_KEYS.flatMap((row) => row.env && !gets(row) ? [row.env, `${row.env}_FILE`] : []),
  );
  return Object.fromEntries(
    Object.entries(own).filter(([name]) =>
      names.has(name) || (!secrets.has(name) && PREFIXES.some((prefix) => name.startsWith(prefix)))
    ),
  );
}
