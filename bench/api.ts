/**
 * `GET /api/metrics/summary` with login, limits and headers: against bare Deno.serve, and FastAPI with the same checks.
 */
import { openDataDir } from "../core/platform/data_dir.ts";
import { must } from "../tools/command.ts";
import { CACHE, EXECUTABLE, ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";
import { delay } from "../core/platform/delay.ts";

const PORTS = { ours: 18201, bare: 18202, fastapi: 18203 };
const PATH = "/api/metrics/summary?module=mev";
const ROUNDS = 5;
const SECONDS = 3;
const KEY = "master-key-of-the-bench-0123456";
const SECRET = "bench-secret-0123456789abcdef0123456789";

interface Running {
  url: string;
  headers: Record<string, string>;
  end(): Promise<void>;
}

async function start(
  command: string,
  args: string[],
  port: number,
  env: Record<string, string>,
): Promise<() => Promise<void>> {
  const child = new Deno.Command(command, { args, env, stdout: "null", stderr: "null" }).spawn();
  for (let tries = 0; tries < 400; tries++) {
    const up = await fetch(`http://127.0.0.1:${port}/api/health/`).then(
      (answer) => answer.body?.cancel().then(() => answer.status === 200),
      () => false,
    );
    if (up) {
      return async () => {
        child.kill("SIGTERM");
        await child.status;
      };
    }
    await delay(50);
  }
  throw new Error(`Cannot bench: ${command} does not answer on ${port}`);
}

/** Requests per second with 16 connections. */
async function rate({ url, headers }: Running): Promise<number> {
  const flags = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const text = await must("wrk", ["-t1", "-c16", `-d${SECONDS}s`, ...flags, url], { capture: true });
  if (/Non-2xx/.test(text)) throw new Error(`Cannot bench ${url}: not every answer was 200\n${text}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]);
}

async function ours(folder: string): Promise<Running> {
  const env = {
    LEGEND_CACHE_DIR: `${folder}/cache`,
    MASTER_API_KEY: KEY,
    JWT_SECRET_KEY: SECRET,
    RATE_LIMIT_PER_SECOND: "1000000",
  };
  const data = `${folder}/data`;
  openDataDir(data);
  // A user created for this benchmark, with a real login.
  const password =
    (await must(EXECUTABLE, ["user", "add", "bench", "viewer", "--data-dir", data], { env, capture: true }))
      .trim();
  const end = await start(
    EXECUTABLE,
    ["run", "api", "--port", String(PORTS.ours), "--data-dir", data],
    PORTS.ours,
    env,
  );
  const url = `http://127.0.0.1:${PORTS.ours}`;
  const call = async (path: string, body: unknown, token = "") => {
    const headers = {
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    return await (await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  const { access_token } = await call("/api/auth/login", { user: "bench", password });
  await call("/api/auth/password", { current: password, next: "the bench's password" }, access_token);
  return { url: url + PATH, headers: { Authorization: `Bearer ${access_token}` }, end };
}

async function bare(): Promise<Running> {
  const end = await start(
    Deno.execPath(),
    ["run", "-q", "-A", `${ROOT}/bench/peers/bare_serve.ts`, String(PORTS.bare)],
    PORTS.bare,
    {},
  );
  return { url: `http://127.0.0.1:${PORTS.bare}${PATH}`, headers: {}, end };
}

async function fastapi(): Promise<Running> {
  const venv = `${CACHE}/fastapi`;
  const there = await Deno.stat(`${venv}/bin/uvicorn`).then(() => true, () => false);
  if (!there) {
    await must("python3", ["-m", "venv", venv]);
    await must(`${venv}/bin/pip`, [
      "install",
      "-q",
      "fastapi==0.115.*",
      "uvicorn[standard]==0.34.*",
      "pyjwt==2.10.*",
    ], { capture: true });
  }
  const args = [
    "--app-dir",
    `${ROOT}/bench/peers`,
    "fastapi_summary:app",
    "--port",
    String(PORTS.fastapi),
    "--log-level",
    "warning",
  ];
  const end = await start(`${venv}/bin/uvicorn`, args, PORTS.fastapi, { JWT_SECRET_KEY: SECRET });
  const { token } = await (await fetch(`http://127.0.0.1:${PORTS.fastapi}/token`)).json();
  return {
    url: `http://127.0.0.1:${PORTS.fastapi}${PATH}`,
    headers: { Authorization: `Bearer ${token}` },
    end,
  };
}

export async function apiBench(): Promise<BenchRow[]> {
  await must(`${ROOT}/compile.sh`, ["--slim", "--fast"]);
  const folder = await Deno.makeTempDir({ prefix: "legend-bench-" });
  const running = [await ours(folder), await bare(), await fastapi()];
  const rates: number[][] = [[], [], []];
  try {
    for (const one of running) await rate(one);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, one] of running.entries()) rates[at]!.push(await rate(one));
    }
  } finally {
    for (const { end } of running) await end();
    await Deno.remove(folder, { recursive: true });
  }
  const [value, plain, python] = rates.map(median) as [number, number, number];
  const row = (peer: string, peer_value: number, limit: number): BenchRow => ({
    name: "metrics_summary",
    value,
    unit: "requests/s",
    peer,
    peer_value,
    ratio: value / peer_value,
    figure: { better: "higher", limit },
  });
  return [row("bare Deno.serve", plain, 0.35), row("FastAPI", python, 8)];
}
