/** Everything on this host: a supervisor with one process per part. */
import { type Part, supervise, type SupervisorOptions } from "../services/supervisor.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { type AgentStatus, MODULES } from "../core/control/control.ts";
import { tipAccounts } from "../core/decisions/tips.ts";
import { lockFile, SUPERVISOR_LOCK } from "../core/platform/data_dir.ts";
import { AppError } from "../core/platform/errors.ts";
import { EXIT, type ExitCode } from "../core/platform/exit.ts";
import { StatusFile } from "../core/platform/atomic_file.ts";
import { parseLine } from "../core/platform/logger.ts";
import { PartsReporter, partsStatusFile } from "../core/platform/parts.ts";
import { serverAddress } from "../core/store/address.ts";
import { needDescriptors } from "./api_server.ts";
import type { Context } from "./context.ts";
import { rememberConfig } from "./remembered_config.ts";
import { countersOf, judge } from "./part_end.ts";
import { hasClickHouse } from "./stores.ts";
import { makeTopics } from "./topics.ts";

/** How often the supervisor writes its status. */
const STATUS_EVERY_MS = 500;
/** File descriptors that each part may need; the store alone needs some hundreds under load. */
const RUN_DESCRIPTORS_MIN = 256;

/** Exit code of a part that was ended by SIGKILL. */
const KILLED = 128 + 9;

/** What to run, and the command-line arguments for each part. */
export interface HostOptions {
  readonly sources: readonly string[];
  words(dataDir: string): PartWords;
}

export interface PartWords {
  readonly agent: readonly string[];
  readonly api: readonly string[];
  readonly part: readonly string[];
}

export interface HostEnd {
  readonly code: ExitCode;
  /** The last counters of both agents; empty when an agent gave none or a part refused to start. */
  readonly agents: readonly AgentStatus[];
}

/**
 * Runs all parts until captured files end, the signal ends them, or a part cannot start. Throws `unavailable`,
 * `invalid`.
 */
export async function runHost(context: Context, options: HostOptions): Promise<HostEnd> {
  const { sources } = options;
  needDescriptors(context.library(), "everything", RUN_DESCRIPTORS_MIN);
  // Checked here, because each agent would refuse it in turn.
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
  // Does not contact a broker yet: only a configuration that cannot be opened at all refuses the run.
  if (kafkaOf(context.config())) context.log();
  rememberConfig(path, context);
  await makeTopics(context);
  context.say(`paper mode: reading ${sources.join(", ")} into ${path}`);
  // Captured files end, and the agents with them; a page that stayed would keep the run open.
  const words = options.words(path);
  const live = sources.some((source) => !source.startsWith("file:"));
  const parts = partsOf(context, words, live);
  const watch = watcher(context, live);
  context.signal.addEventListener("abort", () => context.say("asked to end: ending all parts"));
  const ends = await superviseWithStatus(context, parts, watch.supervisor);
  // Records from captured files are sent to Kafka before the run ends.
  if (!live && kafkaOf(context.config())) {
    const link = linkPart(words);
    await supervise([{ ...link, args: [...link.args, "--until-sent"] }], watch.supervisor);
  }
  const agents = ends.flatMap(({ last }) => countersOf(last) ?? []);
  const wasKilled = ends.some(({ code }) => code === KILLED);
  context.say(wasKilled ? "Cannot end cleanly: a part had to be killed" : "all parts have ended");
  const refused = watch.refusedWith();
  if (refused !== undefined) return { code: refused, agents: [] };
  if (agents.length < MODULES.length) {
    return { code: context.signal.aborted && !wasKilled ? EXIT.done : EXIT.failed, agents: [] };
  }
  return { code: ends.every(({ code }) => code === 0) ? EXIT.done : EXIT.failed, agents };
}

const linkPart = (words: PartWords): Part => ({
  name: "link",
  args: ["run", "link", "--part", ...words.part],
});

/** The parts that run beside the agents when the source has no end. */
function partsOf(context: Context, words: PartWords, live: boolean): Part[] {
  const agents = MODULES.map((module): Part => ({
    name: `agent ${module}`,
    args: ["run", "agent", module, "--part", "--json", ...words.agent],
  }));
  if (!live) return agents;
  /** A part whose failure does not stop the agents. */
  const optional = (name: string): Part => ({
    name,
    args: ["run", name, "--part", ...words.part],
    essential: false,
  });
  return [
    ...agents,
    { name: "api", args: ["run", "api", "--part", ...words.api] },
    ...(kafkaOf(context.config()) ? [linkPart(words)] : []),
    ...(context.setting("mirror.enabled") ? [optional("mirror")] : []),
    optional("worker"),
    ...storeParts(context).map(optional),
  ];
}

/** The sink, and this host's own store unless a server is configured. */
function storeParts(context: Context): string[] {
  if (serverAddress(context.config())) return ["sink"];
  if (!context.setting("store.enabled")) return [];
  if (hasClickHouse()) return ["store", "sink"];
  context.say("no analytics store: use the full build, which has its own, or set CLICKHOUSE_URL");
  return [];
}

/**
 * Judges how parts end. A part that cannot even start (a port in use, a damaged state) ends the whole run, and its line
 * gives the reason.
 */
function watcher(context: Context, live: boolean) {
  const stop = new AbortController();
  let refusedWith: ExitCode | undefined;
  let lastLine = "";
  const supervisor: SupervisorOptions = {
    spawn: (args) => context.respawn(args),
    signal: AbortSignal.any([context.signal, stop.signal]),
    say: context.say,
    passOn: (part, text) => {
      lastLine = parseLine(text)?.message ?? text;
      context.passOn(part, text);
    },
    isMeant: (code, last, lifeMs) => {
      const end = judge(code, last, lifeMs, live);
      if (end === "refused") {
        // The other parts end because of it: its exit code becomes that of the run.
        refusedWith ??= code === EXIT.usage || code === EXIT.notReady ? code : EXIT.failed;
        // The person who started the run by hand sees the reason, also when log lines go to a file.
        if (context.setting("logging.file") !== "") context.sayToTerminal(lastLine);
        stop.abort();
      }
      return end !== "crashed";
    },
  };
  return { supervisor, refusedWith: () => refusedWith };
}

/** Runs the supervisor, and maintains the file that lists the running parts. */
async function superviseWithStatus(context: Context, parts: Part[], supervisor: SupervisorOptions) {
  const reporter = new PartsReporter(parts.map(({ name }) => name));
  const file = new StatusFile(partsStatusFile(context.dataDir().path), (line) => context.say(line));
  const writeStatus = () => file.write(reporter.status());
  writeStatus();
  const timer = setInterval(writeStatus, STATUS_EVERY_MS);
  const restarted = (name: string, code: number, line: string | null) => reporter.restarted(name, code, line);
  return await supervise(parts, { ...supervisor, restarted }).finally(() => {
    clearInterval(timer);
    // A leftover file belongs to a supervisor that was killed.
    file.remove();
  });
}
