/**
 * `deno task accept`: promises with a limit, on the executable. Each prints value and limit; three times the limit
 * fails.
 */
import { openDataDir } from "../core/platform/data_dir.ts";
import { DatabaseSync } from "node:sqlite";
import { AuditChain } from "../core/audit/chain.ts";
import { HeadSigner } from "../core/audit/head.ts";
import { PublishedHeads } from "../core/audit/published_heads.ts";
import { verifyAudit } from "../core/audit/verify.ts";
import { openDatabase } from "../core/platform/database.ts";
import { Library } from "../ffi/library.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { ModelRegistry } from "../ffi/models.ts";
import { jobs } from "../proto/wire.ts";
import { exec, must, say, task } from "./command.ts";
import { EXECUTABLE, LIBRARY, ROOT } from "./paths.ts";
import { storeUse } from "../tests/kafka/store_use.ts";
import { pageWeights } from "../tests/e2e/page_weight.ts";
import { registerSmallModel } from "../tests/e2e/small_model.ts";
import { delay } from "../core/platform/delay.ts";

const FAIL_AT = 3;

interface Promised {
  name: string;
  limit: number;
  /** Milliseconds by default. */
  unit?: string;
  measure(folder: string): Promise<number>;
}

async function milliseconds(args: string[], env: Record<string, string>): Promise<number> {
  const begin = performance.now();
  const { code } = await exec(EXECUTABLE, args, { env, capture: true });
  if (code !== 0) throw new Error(`Cannot accept: legend ${args.join(" ")} ended with ${code}`);
  return performance.now() - begin;
}

/** Kills a run in the middle, then measures how long the next verb needs until it has read the log. */
async function readyAfterKill(folder: string): Promise<number> {
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const data = ["--data-dir", `${folder}/data`];
  openDataDir(`${folder}/data`);
  await milliseconds(["topics", "create", ...data], env);
  let slowest = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const args = ["run", "--source", `file:${ROOT}/examples`, ...data];
    const child = new Deno.Command(EXECUTABLE, { args, env, stdout: "null", stderr: "null" }).spawn();
    await delay(60 + attempt * 8);
    try {
      child.kill("SIGKILL");
    } catch {
      // The process ended before the kill; the restart is timed all the same.
    }
    await child.status;
    slowest = Math.max(
      slowest,
      await milliseconds(["topics", "tail", "decision-evidence", "--from", "start", ...data], env),
    );
  }
  return slowest;
}

/** Extracts the ClickHouse library of the full build: not unpacked by a start, unpacked completely on request. */
async function unpackClickhouse(folder: string): Promise<number> {
  await must(`${ROOT}/compile.sh`, ["--fast"]);
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  await milliseconds(["version"], env);
  const runtimes = () =>
    [...Deno.readDirSync(`${folder}/cache`)].filter(({ isDirectory }) => isDirectory).length;
  if (runtimes() !== 1) throw new Error("Cannot accept: a normal start unpacked more than the runtime");
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
      const status = await Deno.readTextFile(`${data}/agents/mev.status.json`).catch(() => "");
      if (status.includes('"transactions":') && !status.includes('"transactions":0,')) break;
      await delay(10);
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

/** Time from the signing of a kill until the agent reports that it holds; both times by this host's clock. */
async function killTakes(data: string, folder: string): Promise<number> {
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const answers = (await must(EXECUTABLE, ["kill", "--json", "--data-dir", data], { env, capture: true }))
    .trim().split("\n");
  return Math.max(...answers.map((line) => {
    const { receipt, at_ms, path, module } = JSON.parse(line);
    if (!receipt?.applied) throw new Error(`Cannot accept: the kill was not applied: ${line}`);
    // An agent that does not run is killed on disk; this is not what is measured.
    return path === "disk" && module === "arbitrage"
      ? 0
      : Number(BigInt(receipt.applied_ns) / 1000n) / 1000 - at_ms;
  }));
}

/** Kills `legend run` while something that it might need is missing, then starts it again: it must still be killed. */
async function killWithout(
  folder: string,
  data: string,
  break_: (data: string) => Promise<() => void>,
): Promise<number> {
  const port = 18_400 + Math.trunc(Math.random() * 1_000);
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const args = ["run", "--source", "sim", "--speed", "20", "--port", String(port), "--data-dir", data];
  const begin = () => new Deno.Command(EXECUTABLE, { args, env, stdout: "null", stderr: "null" }).spawn();
  const up = async () => {
    for (const module of ["arbitrage", "mev"]) {
      for (;;) {
        const status = await Deno.readTextFile(`${data}/agents/${module}.status.json`).catch(() => "");
        if (/"transactions":[1-9]/.test(status) && status.includes('"state":"running"')) break;
        await delay(10);
      }
    }
  };
  const first = begin();
  let value: number;
  try {
    await up();
    const mend = await break_(data);
    value = await killTakes(data, folder);
    mend();
  } finally {
    first.kill("SIGTERM");
    await first.status;
  }
  for (const module of ["arbitrage", "mev"]) {
    await Deno.remove(`${data}/agents/${module}.status.json`).catch(() => {});
  }
  const second = begin();
  try {
    await up();
    for (const module of ["arbitrage", "mev"]) {
      const { killed, published } = JSON.parse(
        await Deno.readTextFile(`${data}/agents/${module}.status.json`),
      );
      if (!killed || published > 0) throw new Error(`Cannot accept: ${module} is not killed after a restart`);
    }
    // Only a signature lifts it.
    const key = `${data}/keys/control.key`;
    await Deno.rename(key, `${key}.away`);
    await Deno.writeTextFile(key, "00".repeat(32), { mode: 0o600 });
    const forged = await exec(EXECUTABLE, ["unkill", "mev", "--data-dir", data], { env, capture: true });
    await Deno.rename(`${key}.away`, key);
    if (forged.code === 0) throw new Error("Cannot accept: a foreign key lifted the kill");
  } finally {
    second.kill("SIGTERM");
    await second.status;
  }
  return value;
}

const killWithoutApi = (folder: string) =>
  killWithout(folder, `${folder}/data`, async () => {
    const { stdout } = await exec("pgrep", ["-f", `run api.*${folder}`], { capture: true });
    for (const pid of stdout.trim().split("\n")) if (Number(pid) > 1) Deno.kill(Number(pid), "SIGKILL");
    return () => {};
  });

const killWithDatabaseLocked = (folder: string) =>
  killWithout(folder, `${folder}/data`, (data) => {
    const database = new DatabaseSync(`${data}/legend.db`);
    // The API may be writing at this moment.
    database.exec("pragma busy_timeout = 5000; begin exclusive");
    return Promise.resolve(() => {
      database.exec("rollback");
      database.close();
    });
  });

/** Puts the data folder on a small file system of its own, filled to the last byte. */
async function killOnFullDisk(folder: string): Promise<number> {
  const small = `${folder}/small`;
  await Deno.mkdir(small);
  await must("mount", ["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", small]);
  try {
    return await killWithout(folder, `${small}/data`, async () => {
      const ballast = await Deno.open(`${small}/ballast`, { create: true, write: true });
      try {
        for (;;) await ballast.write(new Uint8Array(1 << 16));
      } catch {
        // The disk is full, as intended.
      }
      return () => {
        ballast.close();
        Deno.removeSync(`${small}/ballast`);
      };
    });
  } finally {
    await exec("umount", ["-l", small]);
  }
}

/** A chain of a million entries, verified with as many published heads. */
async function verifyMillion(folder: string): Promise<number> {
  const database = openDatabase(`${folder}/legend.db`);
  database.exec("pragma synchronous = off");
  const signer = new HeadSigner("0a0a0a0a", "07".repeat(32));
  const chain = new AuditChain(database, signer);
  for (let n = 0; n < 1_000_000; n++) {
    chain.append({
      who: "admin",
      action: "policy",
      module: "mev",
      detail: `{"ev_min":${n}}`,
      request_id: `r${n}`,
    });
  }
  const begin = performance.now();
  const trust = { node: signer.node, keys: new Set([signer.key]) };
  const published = new PublishedHeads({ name: "audit-proto", complete: true, shared: false }, trust);
  let last = 0;
  for (let heads = chain.headsAfter(0); heads.length > 0; heads = chain.headsAfter(last)) {
    heads.forEach(({ bytes }) => published.add(bytes));
    last = heads.at(-1)!.seq;
  }
  const { entries, faults } = verifyAudit(database, [published], trust);
  const elapsed = performance.now() - begin;
  database.close();
  if (entries !== 1_000_000 || faults.length > 0) {
    throw new Error(`Cannot accept: ${entries} entries, ${faults.length} faults, ${faults[0]}`);
  }
  return await Promise.resolve(elapsed);
}

/** The agent's JavaScript only counts for ten seconds. */
const killWhileBusy = (folder: string) =>
  withAgent(folder, { LEGEND_CHAOS_JS_BUSY_MS: "10000" }, (data) => killTakes(data, folder));

const killUsually = (folder: string) => withAgent(folder, {}, (data) => killTakes(data, folder));

/** kill -9, then a start of the same agent, timed until it has read the first transaction. */
const readyAfter = (folder: string) =>
  withAgent(folder, {}, (data) => {
    Deno.kill(Number(Deno.readTextFileSync(`${data}/agents/mev.lock`)), "SIGKILL");
    Deno.removeSync(`${data}/agents/mev.status.json`);
    const begin = performance.now();
    return withAgent(folder, {}, () => Promise.resolve(performance.now() - begin));
  });

/** Time from the symlink's rename until the model decides, as the running agent reports it; the slowest of twenty. */
async function modelLive(folder: string): Promise<number> {
  const library = new Library(LIBRARY);
  const versions: string[] = [];
  return await withAgent(folder, {}, async (data) => {
    const registry = new ModelRegistry(library, data);
    let slowest = 0;
    for (let seed = 1; seed <= 20; seed++) versions.push(await registerSmallModel(registry, seed));
    using log = new EmbeddedLog(library, `${data}/log`);
    using topic = await log.topic("model-events-proto");
    for (const version of versions) {
      using reader = await topic.reader((await topic.info()).partitions[0]!.end);
      const begin = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
      registry.select("mev", "latest", version);
      for (let live = false; !live;) {
        if (!await reader.wait(5_000)) throw new Error(`Cannot accept: ${version} did not become live`);
        const answer = reader.read();
        for (const { value } of "records" in answer ? answer.records : []) {
          const event = jobs.ModelEvent.decode(value!);
          if (event.version !== version || event.state === "reaped") continue;
          if (event.state !== "live") {
            throw new Error(`Cannot accept: ${version} is ${event.state}: ${event.reason}`);
          }
          slowest = Math.max(slowest, Number(BigInt(String(event.atNs)) - begin) / 1e6);
          live = true;
        }
      }
    }
    return slowest;
  });
}

/** The heaviest page: the one that transfers most. */
async function heaviestPage(folder: string): Promise<number> {
  const weights = [...await pageWeights(folder)];
  say(`  ${weights.map(([name, bytes]) => `${name} ${bytes}`).join(", ")} bytes`);
  return Math.max(...weights.map(([, bytes]) => bytes));
}

/** Bytes of all topics' files. */
async function logBytes(data: string): Promise<number> {
  using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
  let bytes = 0;
  for (const name of await log.topics()) {
    using topic = await log.topic(name);
    bytes += Number((await topic.info()).bytes);
  }
  return bytes;
}

/**
 * The whole of `legend run` on the simulated chain at its own speed, for two minutes: uncompressed data comes and goes.
 */
async function logGrows(folder: string): Promise<number> {
  const [data, minutes] = [`${folder}/data`, 2];
  const port = 18_400 + Math.trunc(Math.random() * 1_000);
  const args = ["run", "--source", "sim", "--port", String(port), "--data-dir", data];
  const env = { LEGEND_CACHE_DIR: `${folder}/cache` };
  const child = new Deno.Command(EXECUTABLE, { args, env, stdout: "null", stderr: "null" }).spawn();
  try {
    await delay(30_000);
    const before = await logBytes(data);
    await delay(minutes * 60_000);
    return (await logBytes(data) - before) / minutes;
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

/** A figure of the store while it stores what one agent writes, more than 40 rows a second. */
const ofStore = (figure: "cpu" | "descriptors") => async (folder: string) => {
  const use = await storeUse(folder, 60);
  say(
    `  ${use.rowsPerSecond.toFixed(0)} rows a second: ${
      use.cpu.toFixed(1)
    } % of a core, ${use.descriptors} descriptors`,
  );
  return use[figure];
};

const PROMISES: readonly Promised[] = [
  { name: "kill takes effect", limit: 100, measure: killUsually },
  {
    name: "kill takes effect while the agent's JavaScript is busy for 10 s",
    limit: 100,
    measure: killWhileBusy,
  },
  { name: "kill takes effect with the API process dead", limit: 100, measure: killWithoutApi },
  { name: "kill takes effect with the database locked", limit: 100, measure: killWithDatabaseLocked },
  { name: "kill takes effect with the disk full", limit: 100, measure: killOnFullDisk },
  { name: "a million audit entries verified", limit: 10_000, measure: verifyMillion },
  { name: "model live after its symlink was renamed", limit: 50, measure: modelLive },
  { name: "agent ready again after kill -9", limit: 2000, measure: readyAfter },
  { name: "ClickHouse library unpacked on first use", limit: 10_000, measure: unpackClickhouse },
  { name: "log ready again after kill -9", limit: 2000, measure: readyAfterKill },
  {
    name: "the log grows in a minute at the simulator's rate",
    limit: 1_500_000,
    unit: "bytes",
    measure: logGrows,
  },
  { name: "the store's part of a core", limit: 8, unit: "%", measure: ofStore("cpu") },
  { name: "the store's descriptors", limit: 200, unit: "descriptors", measure: ofStore("descriptors") },
  {
    name: "the heaviest open page moves in ten seconds",
    limit: 100_000,
    unit: "bytes",
    measure: heaviestPage,
  },
];

await task(async () => {
  const broken: string[] = [];
  // Arguments select promises by name; by default all run.
  const selected = PROMISES.filter(({ name }) => Deno.args.every((word) => name.includes(word)));
  for (const { name, limit, unit = "ms", measure } of selected) {
    const folder = await Deno.makeTempDir({ prefix: "legend-accept-" });
    try {
      const value = await measure(folder);
      say(
        `${name}: ${value.toFixed(0)} ${unit}, limit ${limit} ${unit}${value > limit ? " EXCEEDED" : ""}`,
      );
      if (value > limit * FAIL_AT) broken.push(name);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  if (broken.length > 0) {
    throw new Error(`Cannot accept: ${broken.join(", ")} at more than ${FAIL_AT} times the limit`);
  }
});
