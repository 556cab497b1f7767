import assert from "node:assert/strict";
import { childEnvironment } from "./child_environment.ts";

/** Written down by hand: who uses what. */
const OWN = {
  PATH: "/bin",
  HOME: "/home/op",
  LD_LIBRARY_PATH: "/opt/cuda",
  LD_PRELOAD: "/lib/x.so",
  GITHUB_TOKEN: "t",
  API_PORT: "8080",
  LEGEND_DATA_DIR: "/srv/legend",
  MASTER_API_KEY: "m",
  MASTER_API_KEY_FILE: "/etc/m",
  JWT_SECRET_KEY: "j",
  CTRL_SIGN_SK_HEX: "c",
  CLICKHOUSE_PASSWORD: "p",
  CLICKHOUSE_URL: "http://u:p@host:8123/",
  KAFKA_SASL_PASSWORD: "k",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "s",
};
const PLAIN = ["API_PORT", "HOME", "LEGEND_DATA_DIR", "PATH"];
const ROWS: Record<string, string[]> = {
  "run agent mev --part": ["CTRL_SIGN_SK_HEX", "KAFKA_SASL_PASSWORD"],
  "run api --part": [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "CLICKHOUSE_PASSWORD",
    "CLICKHOUSE_URL",
    "CTRL_SIGN_SK_HEX",
    "JWT_SECRET_KEY",
    "KAFKA_SASL_PASSWORD",
    "MASTER_API_KEY",
    "MASTER_API_KEY_FILE",
  ],
  "run link --part": ["CTRL_SIGN_SK_HEX", "KAFKA_SASL_PASSWORD"],
  "run mirror --part": ["KAFKA_SASL_PASSWORD"],
  "run sink --part": ["CLICKHOUSE_PASSWORD", "CLICKHOUSE_URL", "KAFKA_SASL_PASSWORD"],
  "run store --part": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  "run worker --part": [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "CLICKHOUSE_PASSWORD",
    "CLICKHOUSE_URL",
    "CTRL_SIGN_SK_HEX",
    "KAFKA_SASL_PASSWORD",
  ],
  "__unpack clickhouse": [],
};

for (const [words, secrets] of Object.entries(ROWS)) {
  Deno.test(`L6: \`${words}\` gets the secrets that it uses, and nothing of the shell's that it does not need`, () => {
    const given = Object.keys(childEnvironment(OWN, words.split(" "))).sort();
    assert.deepEqual(given, [...PLAIN, ...secrets].sort());
  });
}
