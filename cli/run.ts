import { resolve } from "node:path";
import { type Part, supervise, type SupervisorOptions } from "../agents/supervisor.ts";
import { readKeptFile } from "../core/config/kept_file.ts";
import { CONFIG_PATH_FILE } from "../core/config/load.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { lockFile, SUPERVISOR_LOCK } from "../core/platform/data_dir.ts";
import { serverAddress } from "../core/store/address.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { removeIfThere, replaceFile, StatusFile } from "../core/platform/files.ts";
import { partsStatusFile, PartsTeller } from "../core/platform/parts.ts";
import type { AgentStatus } from "../core/control/control.ts";
import type { Context } from "../app/context.ts";
import { EXIT, type ExitCode } from "../core/platform/exit.ts";
import { type Invocation, type VerbBody } from "./command.ts";
import { needDescriptors } from "../app/api_server.ts";
import { hasClickHouse } from "../app/stores.ts";
import { sourcesOf, speedFlag, summary } from "./run_agent.ts";
import { makeTopics } from "../app/topics.ts";

/** How often the supervisor says that it lives. */
const TELL_MS = 500;
/** Files and sockets that each part may have; the store alone takes some hundreds when it has work. */
const RUN_DESCRIPTORS_MIN = 256;
/** A part that has never run longer than this has not been able to start; later it has crashed. */
const START_MS = 5_000;

export const run: VerbBody = {
  async run(call, context) {
    needDescriptors(context.library(), "everything", RUN_DESCRIPTORS_MIN);
    const sources = sourcesOf(call);
    speedFlag(call.flags.speed, 1);
    // Its agents would refuse it one after the other.
    tipAccounts(context.setting("tips.file"));
    const { path } = context.dataDir();
    using _lock = lockFile(
      `${path}/${SUPERVISOR_LOCK}`,
      () =>
        new AppError(
          "unavailable",
          `Cannot start: another legend runs in ${path}, stop it or use another --data-dir`,
        ),
    );
    // Asks no broker yet: what cannot be opened at all refuses the run.
    if (kafkaOf(context.config())) context.log();
    rememberConfig(path, context);
    await makeTopics(context);
    context.say(`paper mode: reading ${sources.join(", ")} into ${path}`);
    const begin = performance.now();
    const parts: Part[] = ["arbitrage", "mev"].map((module) => ({
      name: `agent ${module}`,
      args: ["run", "agent", module, "--part", "--json", ...passedOn(call, path)],
    }));
    // Captured files end, and the agents with them; a page that stayed would hold the run open.
    const live = sources.some((source) => !source.startsWith("file:"));
    if (live) parts.push({ name: "api", args: ["run", "api", "--part", ...apiFlags(call, path)] });
    const linked = kafkaOf(context.config()) !== null;
    const link = { name: "link", args: ["run", "link", "--part", ...configFlags(call, path)] };
    if (live && linked) parts.push(link);
    if (live && context.setting("mirror.enabled")) {
      parts.push({
        name: "mirror",
        args: ["run", "mirror", "--part", ...configFlags(call, path)],
        essential: false,
      });
    }
    if (live) {
      parts.push({
        name: "worker",
        args: ["run", "worker", "--part", ...configFlags(call, path)],
        essential: false,
      });
      parts.push(...storeParts(context, configFlags(call, path)));
    }
    // A part that cannot even start (a port in use, a damaged state) ends the whole run: its line says why.
    const stop = new AbortController();
    let refusedWith: ExitCode | undefined;
    const supervisor: SupervisorOptions = {
      spawn: (args) => context.respawn(args),
      signal: AbortSignal.any([context.signal, stop.signal]),
      say: (line) => context.say(line),
      isMeant: (code, last, lifeMs) => {
        const end = judge(code, last, lifeMs, live);
        if (end === "refused") {
          // The others end because of it: its code is the run's.
          refusedWith ??= code === EXIT.usage || code === EXIT.notReady ? code : EXIT.failed;
          stop.abort();
        }
        return end !== "crashed";
      },
    };
    const teller = new PartsTeller(parts.map(({ name }) => name));
    const file = new StatusFile(partsStatusFile(path), (line) => context.say(line));
    const tell = () => file.write(teller.status());
    tell();
    const timer = setInterval(tell, TELL_MS);
    const restarted = (name: string, code: number, line: string | null) => teller.restarted(name, code, line);
    const ends = await supervise(parts, { ...supervisor, restarted }).finally(() => {
      clearInterval(timer);
      // A file that stays is of a supervisor that was killed.
      file.remove();
    });
    // What captured files gave goes to Kafka before the run ends.
    if (!live && linked) await supervise([{ ...link, args: [...link.args, "--until-sent"] }], supervisor);
    const statuses = ends.flatMap(({ last }) => countersOf(last) ?? []);
    const code = Math.max(...ends.map(({ code }) => code));
    if (refusedWith !== undefined) return refusedWith;
    if (statuses.length < 2) return context.signal.aborted ? EXIT.done : EXIT.failed;
    const seconds = ((performance.now() - begin) / 1000).toFixed(2);
    context.out(
      call.flags.json
        ? `${JSON.stringify(merged(statuses))}\n`
        : `${summary(statuses)}\ntook       ${seconds} s\n`,
    );
    return code === 0 ? EXIT.done : EXIT.failed;
  },
};

/** What other verbs go by, who name no file: what this run was given, if they may read it. A pipe can be read once only. */
function rememberConfig(folder: string, context: Context): void {
  const file = `${folder}/${CONFIG_PATH_FILE}`;
  const given = context.configFile();
  // A link may lead to another file tomorrow: its own path is kept.
  const path = given && resolve(given.path);
  try {
    const trouble = path && Deno.statSync(path).isFile ? whyNotKept(path, folder) : "";
    if (trouble) context.say(`Cannot keep ${path} for other verbs: ${trouble}; they need --config ${path}`);
    if (path && trouble === null) replaceFile(file, `${path}\n`);
    else removeIfThere(file);
  } catch (error) {
    // A disk without room is waited for by the parts; what is lost here is a comfort.
    if (!(error instanceof AppError)) throw error;
    context.say(`${error.message}: other verbs need --config ${given?.path ?? ""}`);
  }
}

/** Why other verbs would refuse the file; null: they read it; "": it is of this process alone. */
function whyNotKept(path: string, folder: string): string | null {
  if (/^\/(dev|proc)\//.test(path)) return "";
  try {
    readKeptFile(path, folder);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * How a part ended: `done` as it meant to, `refused` to start, or `crashed`. `last`: the last line it printed,
 * which of an agent is its counters; `lifeMs`: the longest that it has run; `live`: its source has no end.
 */
export function judge(
  code: number,
  last: string,
  lifeMs: number,
  live: boolean,
): "done" | "refused" | "crashed" {
  const counters = countersOf(last);
  if (counters) {
    return counters.error !== null && (live || counters.error.includes("panicked")) ? "crashed" : "done";
  }
  // Behind 128 stands a signal.
  if (code > 0 && code < 128 && lifeMs < START_MS) return "refused";
  return code === 0 && !live ? "done" : "crashed";
}

/** An agent's last line; null for another one, and for one that a kill has cut off. */
function countersOf(last: string): AgentStatus | null {
  if (!last.startsWith("{")) return null;
  try {
    return JSON.parse(last);
  } catch {
    return null;
  }
}

/** The sink, and this host's own store unless a server is configured; neither may stop the agents. */
function storeParts(context: Context, words: readonly string[]): Part[] {
  const part = (name: string): Part => ({ name, args: ["run", name, "--part", ...words], essential: false });
  if (serverAddress(context.config())) return [part("sink")];
  if (!context.setting("store.enabled")) return [];
  if (hasClickHouse()) return [part("store"), part("sink")];
  context.say("no analytics store: the full build has its own, or set CLICKHOUSE_URL");
  return [];
}

function configFlags({ flags }: Invocation, dataDir: string): string[] {
  return [...(typeof flags.config === "string" ? ["--config", flags.config] : []), "--data-dir", dataDir];
}

function apiFlags(call: Invocation, dataDir: string): string[] {
  const { flags } = call;
  const single = ["listen", "port"].flatMap((name) =>
    typeof flags[name] === "string" ? [`--${name}`, flags[name]] : []
  );
  const insecure = flags["insecure-listen"] ? ["--insecure-listen"] : [];
  return [...single, ...insecure, ...configFlags(call, dataDir)];
}

/** The flags that each part needs too. */
function passedOn({ flags, all }: Invocation, dataDir: string): string[] {
  const single = ["accounts", "slot", "speed", "config"].flatMap((name) =>
    typeof flags[name] === "string" ? [`--${name}`, flags[name]] : []
  );
  return [...all("source").flatMap((source) => ["--source", source]), ...single, "--data-dir", dataDir];
}

/** The agents saw the same source: what was read counts once, what each made is summed. */
function merged(statuses: readonly AgentStatus[]): Record<string, unknown> {
  const [first] = statuses as [AgentStatus];
  const made = [
    "arbitrage",
    "sandwich",
    "wide_sandwich",
    "open_arbitrage",
    "open_sandwich",
    "candidates",
    "passed",
    "published",
    "already_logged",
    "evidence",
    "outcomes",
    "unpublished",
    "dropped",
    "outcomes_untold",
  ] as const;
  const sums = Object.fromEntries(
    made.map((name) => [name, statuses.reduce((sum, status) => sum + status[name], 0)]),
  );
  const why_not = Object.fromEntries(
    Object.keys(first.why_not).map((term) => [
      term,
      statuses.reduce((sum, status) => sum + (status.why_not[term] ?? 0), 0),
    ]),
  );
  const { state, error, mode, source, files, blocks, transactions, failed, votes, pending } = first;
  const { malformed, unknown_version, legs, unresolved_swaps, missed_swaps } = first;
  const warnings = [...new Set(statuses.flatMap(({ warnings }) => warnings))];
  const read = { files, blocks, transactions, failed, votes, pending, malformed, unknown_version, legs };
  return { state, error, mode, source, warnings, ...read, unresolved_swaps, missed_swaps, ...sums, why_not };
}
