/** The line under the bar, the same on all pages: is it alive, is it killed, does this browser see everything. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { Icon, State } from "./_icons.tsx";
import { isBlind, MODULE_TITLES, moduleState, ofModule, provenance, silence, useAgents } from "./agents.ts";
import { Banner, type BannerProblem, problemOf } from "./Banner.tsx";
import { useClock } from "./clock.ts";
import { blindness } from "./contact.ts";
import { age, grouped } from "./format.ts";
import { ModeBadges } from "./ModeBadges.tsx";
import { listen } from "./stream.ts";
import type { StreamMessage } from "./stream_worker.ts";
import { MODULES } from "../proto/gen/names.ts";

export interface StatusStripProps {
  agents: FleetAgent[];
  admin: boolean;
}

const STREAM = {
  live: ["ok", "run", "Live"],
  connecting: ["warn", "wait", "Connecting"],
  lost: ["bad", "no", "Lost, trying again"],
  login: ["warn", "wait", "Logging in again"],
} as const;

/** An older age is emphasised. */
const FRESH_S = 3;

interface StreamState extends Pick<StreamMessage, "state" | "received" | "dropped" | "unreadable"> {
  /** `performance.now()` when it was last live. */
  live_at: number;
}

/** The stream's state at the last clock tick; its own 20 updates a second are too fast to read. */
function useStream(): StreamState {
  const state = useRef<StreamState>({
    state: "connecting",
    received: 0,
    dropped: 0,
    unreadable: 0,
    live_at: 0,
  });
  const [, draw] = useState("");
  useEffect(() => {
    state.current.live_at = performance.now();
    return listen(({ state: now, received, dropped, unreadable }) => {
      const { live_at } = state.current;
      state.current = {
        state: now,
        received,
        dropped,
        unreadable,
        live_at: now === "live" ? performance.now() : live_at,
      };
      draw(now);
    });
  }, []);
  return state.current;
}

export default function StatusStrip({ agents: initial, admin }: StatusStripProps) {
  const { agents, error, late_s } = useAgents(initial);
  const now = useClock();
  const stream = useStream();
  const problem = now === 0 ? null : problemOf({
    now,
    agents,
    error,
    late_s,
    stream: stream.state,
    stream_lost_ms: stream.state === "live" ? 0 : Math.max(0, now - stream.live_at),
  });
  const blind = now !== 0 && (isBlind(late_s) || blindness(now) !== null);
  // One mark for all parts of the page: the data shown is not current.
  useEffect(() => {
    document.documentElement.toggleAttribute("data-blind", blind);
  }, [blind]);
  const announcement = useAnnounced(agents, late_s, problem);
  const killed = agents.some((agent) => agent.killed);
  const alarm = killed || problem?.level === "bad" || stream.state === "lost" ? "bad" : problem?.level;
  const [kind, icon, word] = STREAM[stream.state];
  const slot = Math.max(0, ...agents.map((agent) => agent.slot));
  const { source_class, source_name } = provenance(agents);
  return (
    <div class="strips">
      <section class="strip" aria-label="System status" {...(alarm ? { "data-s": alarm } : {})}>
        <dl>
          {MODULES.map((module) => (
            <Module key={module} module={module} agents={ofModule(agents, module)} late_s={late_s} />
          ))}
          <div>
            <dt>Source</dt>
            <dd>
              <span>{source_name ?? (source_class === null ? "unknown" : source_class)}</span>
              <span class="t2">slot {slot > 0 ? grouped(slot) : "–"}</span>
            </dd>
          </div>
          <div>
            <dt>Stream</dt>
            <dd>
              <State kind={kind} icon={icon}>{word}</State>
              <span class="t2 opt">{grouped(stream.received)} received</span>
            </dd>
          </div>
          <div class="opt">
            <dt>Dropped here</dt>
            <dd>
              {grouped(stream.dropped)}
              {stream.unreadable > 0 && <span class="t2">{grouped(stream.unreadable)} unreadable</span>}
            </dd>
          </div>
        </dl>
        {admin && (
          <button type="button" class="btn btn-d" data-open-kill aria-keyshortcuts="Shift+K">
            <Icon name="kill" />Kill…
          </button>
        )}
        <p class="sr" role="alert">{announcement}</p>
      </section>
      <Banner problem={problem} />
    </div>
  );
}

/** State and age of the module's agent that has been silent longest. */
function Module(
  { module, agents, late_s }: { module: ModuleName; agents: FleetAgent[]; late_s: number | null },
) {
  const now = useClock();
  const state = moduleState(agents, late_s);
  const blind = now === 0 ? null : blindness(now);
  // While the page is blind, the banner, the strip and the tiles count from the same moment: the last answer.
  const oldest = blind ? blind.for_ms / 1000 : Math.max(...agents.map((agent) => silence(agent, late_s)));
  return (
    <div
      data-module={module}
      {...(state.kind === "warn" || state.kind === "bad" ? { "data-s": state.kind } : {})}
    >
      <dt>{MODULE_TITLES[module]}</dt>
      <dd>
        <ModeBadges agents={agents} />
        <State kind={state.kind} icon={state.icon}>{state.word}</State>
        {late_s !== null && agents.length > 0 && (
          <span class={oldest > FRESH_S ? "b" : "t2"} data-age>{age(oldest)} ago</span>
        )}
      </dd>
    </div>
  );
}

/** What a screen reader must announce: a module in an unhealthy state, and the banner. */
function useAnnounced(agents: FleetAgent[], late_s: number | null, problem: BannerProblem | null): string {
  const states = MODULES.map((module) => {
    const { kind, word } = moduleState(ofModule(agents, module), late_s);
    return kind === "bad" || kind === "warn" ? `${MODULE_TITLES[module]}: ${word}.` : "";
  });
  const key = [...states, problem?.key ?? ""].join(" ").trim();
  const announcement = useRef({ key: "", text: "" });
  if (announcement.current.key !== key) {
    announcement.current = {
      key,
      text: [...states, problem?.what ?? ""].join(" ").trim() || "Everything works again.",
    };
  }
  return announcement.current.text;
}
