/** One line under the strip, on every page: what does not answer, since when, and what still works. Never truncated. */
import type { ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { Icon } from "./_icons.tsx";
import { isSilent, MODULE_TITLES, ofModule, silence } from "./agents.ts";
import { BLIND_MS, type Blindness, blindness, contact } from "./contact.ts";
import { age } from "./format.ts";
import { useHostCommand } from "./host_command.ts";
import type { StreamMessage } from "./stream_worker.ts";

/** What the page knows at one tick of its clock. */
export interface BannerState {
  now: number;
  agents: readonly FleetAgent[];
  /** Why the agents could not be fetched; null: they were. */
  error: string | null;
  late_s: number | null;
  stream: StreamMessage["state"];
  /** Milliseconds since the stream was live. */
  stream_lost_ms: number;
}

export interface BannerProblem {
  /** Changes with the problem, not with the seconds, so that each problem is announced once. */
  key: string;
  level: "bad" | "warn";
  what: string;
  works: string;
  /** Whether `legend kill` on the host is the way to stop the agents now. */
  kill_by_host: boolean;
}

/** A stream lost for a shorter time is reconnecting normally. */
const STREAM_LOST_MS = 3_000;

const WHO: Record<Blindness, (seconds: string) => string> = {
  offline: (seconds) => `No answer for ${seconds}: this browser is offline.`,
  login: (seconds) => `Your login ended ${seconds} ago: the server no longer answers this page.`,
  unreachable: (seconds) => `No answer for ${seconds}: the server cannot be reached.`,
  silent: (seconds) => `No answer for ${seconds} from the server.`,
};

/** What prevents the page from seeing; only the worst problem. Null: nothing. */
export function problemOf(
  { now, agents, error, late_s, stream, stream_lost_ms }: BannerState,
): BannerProblem | null {
  const blind = blindness(now);
  const asOf = contact().answered_ms === null
    ? ""
    : `Values as of ${new Date(contact().answered_ms!).toISOString().slice(11, 19)} UTC. `;
  if (blind) {
    return {
      key: blind.who,
      level: "bad",
      what: WHO[blind.who](age(blind.for_ms / 1000)),
      works: `${asOf}Agents keep running without this page.${
        blind.who === "login" ? " Log in to see and control them." : ""
      }`,
      kill_by_host: true,
    };
  }
  // Missing agents are a problem of their own only while the server answers other requests.
  const answers = now - (contact().answered_at ?? -Infinity) < BLIND_MS;
  if (answers && error !== null && late_s !== null && 1000 * late_s >= BLIND_MS) {
    return {
      key: "agents unknown",
      level: "bad",
      what: `For ${age(late_s)} the server has not been able to report the state of the agents.`,
      works: error,
      kill_by_host: true,
    };
  }
  const silent = agents.filter((agent) => isSilent(agent, late_s));
  if (silent.length > 0) {
    return {
      key: `silent ${silent.map(({ instance }) => instance).join(" ")}`,
      level: "warn",
      what: silent.map((agent) => silenceOf(agent, agents, late_s)).join(" "),
      works: silent.some(({ here }) => here)
        ? "If it has ended, its supervisor restarts it. If it is frozen or hangs, wake it on its host with kill -CONT " +
          "and its process id, or restart it: a kill still holds, because it is stored on the disk."
        : "Its host is cut off, or the agent has ended there; when it is back, it obeys the commands that it missed.",
      kill_by_host: false,
    };
  }
  if (stream !== "live" && stream_lost_ms >= STREAM_LOST_MS) {
    return {
      key: "stream",
      level: "warn",
      what: `The live stream has been lost for ${age(stream_lost_ms / 1000)}.`,
      works: "Figures and commands still work; new rows do not arrive. It reconnects by itself.",
      kill_by_host: false,
    };
  }
  return null;
}

function silenceOf(agent: FleetAgent, agents: readonly FleetAgent[], late_s: number | null): string {
  const title = MODULE_TITLES[agent.module];
  const name = ofModule(agents, agent.module).length === 1 ? title : `${title} (${agent.instance})`;
  return `${name} has not reported for ${age(silence(agent, late_s))}.`;
}

export function Banner({ problem }: { problem: BannerProblem | null }) {
  if (!problem) return null;
  return (
    <div class="banner" data-s={problem.level} data-trouble={problem.key}>
      <Icon name="warn" />
      <div class="grow">
        <b>{problem.what}</b>{" "}
        <span>
          {problem.works}
          {problem.kill_by_host && " To stop them, run on their host:"}
        </span>
      </div>
      {problem.kill_by_host && <HostKill />}
    </div>
  );
}

/** The command that works without this page. */
export function HostKill({ module }: { module?: ModuleName }) {
  const command = useHostCommand(module ? `kill ${module}` : "kill");
  return (
    <span class="cmd">
      <code>{command}</code>
      <button type="button" class="cpy" data-copy={command} aria-label={`Copy ${command}`}>
        <Icon name="copy" />
      </button>
    </span>
  );
}
