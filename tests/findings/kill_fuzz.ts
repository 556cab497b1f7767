/** Kills under random faults and hostile texts; `deno run -A tests/findings/kill_fuzz.ts COUNT [SEED]` prints what came of them. */
import { DatabaseSync } from "node:sqlite";
import { type ModuleName, MODULES } from "../../core/control.ts";
import { withFolder } from "../e2e/executable.ts";
import { assertDead, Installation, killByVerb, type Outcome } from "./kill.ts";

/** Shares of the ways, in kills of 200: API and socket, signal, command line, page's own route. */
const WAYS = [["api", 150], ["signal", 30], ["verb", 15], ["page", 5]] as const;
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

/** A generator that a printed seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One kill of a random way and fault; whether it held, and what it said. */
async function kill(
  installation: Installation,
  random: () => number,
  modules: readonly ModuleName[],
): Promise<Outcome & { way: string }> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const ways = WAYS.flatMap(([way, share]) => Array<typeof way>(share).fill(way));
  const way = pick(ways);
  const target = modules.length > 1 ? "all" : modules[0]!;
  const text = pick(TEXTS);
  for (const module of MODULES) {
    if (random() < 0.2) {
      Deno.writeTextFileSync(`${installation.data}/agents/${module}.status.json`, pick(STATUSES));
    }
    if (random() < 0.1) Deno.writeTextFileSync(`${installation.data}/agents/${module}.status.reserve`, "");
  }
  if (way === "signal") {
    // An agent that cannot answer: frozen, or with its socket gone for the sender.
    for (const module of modules) installation.signal(module, "SIGSTOP");
  }
  if (way === "verb") {
    const env = pick<Record<string, string>>([{}, { API_PORT: "notaport" }, { KAFKA_TLS: "yes" }]);
    return { way, ...await killByVerb(installation, target === "all" ? [] : [target], env) };
  }
  const body = `{"module":"${target}","reason":"${text}"}`;
  const { status, text: said } = await installation.post(
    `/api/control/kill-switch${way === "page" ? "?wait=receipt" : ""}`,
    body,
  );
  return { way, held: status === 202 && JSON.parse(said).ok, said };
}

/** Holds the write lock of the accounts and the audit until it is disposed. */
function lockedDatabase(data: string): Disposable {
  const database = new DatabaseSync(`${data}/legend.db`, { timeout: 5_000 });
  database.exec("begin immediate");
  let held = true;
  return {
    [Symbol.dispose]() {
      if (held) database.close();
      held = false;
    },
  };
}

/** `count` kills on one installation; a line with what came of them. Throws when one that held had not killed. */
export async function killFuzz(count: number, seed: number): Promise<string> {
  const random = randomOf(seed);
  const held: Record<string, number> = { api: 0, signal: 0, verb: 0, page: 0 };
  let refused = 0;
  const times: number[] = [];
  await withFolder((folder) =>
    Installation.start(`${folder}/data`, async (installation) => {
      for (let n = 0; n < count; n++) {
        const modules = random() < 0.4 ? MODULES : [MODULES[Math.floor(random() * MODULES.length)]!];
        const begin = performance.now();
        // Another process holds the database's write lock, as a frozen `legend user add` does.
        using holder = random() < 0.15 ? lockedDatabase(installation.data) : undefined;
        const { way, held: took, said } = await kill(installation, random, modules);
        holder?.[Symbol.dispose]();
        if (way === "api") times.push(performance.now() - begin);
        const label = `seed ${seed}, kill ${n} by ${way}: ${said.slice(0, 300)}`;
        if (took) {
          held[way]! += 1;
          const written = Object.fromEntries(MODULES.map((module) => [module, installation.written(module)]));
          await assertDead(installation, modules, written as Record<ModuleName, number>, label);
        } else refused += 1;
        for (const module of modules) installation.signal(module, "SIGCONT");
        await installation.lift(modules);
      }
    })
  );
  times.sort((one, other) => one - other);
  const quantile = (q: number) => (times[Math.floor(q * (times.length - 1))] ?? 0).toFixed(0);
  return `kill fuzz, seed ${seed}: ${count} kills, ${held.api} by API and socket, ${held.signal} by signal, ` +
    `${held.verb} by command line, ${held.page} by the page's route held, ${refused} said that they did not; ` +
    `API p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms; none decided after a success`;
}

if (import.meta.main) {
  const [count = "2000", seed = String(Math.floor(Math.random() * 2 ** 32))] = Deno.args;
  const out = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  out(`seed ${seed}`);
  out(await killFuzz(Number(count), Number(seed)));
}
