/** Every configuration key, once: defaults, types, TOML, environment, flags and documentation follow from these rows. */
import { decimalOf } from "../platform/decimal.ts";
import { z } from "zod";
import { AddressRanges, originsOf } from "../platform/net.ts";
import { messageOf } from "../platform/errors.ts";
import { FORMATS, LEVELS } from "../platform/logger.ts";

export interface ConfigKey {
  /** `section.name` in TOML, or a top-level name. */
  readonly key: string;
  readonly type: z.ZodType;
  /** Text form of the default; "" for none. */
  readonly default: string;
  readonly env?: string;
  readonly flag?: string;
  readonly doc: string;
  /** Never printed, never read from TOML; `NAME_FILE` and systemd credentials are read too. */
  readonly secret?: true;
}

const text = z.string().max(4096);
const port = z.preprocess(decimalOf, z.number().int().min(1).max(65_535));
const count = (min: number, max: number, why?: string) =>
  z.preprocess(decimalOf, z.number().int().min(min).max(max, why));
const flag = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((word) => word === "true" || word === "1"),
]);
const secret = text.min(16, "need at least 16 characters");
/** The type of a text that `parse` accepts without throwing. */
const parsed = (parse: (text: string) => unknown) =>
  text.superRefine((value, context) => {
    try {
      parse(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  });
const url = z.union([z.literal(""), z.url({ protocol: /^https?$/ })]);

const ROWS = [
  {
    key: "api.connections_max",
    type: count(8, 100_000),
    default: "4096",
    doc:
      "Most connections to the page and the API at once; less if the process's limit of open files is lower",
  },
  {
    key: "api.connections_per_address",
    type: count(4, 100_000),
    default: "1024",
    doc: "Most connections from one address at once; addresses in `api.trusted_proxies` may have more",
  },
  {
    key: "api.insecure_listen",
    type: flag,
    default: "false",
    flag: "insecure-listen",
    doc: "Allow an `api.listen` other than loopback without TLS",
  },
  {
    key: "api.listen",
    type: text,
    default: "127.0.0.1",
    flag: "listen",
    doc: "Address the page and the API listen on",
  },
  {
    key: "api.open_metrics",
    type: flag,
    default: "false",
    doc: "Serve `/metrics` and the OpenAPI file without a login, only on loopback",
  },
  {
    key: "api.origins",
    type: parsed(originsOf),
    default: "",
    doc:
      "Origins where browsers open the page besides `api.listen`, `https://legend.example,…`: list each host name and proxy here",
  },
  {
    key: "api.path_prefix",
    type: z.union([z.literal(""), text.regex(/^(\/[a-z0-9_-]+)+$/, "need for example /legend")]),
    default: "",
    doc: "Path prefix of every route, for a proxy that serves the page below a path",
  },
  {
    key: "api.port",
    type: port,
    default: "8080",
    env: "API_PORT",
    flag: "port",
    doc: "Port of the page and the API, 1..65535",
  },
  {
    key: "api.rate_limit_per_second",
    type: count(1, 1_000_000),
    default: "1000",
    env: "RATE_LIMIT_PER_SECOND",
    doc: "Requests per second for each user, key and address",
  },
  {
    key: "api.secure_cookies",
    type: flag,
    default: "false",
    doc: "Send cookies only over TLS, and HSTS; set it if a proxy terminates TLS",
  },
  {
    key: "api.trusted_proxies",
    type: parsed((value) => new AddressRanges(value)),
    default: "",
    doc:
      "Addresses of proxies whose X-Forwarded-For, -Proto and -Host are trusted, `127.0.0.1,10.0.0.0/8`; empty = none",
  },
  {
    key: "api.workers",
    type: count(1, 1, "need 1: one process serves the page and the API of a data folder"),
    default: "1",
    env: "API_WORKERS",
    doc: "API processes; only 1: one process serves a data folder",
  },
  {
    key: "audit.anchor",
    type: text,
    default: "",
    doc:
      "File on another disk, to which the signed heads of the audit are also written, for `legend audit verify`; empty = none",
  },
  {
    key: "auth.jwt_aud",
    type: text,
    default: "defi-users",
    env: "JWT_AUD",
    doc: "Audience of access tokens",
  },
  {
    key: "auth.jwt_iss",
    type: text,
    default: "defi-dashboard",
    env: "JWT_ISS",
    doc: "Issuer of access tokens",
  },
  {
    key: "auth.jwt_secret_key",
    type: secret,
    default: "",
    env: "JWT_SECRET_KEY",
    secret: true,
    doc: "Key that signs access tokens",
  },
  {
    key: "auth.master_api_key",
    type: secret,
    default: "",
    env: "MASTER_API_KEY",
    secret: true,
    doc: "API key with every right",
  },
  {
    key: "clickhouse.database",
    type: text.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "need a plain name"),
    default: "mev",
    env: "CLICKHOUSE_DATABASE",
    doc: "ClickHouse database",
  },
  {
    key: "clickhouse.host",
    type: text,
    default: "",
    env: "CLICKHOUSE_HOST",
    doc: "ClickHouse host, when `clickhouse.url` is empty",
  },
  {
    key: "clickhouse.kafka_engine",
    type: flag,
    default: "false",
    doc: "Let `legend db migrate` also create ClickHouse's own Kafka engine tables",
  },
  {
    key: "clickhouse.password",
    type: text,
    default: "",
    env: "CLICKHOUSE_PASSWORD",
    secret: true,
    doc: "Password for the ClickHouse server, when `clickhouse.url` has none",
  },
  {
    key: "clickhouse.port",
    type: port,
    default: "8123",
    env: "CLICKHOUSE_PORT",
    doc: "ClickHouse HTTP port, when `clickhouse.url` is empty",
  },
  {
    key: "clickhouse.storage_policy",
    type: z.union([z.literal(""), text.regex(/^[A-Za-z0-9_]+$/, "need a plain name")]),
    default: "",
    doc:
      "Storage policy for the tables, which contains `clickhouse.tier_volume`; empty = the server's default",
  },
  {
    key: "clickhouse.tier_days",
    type: count(1, 36_500),
    default: "7",
    doc: "Days after which rows move to `clickhouse.tier_volume`",
  },
  {
    key: "clickhouse.tier_volume",
    type: z.union([z.literal(""), text.regex(/^[A-Za-z0-9_]+$/, "need a plain name")]),
    default: "",
    doc: "Volume of the server's storage policy, on S3 for example, that old rows move to; empty = none",
  },
  {
    key: "clickhouse.ttl_days",
    type: count(0, 36_500),
    default: "30",
    doc: "Days that rows are kept; 0 = for ever",
  },
  {
    key: "clickhouse.url",
    type: url,
    default: "",
    env: "CLICKHOUSE_URL",
    doc: "URL of the ClickHouse server, with or without user and password; empty = the local store",
  },
  {
    key: "clickhouse.user",
    type: text,
    default: "default",
    env: "CLICKHOUSE_USER",
    doc: "User for the ClickHouse server, when `clickhouse.url` has none",
  },
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
    key: "kafka.brokers",
    type: text,
    default: "",
    env: "KAFKA_BROKERS",
    doc: "Kafka brokers `host:port,…`; empty = the embedded log",
  },
  {
    key: "kafka.create_topics",
    type: flag,
    default: "true",
    doc: "Create topics that are missing on Kafka; otherwise wait for them",
  },
  {
    key: "kafka.replicas",
    type: count(0, 100),
    default: "0",
    doc: "Replication factor of the topics that legend creates; 0 = the cluster's default",
  },
  {
    key: "kafka.sasl_mechanism",
    type: z.enum(["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
    default: "",
    env: "KAFKA_SASL_MECHANISM",
    doc: "SASL mechanism for the brokers: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; empty = none",
  },
  {
    key: "kafka.sasl_password",
    type: text,
    default: "",
    env: "KAFKA_SASL_PASSWORD",
    secret: true,
    doc: "SASL password for the brokers",
  },
  {
    key: "kafka.sasl_user",
    type: text,
    default: "",
    env: "KAFKA_SASL_USER",
    doc: "SASL user for the brokers",
  },
  { key: "kafka.tls", type: flag, default: "false", env: "KAFKA_TLS", doc: "Use TLS to the brokers" },
  {
    key: "kafka.tls_ca",
    type: text,
    default: "",
    doc: "File of the certificate authorities to trust; empty = the system's",
  },
  { key: "kafka.tls_cert", type: text, default: "", doc: "File of this host's certificate for mTLS" },
  { key: "kafka.tls_key", type: text, default: "", doc: "File of the certificate's key for mTLS" },
  {
    key: "log.retention_bytes",
    type: count(1 << 20, Number.MAX_SAFE_INTEGER),
    default: String(10 * 2 ** 30),
    doc: "Bytes kept for each topic of the embedded log",
  },
  {
    key: "log.retention_hours",
    type: count(1, 87_600),
    default: "168",
    doc: "Hours that records of the embedded log are kept",
  },
  {
    key: "log.segment_bytes",
    type: count(64 << 10, 2 ** 31),
    default: String(64 * 2 ** 20),
    doc: "Size of one file of the embedded log",
  },
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
    key: "mirror.enabled",
    type: flag,
    default: "false",
    doc: "Let `legend run` also keep the older JSON topics beside the typed ones",
  },
  {
    key: "models.foreign",
    type: flag,
    default: "false",
    doc: "Allow models that contain code of their own; that code has all rights of the agent",
  },
  {
    key: "realtime.batch_max_size",
    type: count(1, 4096),
    default: "256",
    env: "BATCH_MAX_SIZE",
    doc: "Most events in one frame to a browser",
  },
  {
    key: "realtime.batch_window_ms",
    type: count(10, 25),
    default: "20",
    env: "BATCH_WINDOW_MS",
    doc: "Milliseconds for which events are collected into one frame, 10..25",
  },
  {
    key: "realtime.proto_topic",
    type: text,
    default: "",
    env: "PROTO_TOPIC",
    doc: "Topic for an agent's decisions; empty = its module's topic",
  },
  {
    key: "realtime.webtransport",
    type: flag.refine((isOn) => !isOn, "need false: WebTransport is not served yet"),
    default: "false",
    env: "ENABLE_WEBTRANSPORT",
    doc: "Serve WebTransport beside WebSocket; only `false`: it is not served yet",
  },
  {
    key: "realtime.wt_port",
    type: port,
    default: "4433",
    env: "WT_PORT",
    doc: "Port of WebTransport, 1..65535; nothing listens there yet",
  },
  {
    key: "s3.access_key_id",
    type: text,
    default: "",
    env: "AWS_ACCESS_KEY_ID",
    secret: true,
    doc: "Access key id for the S3 endpoint",
  },
  {
    key: "s3.buckets",
    type: text,
    default: "",
    doc: "Buckets that `s3://` outputs may go to, separated by commas; empty = none",
  },
  {
    key: "s3.endpoint",
    type: url,
    default: "",
    env: "AWS_ENDPOINT_URL",
    doc: "S3 endpoint for `s3://` outputs; empty = AWS's own of the region",
  },
  { key: "s3.region", type: text, default: "us-east-1", env: "AWS_REGION", doc: "Region of the S3 endpoint" },
  {
    key: "s3.secret_access_key",
    type: text,
    default: "",
    env: "AWS_SECRET_ACCESS_KEY",
    secret: true,
    doc: "Secret key for the S3 endpoint",
  },
  {
    key: "store.bytes_max",
    type: count(1 << 20, Number.MAX_SAFE_INTEGER),
    default: String(50 * 2 ** 30),
    doc: "Most bytes of the local store; beyond them its oldest months are deleted",
  },
  {
    key: "store.enabled",
    type: flag,
    default: "true",
    doc: "Let `legend run` keep a local store when no ClickHouse server is configured",
  },
  {
    key: "store.memory_bytes",
    type: count(256 << 20, Number.MAX_SAFE_INTEGER),
    default: String(2 * 2 ** 30),
    doc: "Most memory for the local store",
  },
  {
    key: "store.port",
    type: count(0, 65_535),
    default: "0",
    doc: "Port of the local store on loopback; 0 = any free port",
  },
  {
    key: "store.tier_url",
    type: url,
    default: "",
    doc:
      "URL of a bucket's folder that the local store moves rows to after `clickhouse.tier_days`; empty = none",
  },
  {
    key: "tips.file",
    type: text,
    default: "",
    doc:
      'File of tip accounts in addition to the built-in ones, one `{"account": "…", "service": "…"}` a line; a line wins over the built-in table',
  },
] as const satisfies readonly ConfigKey[];

/** Every key and its meaning. */
export const CONFIG_KEYS: readonly ConfigKey[] = ROWS;

type Row = typeof ROWS[number];
/** The name of a key; any other name does not compile. */
export type SettingName = Row["key"];
/** The type of this key's value. */
export type SettingOf<Name extends SettingName> = z.output<Extract<Row, { key: Name }>["type"]>;

/** The row of a key. */
export function configKey(key: string): ConfigKey | undefined {
  return CONFIG_KEYS.find((row) => row.key === key);
}
