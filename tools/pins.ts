/**
 * Versions that are not in deno.json or a Cargo.toml, and the product's own. Each is declared here; where it must be
 * repeated, `ok` compares.
 */
import config from "../deno.json" with { type: "json" };

/** The product's version, from deno.json. */
export const PRODUCT: string = config.version;

/** The runtime of the tasks, which is packed into dist/legend. */
export const DENO = {
  version: "2.9.6",
  sha256: "bceb5b6a6239b0b010418406d8c77a508f67cf4337d94288f1c19fe71304aab0",
} as const;

/** ClickHouse as a library (Apache-2.0), pinned by content. */
export const CLICKHOUSE = {
  name: "@chdb/lib-linux-x64-gnu",
  version: "26.7.3-stable.1",
  integrity:
    "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
  /** Of the library itself; checked again each time it is taken from the cache. */
  sha256: "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
} as const;

/** The wheels that the training engines come in. */
export const XGBOOST = {
  name: "xgboost-cpu",
  version: "3.2.0",
  sha256: "9c10b1653e1a689bf4094a328144cf3633c9be0e5217a76fbdc2fde6abcb2950",
} as const;
export const LIGHTGBM = {
  name: "lightgbm",
  version: "4.7.0",
  sha256: "d23e922acd891e77212e4d0fbcee9ba973c96dee479491341d05ba595357ebb7",
} as const;

/** What tests run beside the product: a broker with its logger, an S3 server. */
export const KAFKA = "4.3.1";
export const LOG4J = "2.25.4";
export const VERSITYGW = "v1.8.0";

/** An npm package as deno.json has it, for the words of a command: `npm:name@version`. */
export const npmPackage = (name: keyof typeof config.imports): string => config.imports[name];

/** What is wrong with the Deno in use; undefined: it is the pinned one. */
export const otherDeno = (version: string = Deno.version.deno): string | undefined =>
  version === DENO.version
    ? undefined
    : `Cannot continue with Deno ${version}: need ${DENO.version}, write \`npx -y deno@${DENO.version} task …\``;
