/** An attacker without a login, on many connections, while an administrator kills and logs in. */
import { freePort } from "../../tools/kafka.ts";
import { command, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

export interface StrangerOptions {
  readonly seconds: number;
  readonly connections: number;
}

export interface StrangerResult {
  /** Milliseconds from the request of a kill to its answer. */
  readonly kills: readonly number[];
  /** Milliseconds of the administrator's logins: by the browser used before, and without its cookie. */
  readonly logins: readonly number[];
  /** Growth of the API's memory. */
  readonly growthBytes: number;
  /** Milliseconds of refusals for existing and for unknown names, by status. */
  readonly timesOf: Readonly<Record<string, TimesOfNames>>;
  readonly requests: number;
}

interface TimesOfNames {
  readonly known: readonly number[];
  readonly unknown: readonly number[];
}

const KEY = "master-key-of-the-test-01234567";
const ADMIN = { user: "admin", password: "a password of the admin" };
const JSON_TYPE = { "content-type": "application/json" };
const CONFIG = '[store]\nenabled = false\n[api]\ntrusted_proxies = "127.0.0.1"\n';
const LIMIT_MS = 60_000;
const KILL_EVERY_MS = 200;
const LOGIN_EVERY_MS = 1_000;

/**
 * How far two lists differ by rank, in standard deviations of pure chance (Mann-Whitney, no ties): beyond 3 once in 370
 * comparisons of equal distributions.
 */
function apart(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((ms) => ({ ms, isOne: true })), ...other.map((ms) => ({ ms, isOne: false }))];
  const ranks = all.toSorted((a, b) => a.ms - b.ms).reduce(
    (sum, { isOne }, at) => sum + (isOne ? at + 1 : 0),
    0,
  );
  const [n, m] = [one.length, other.length];
  const u = ranks - n * (n + 1) / 2;
  return (u - n * m / 2) / Math.sqrt(n * m * (n + m + 1) / 12);
}

/** The value below which this share lies. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]) * 1024;

/** The API part of the installation in `data`. */
function apiOf(data: string): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words.includes(data) && words.includes("api") && words.includes("run")) return Number(name);
    } catch {
      // The process ended while it was inspected.
    }
  }
  throw new Error(`no API runs on ${data}`);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await isSo().catch(() => false)) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await delay(50);
  }
}

/** What an attacker sees of logins. */
interface Seen {
  requests: number;
  /** Milliseconds by status. */
  readonly times: Record<string, { known: number[]; unknown: number[] }>;
}

/** Many times the maximum size of a body. */
const LARGE = new TextEncoder().encode(JSON.stringify({ user: "x".repeat(4 << 20), password: "x" }));

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });

/** An attacker with many addresses: the proxy in front reports each. */
const anotherAddress = () => `198.18.${Math.trunc(Math.random() * 256)}.${Math.trunc(Math.random() * 256)}`;

/** Tries names, including the administrator's: always from one address, or each time from another. */
async function guess(url: string, seen: Seen, at: number, isOneAddress: boolean): Promise<void> {
  // By chance: in turn, all attackers would try the same name at the same time.
  const isKnown = Math.random() < 0.5;
  const user = isKnown ? ADMIN.user : "stranger";
  const from: Record<string, string> = isOneAddress ? {} : { "x-forwarded-for": anotherAddress() };
  const begun = performance.now();
  const { status, body } = await post(`${url}/api/auth/login`, { user, password: `wrong ${at}` }, from);
  await body?.cancel();
  const times = seen.times[status] ??= { known: [], unknown: [] };
  times[isKnown ? "known" : "unknown"].push(performance.now() - begun);
}

/** A request that is never complete; held for a while. */
async function half(port: number, text: string, signal: AbortSignal): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(new TextEncoder().encode(text));
    for (let n = 0; n < 10 && !signal.aborted; n++) await delay(100);
  } finally {
    connection.close();
  }
}

/** Bodies and headers that are too large. */
async function bomb(url: string, at: number): Promise<void> {
  const answer = at % 2 === 0
    ? await fetch(`${url}/api/auth/login`, { method: "POST", headers: JSON_TYPE, body: LARGE })
    : await fetch(`${url}/api/health`, { headers: { "x-long": "x".repeat(200_000) } });
  await answer.body?.cancel();
}

const HALVES = [
  'POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"',
  "GET /api/health HTTP/1.1\r\nHost: 127.0",
  "GET /api/realtime/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\u0001\u0082",
];

async function attack(
  url: string,
  port: number,
  lane: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  for (let at = lane; !signal.aborted; at++) {
    try {
      if (lane % 4 < 2) await guess(url, seen, at, lane % 4 === 0);
      else if (lane % 4 === 2) await half(port, HALVES[at % HALVES.length]!, signal);
      else await bomb(url, at);
      seen.requests += 1;
    } catch {
      // Refused before it reached a handler.
      await delay(20);
    }
  }
}

/** Changes the first password; returns the browser's cookie. */
async function admit(url: string, data: string): Promise<string> {
  const password = /^password: (.*)$/m.exec(await Deno.readTextFile(`${data}/first-login`))![1]!;
  const first = await (await post(`${url}/api/auth/login`, { user: "admin", password })).json();
  const changed = await post(
    `${url}/api/auth/password`,
    { current: password, next: ADMIN.password },
    { authorization: `Bearer ${first.access_token}` },
  );
  if (!changed.ok) throw new Error(`the password was not changed: ${await changed.text()}`);
  await changed.body?.cancel();
  const login = await post(`${url}/api/auth/login`, ADMIN, { "x-requested-with": "dashboard" });
  await login.body?.cancel();
  const deviceCookie = login.headers.getSetCookie().find((one) => one.startsWith("legend_device="));
  if (!deviceCookie) throw new Error("the browser got no mark");
  return deviceCookie.split(";")[0]!;
}

/** Repeats a call until the end; returns how long each took. */
async function measure(
  everyMs: number,
  signal: AbortSignal,
  call: (n: number) => Promise<Response>,
): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; !signal.aborted; n++) {
    const begun = performance.now();
    const answer = await call(n);
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the administrator was answered ${answer.status}`);
    times.push(performance.now() - begun);
    // Paces the calls.
    await delay(everyMs);
  }
  return times;
}

export async function stranger({ seconds, connections }: StrangerOptions): Promise<StrangerResult> {
  let result: StrangerResult | undefined;
  await withFolder(async (folder) => {
    const data = `${folder}/data`;
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    await Deno.writeTextFile(`${folder}/legend.toml`, CONFIG);
    const words = ["--config", `${folder}/legend.toml`, "--data-dir", data];
    const child = command(["run", "--source", "sim:7", "--speed", "1", "--port", String(port), ...words], {
      env: { MASTER_API_KEY: KEY },
    }).spawn();
    const output = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    try {
      const kill = () =>
        post(`${url}/api/control/module/mev:kill`, { reason: "a test" }, { "x-api-key": KEY });
      await until("a kill reaches the agent", async () => {
        const answer = await post(`${url}/api/control/module/mev:kill?wait=receipt`, {}, {
          "x-api-key": KEY,
        });
        return (await answer.json()).sent?.[0]?.receipt?.applied === true;
      });
      const deviceCookie = await admit(url, data);
      const api = apiOf(data);
      const before = memoryOf(api);
      // A separate process: their own cost must not count as the API's time.
      const attackers = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "-q",
          import.meta.url,
          "attack",
          String(port),
          String(connections),
          String(seconds),
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).output();
      const end = AbortSignal.timeout(seconds * 1_000);
      const [kills, logins] = await Promise.all([
        measure(KILL_EVERY_MS, end, kill),
        measure(LOGIN_EVERY_MS, end, () => post(`${url}/api/auth/login`, ADMIN, { cookie: deviceCookie })),
      ]);
      const growthBytes = memoryOf(api) - before;
      const { success, stdout } = await attackers;
      if (!success) throw new Error("the strangers did not get through their attack");
      result = { kills, logins, growthBytes, ...JSON.parse(new TextDecoder().decode(stdout)) };
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await Promise.all(output);
    }
  });
  return result!;
}

/** The attackers' part of a result. */
async function attackers(port: number, connections: number, seconds: number) {
  const seen: Seen = { requests: 0, times: {} };
  const end = AbortSignal.timeout(seconds * 1_000);
  const url = `http://127.0.0.1:${port}`;
  await Promise.all(Array.from({ length: connections }, (_, lane) => attack(url, port, lane, seen, end)));
  return { timesOf: seen.times, requests: seen.requests };
}

const print = (value: unknown) => Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));

if (import.meta.main && Deno.args[0] === "attack") {
  const [, port, connections, seconds] = Deno.args.map(Number);
  await print(await attackers(port!, connections!, seconds!));
  // Answers that are still pending do not matter.
  Deno.exit(0);
}

/** One line of figures, and whether each is within its limit. */
function report({ kills, logins, growthBytes, timesOf, requests }: StrangerResult) {
  const names = Object.entries(timesOf).map(([status, { known, unknown }]) => ({
    status,
    counts: [known.length, unknown.length],
    median_ms: [quantile(known, 0.5), quantile(unknown, 0.5)].map(Math.round),
    apart: Number(apart(known, unknown).toFixed(2)),
  }));
  const figures = {
    requests,
    kills: kills.length,
    kill_p50_ms: Math.round(quantile(kills, 0.5)),
    kill_p99_ms: Math.round(quantile(kills, 0.99)),
    logins: logins.length,
    login_max_ms: Math.round(Math.max(...logins)),
    growth_mib: Math.round(growthBytes / 2 ** 20),
    names,
  };
  const faults = [
    ...(figures.kill_p99_ms <= 200 ? [] : ["kills"]),
    ...(figures.login_max_ms <= 1_000 ? [] : ["logins"]),
    ...(figures.growth_mib <= 64 ? [] : ["memory"]),
    ...(names.every(({ median_ms: [a = 0, b = 0], apart }) =>
        Math.abs(apart) < 3 || Math.abs(a - b) <= 0.15 * a
      )
      ? []
      : ["names"]),
  ];
  return { ...figures, faults };
}

if (import.meta.main && Deno.args[0] !== "attack") {
  const reported = report(
    await stranger({ seconds: Number(Deno.args[0] ?? 60), connections: Number(Deno.args[1] ?? 64) }),
  );
  await print(reported);
  Deno.exit(reported.faults.length === 0 ? 0 : 1);
}
