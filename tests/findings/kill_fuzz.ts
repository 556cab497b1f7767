/**
 * Kills under random faults and hostile texts; `deno run -A tests/findings/kill_fuzz.ts COUNT [SEED]` prints the
 * results.
 */
import { DatabaseSync } from "node:sqlite";
import { type ModuleName, MODULES } from "../../core/control/control.ts";
import { randomOf } from "../../tools/random.ts";
import { withFolder } from "../e2e/executable.ts";
import { Disk } from "./disk.ts";
import { assertDead, Installation, killByVerb, type Outcome, until } from "./kill.ts";
import { KillPage } from "./kill_page.ts";

/** Shares of the ways, in kills of 200: API and socket, signal, command line, a user on the page. */
const WAYS = [["api", 150], ["signal", 30], ["verb", 15], ["page", 5]] as const;
type Way = typeof WAYS[number][0];
const TEXTS = [
  "plain",
  "\\ud83d",
  "\\udc00 \\ud83d",
  "\\u0000",
  "\\u001b[2J",
  '\\"}{',
  "\\ud83d\\ude00",
  "x".repeat(500),
];
const STATUSES = ['{"broken', "", "null", "{}", '{"module":"mev","at_ns":1}'];
/** A kill has at most one of these; their shares of all kills. */
const FAULTS = [
  ["database locked", 0.15],
  ["disk full", 0.08],
  ["disk forbids writes", 0.08],
  ["stranger", 0.08],
] as const;
type Fault = typeof FAULTS[number][0] | "none";
/** Installations killed in parallel: a kill mostly waits for the next status. */
const LANES = 2;
const DISK_BYTES = 24 << 20;
const STRANGERS = 4;

/** Each way as often as its share requires, in random order. */
function waysOf(count: number, random: () => number): Way[] {
  const cards = WAYS.flatMap(([way, share]) => Array<Way>(share).fill(way));
  const ways = Array.from({ length: count }, (_, n) => cards[Math.floor((n + 0.5) / count * cards.length)]!);
  for (let at = ways.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [ways[at], ways[other]] = [ways[other]!, ways[at]!];
  }
  return ways;
}

function faultOf(random: () => number): Fault {
  let rest = random();
  for (const [fault, share] of FAULTS) {
    if (rest < share) return fault;
    rest -= share;
  }
  return "none";
}

/** The results of all kills. */
class Tally {
  private readonly counts = new Map<string, number>();
  private readonly times = new Map<string, number[]>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  time(name: string, ms: number): void {
    this.times.set(name, [...this.times.get(name) ?? [], ms]);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Every count whose name has this prefix. */
  list(begin: string): string {
    const all = [...this.counts].filter(([name]) => name.startsWith(begin)).toSorted();
    return all.map(([name, count]) => `${name.slice(begin.length)} ${count}`).join(", ") || "none";
  }

  quantiles(): string {
    return [...this.times].toSorted().map(([name, times]) => {
      const sorted = times.toSorted((one, other) => one - other);
      const at = (q: number) => (sorted[Math.floor(q * (sorted.length - 1))] ?? 0).toFixed(0);
      return `${name} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${sorted.length}`;
    }).join("; ");
  }
}

/** The parameters of one kill, drawn before anything happens, so that a seed repeats it. */
interface Draw {
  readonly way: Way;
  readonly fault: Fault;
  readonly modules: readonly ModuleName[];
  readonly text: string;
  readonly env: Record<string, string>;
  /** Files that are only read for display, and their contents. */
  readonly damages: readonly [file: string, text: string][];
}

function draw(way: Way, random: () => number): Draw {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const one = pick(MODULES);
  const both = random() < 0.4;
  const damages = MODULES.flatMap((module): [string, string][] => [
    ...(random() < 0.2 ? [[`${module}.status.json`, pick(STATUSES)] as [string, string]] : []),
    ...(random() < 0.1 ? [[`${module}.status.reserve`, ""] as [string, string]] : []),
  ]);
  return {
    way,
    fault: faultOf(random),
    modules: both || way === "page" ? MODULES : [one],
    text: pick(TEXTS),
    env: pick<Record<string, string>>([{}, { API_PORT: "notaport" }, { KAFKA_TLS: "yes" }]),
    damages,
  };
}

/** Another process holds the write lock of the accounts and the audit, as a frozen `legend user add` does. */
function lockedDatabase(data: string): AsyncDisposable {
  const database = new DatabaseSync(`${data}/legend.db`, { timeout: 5_000 });
  database.exec("begin immediate");
  let held = true;
  return {
    [Symbol.asyncDispose]() {
      if (held) database.close();
      held = false;
      return Promise.resolve();
    },
  };
}

/** A client without a login that tries passwords on some connections. */
async function stranger({ url }: Installation): Promise<AsyncDisposable> {
  let isRunning = true;
  let answers = 0;
  const tries = Promise.all(Array.from({ length: STRANGERS }, async () => {
    while (isRunning) {
      const answer = await fetch(`${url}/api/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ user: "stranger", password: `wrong ${answers}` }),
      });
      await answer.body?.cancel();
      answers += 1;
    }
  }));
  // This promise is awaited below; until then it must not hide another failure.
  tries.catch(() => {});
  await until(() => answers >= STRANGERS, "the stranger's first answers");
  return {
    async [Symbol.asyncDispose]() {
      isRunning = false;
      await tries;
    },
  };
}

/** One installation and the state of its lane. */
interface Lane {
  readonly installation: Installation;
  readonly disk: Disk | undefined;
  readonly page: KillPage | undefined;
  readonly tally: Tally;
}

function apply(
  fault: Fault,
  { installation, disk, tally }: Lane,
): Promise<AsyncDisposable> | AsyncDisposable {
  const nothing: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };
  if (fault === "none") return nothing;
  if (fault.startsWith("disk") && !disk) {
    tally.add("skipped fault: no disk may be mounted");
    return nothing;
  }
  tally.add(`fault: ${fault}`);
  if (fault === "database locked") return lockedDatabase(installation.data);
  if (fault === "stranger") return stranger(installation);
  return fault === "disk full" ? disk!.full() : disk!.forbidden();
}

/** Kills as drawn; returns whether it held, and the answer. */
async function kill({ way, modules, text, env, fault }: Draw, lane: Lane): Promise<Outcome> {
  const { installation, page, tally } = lane;
  const target = modules.length > 1 ? "all" : modules[0]!;
  if (way === "page") return await page!.kill();
  if (way === "verb") return await killByVerb(installation, target === "all" ? [] : [target], env);
  // The agent cannot answer.
  if (way === "signal") { for (const module of modules) installation.signal(module, "SIGSTOP"); }
  const begin = performance.now();
  const body = `{"module":"${target}","reason":"${text}"}`;
  const { status, text: printed } = await installation.post("/api/control/kill-switch", body);
  const paths = [...new Set([...printed.matchAll(/"path":"(\w+)"/g)].map(([, path]) => path))].join(" and ");
  tally.time(`API by ${paths}${fault === "none" ? "" : `, ${fault}`}`, performance.now() - begin);
  return { held: status === 202 && JSON.parse(printed).ok, printed };
}

/** Runs one kill, checks it, and lifts it. */
async function killOnce(drawn: Draw, lane: Lane, name: string): Promise<void> {
  const { installation, tally } = lane;
  const { way, modules, fault } = drawn;
  for (const [file, text] of drawn.damages) {
    Deno.writeTextFileSync(`${installation.data}/agents/${file}`, text);
  }
  await using active = await apply(fault, lane);
  const { held, printed } = await kill(drawn, lane);
  const written = installation.writtenOfAll();
  await active[Symbol.asyncDispose]();
  if (held) {
    tally.add(`held: ${way}`);
    await assertDead(installation, modules, written, `${name} by ${way}, ${fault}: ${printed.slice(0, 300)}`);
  } else tally.add(`refused: ${way}, ${fault}`);
  for (const module of modules) installation.signal(module, "SIGCONT");
  await installation.lift(modules);
}

/** The kills of one installation. */
async function runLane(ways: readonly Way[], seed: number, tally: Tally): Promise<void> {
  const random = randomOf(seed);
  await withFolder((folder) =>
    Disk.with(
      `${folder}/data/agents`,
      DISK_BYTES,
      (disk) =>
        Installation.start(`${folder}/data`, async (installation) => {
          await using page = ways.includes("page") ? await KillPage.open(installation) : undefined;
          for (const [n, way] of ways.entries()) {
            await killOnce(draw(way, random), { installation, disk, page, tally }, `seed ${seed}, kill ${n}`);
          }
        }),
    )
  );
}

/** Runs `count` kills and returns a line with the results. Throws when a kill reported as held did not kill. */
export async function killFuzz(count: number, seed: number): Promise<string> {
  const tally = new Tally();
  const ways = waysOf(count, randomOf(seed));
  const lanes: Way[][] = Array.from({ length: LANES }, () => []);
  // The page's kills go to the first lane, which has the browser; the others to the shorter one.
  for (const way of ways) {
    const shortest = lanes.reduce((one, other) => other.length < one.length ? other : one);
    (way === "page" ? lanes[0]! : shortest).push(way);
  }
  const begin = performance.now();
  const ended = await Promise.allSettled(lanes.map((lane, at) => runLane(lane, (seed + at) >>> 0, tally)));
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
  const seconds = (performance.now() - begin) / 1000;
  return `kill fuzz, seed ${seed}: ${count} kills in ${seconds.toFixed(0)} s, held: ${
    tally.of("held: api")
  } by API and socket, ` +
    `${tally.of("held: signal")} by signal, ${tally.of("held: verb")} by command line, ` +
    `${tally.of("held: page")} by a person at the page; said that they did not hold: ${
      tally.list("refused: ")
    }; ` +
    `faults: ${tally.list("fault: ")}; skipped faults: ${tally.list("skipped fault: ")}; ` +
    `${tally.quantiles()}; none decided after a success`;
}

if (import.meta.main) {
  const [count = "2000", seed = String(Math.floor(Math.random() * 2 ** 32))] = Deno.args;
  const out = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  out(`seed ${seed}`);
  out(await killFuzz(Number(count), Number(seed)));
}
