/** `deno task accept`: promises with a limit, on the executable; each prints value and limit and fails at three times it. */
import { exec, must, say, task } from "./command.ts";
import { EXECUTABLE, ROOT } from "./paths.ts";

const FAIL_AT = 3;

interface Promised {
  name: string;
  limitMs: number;
  measure(folder: string): Promise<number>;
}

async function milliseconds(args: string[], env: Record<string, string>): Promise<number> {
  const begin = performance.now();
  const { code } = await exec(EXECUTABLE, args, { env, capture: true });
  if (code !== 0) throw new Error(`Cannot accept: legend ${args.join(" ")} ended with ${code}`);
  return performance.now() - begin;
}

/** Kills a run in the middle, then times how long the next verb needs until it has read the log. */
async function readyAfterKill(folder: string): Promise<number> {
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const data = ["--data-dir", `${folder}/data`];
  await milliseconds(["topics", "create", ...data], env);
  let slowest = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const args = ["run", "--source", `file:${ROOT}/examples`, ...data];
    const child = new Deno.Command(EXECUTABLE, { args, env, stdout: "null", stderr: "null" }).spawn();
    await new Promise((resolve) => setTimeout(resolve, 60 + attempt * 8));
    try {
      child.kill("SIGKILL");
    } catch {
      // It was faster than the kill; the restart is timed all the same.
    }
    await child.status;
    slowest = Math.max(
      slowest,
      await milliseconds(["topics", "tail", "decision-evidence", "--from", "start", ...data], env),
    );
  }
  return slowest;
}

/** The full build's ClickHouse library: not unpacked by a start, unpacked whole when asked for. */
async function unpackClickhouse(folder: string): Promise<number> {
  await must(`${ROOT}/compile.sh`, ["--fast"]);
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  await milliseconds(["version"], env);
  const runtimes = () =>
    [...Deno.readDirSync(`${folder}/cache`)].filter(({ isDirectory }) => isDirectory).length;
  if (runtimes() !== 1) throw new Error("Cannot accept: a plain start unpacked more than the runtime");
  const begin = performance.now();
  const place = (await must(EXECUTABLE, ["__unpack", "clickhouse"], { env, capture: true })).trim();
  const elapsed = performance.now() - begin;
  if ((await Deno.stat(`${place}/libchdb.so`)).size < 100e6) {
    throw new Error("Cannot accept: libchdb.so is not whole");
  }
  return elapsed;
}

/** An agent on the simulated chain; ended when `measure` is done. */
async function withAgent(
  folder: string,
  env: Record<string, string>,
  measure: (data: string) => Promise<number>,
): Promise<number> {
  const data = `${folder}/data`;
  const environment = { LEGEND_CACHE_DIR: `${folder}/cache`, ...env };
  const args = ["run", "agent", "mev", "--source", "sim", "--speed", "20", "--data-dir", data];
  const child = new Deno.Command(EXECUTABLE, { args, env: environment, stdout: "null", stderr: "null" })
    .spawn();
  try {
    for (;;) {
      const told = await Deno.readTextFile(`${data}/agents/mev.status.json`).catch(() => "");
      if (told.includes('"transactions":') && !told.includes('"transactions":0,')) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return await measure(data);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // The measure has killed it.
    }
    await child.status;
  }
}

/** From the moment a kill was signed until the agent says that it holds: both are of this host's clock. */
async function killTakes(data: string, folder: string): Promise<number> {
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const answer = JSON.parse(
    await must(EXECUTABLE, ["kill", "mev", "--json", "--data-dir", data], { env, capture: true }),
  );
  if (!answer.receipt?.applied) {
    throw new Error(`Cannot accept: the kill was not applied: ${JSON.stringify(answer)}`);
  }
  const tail = await must(
    EXECUTABLE,
    ["topics", "tail", "control-commands-proto", "--from", "start", "--data-dir", data],
    { env, capture: true },
  );
  const { headers } = JSON.parse(tail.trim().split("\n").at(-1)!);
  return Number(BigInt(answer.receipt.applied_ns) / 1000n) / 1000 - Number(headers["at-ms"]);
}

/** JavaScript of the agent does nothing but count for ten seconds. */
const killWhileBusy = (folder: string) =>
  withAgent(folder, { LEGEND_CHAOS_JS_BUSY_MS: "10000" }, (data) => killTakes(data, folder));

const killUsually = (folder: string) => withAgent(folder, {}, (data) => killTakes(data, folder));

/** kill -9, then a start of the same agent until it has read the first transaction. */
const readyAgain = (folder: string) =>
  withAgent(folder, {}, (data) => {
    Deno.kill(Number(Deno.readTextFileSync(`${data}/agents/mev.lock`)), "SIGKILL");
    Deno.removeSync(`${data}/agents/mev.status.json`);
    const begin = performance.now();
    return withAgent(folder, {}, () => Promise.resolve(performance.now() - begin));
  });

const PROMISES: readonly Promised[] = [
  { name: "kill takes effect", limitMs: 100, measure: killUsually },
  {
    name: "kill takes effect while the agent's JavaScript is busy for 10 s",
    limitMs: 100,
    measure: killWhileBusy,
  },
  { name: "agent ready again after kill -9", limitMs: 2000, measure: readyAgain },
  { name: "ClickHouse library unpacked on first use", limitMs: 10_000, measure: unpackClickhouse },
  { name: "log ready again after kill -9", limitMs: 2000, measure: readyAfterKill },
];

await task(async () => {
  const broken: string[] = [];
  for (const { name, limitMs, measure } of PROMISES) {
    const folder = await Deno.makeTempDir({ prefix: "legend-accept-" });
    try {
      const value = await measure(folder);
      say(`${name}: ${value.toFixed(0)} ms, limit ${limitMs} ms${value > limitMs ? " PASSED OVER" : ""}`);
      if (value > limitMs * FAIL_AT) broken.push(name);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  if (broken.length > 0) {
    throw new Error(`Cannot accept: ${broken.join(", ")} at more than ${FAIL_AT} times the limit`);
  }
});
