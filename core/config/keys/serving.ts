/** Keys of what people reach: the page and the API, logins, the audit, the live stream. */
import { type ConfigKey, count, flag, parsed, port, secret, text } from "./types.ts";
import { z } from "zod";
import { AddressRanges, originsOf } from "../../platform/net.ts";

export const SERVING_KEYS = [
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
] as const satisfies readonly ConfigKey[];
