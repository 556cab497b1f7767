/** Why: every number behind a decision, as the engine wrote it. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { ofModule, useAgents } from "./agents.ts";
import { Problem } from "./api.ts";
import { moduleOf } from "./evidence.ts";
import { useEvidence } from "./evidence_polling.ts";
import { grouped, utc } from "./format.ts";
import { ObservedEvidence } from "./ObservedEvidence.tsx";
import { OpenEvidence } from "./OpenEvidence.tsx";
import { ModeBadges } from "./ModeBadges.tsx";
import { Skeleton } from "./_ui.tsx";

export interface EvidenceDrawerProps {
  id: string;
  onClose(): void;
  onStep(by: number): void;
}

const TABS = ["evidence", "json"] as const;
type Tab = typeof TABS[number];

export function EvidenceDrawer({ id, onClose, onStep }: EvidenceDrawerProps) {
  const { agents } = useAgents([]);
  const evidence = useEvidence(id);
  const [tab, setTab] = useState<Tab>("evidence");
  const head = useRef<HTMLHeadingElement>(null);
  // In the same render, not after it: otherwise the focus could be taken from a user who has already moved on by
  // keyboard.
  useLayoutEffect(() => head.current?.focus(), [id]);
  const found = evidence && !(evidence instanceof Problem) ? evidence : null;
  return (
    <aside class="drawer" aria-label="Evidence" data-decision={id}>
      <div class="drawer-h">
        <div class="row between top-al">
          <div class="row wrap grow">
            <h2 tabIndex={-1} ref={head}>{found?.classification ?? "Evidence"}</h2>
            {found?.tier && <span class="badge">tier {found.tier}</span>}
            {found && <ModeBadges agents={ofModule(agents, moduleOf(found))} />}
          </div>
          <DrawerButtons onClose={onClose} onStep={onStep} />
        </div>
        {found && (
          <p class="s t2">
            slot {grouped(found.slot)} · {utc(Number(BigInt(found.event_ns) / 1_000_000n))} UTC · rule{" "}
            <span class="mono">{found.rule}</span>
          </p>
        )}
        <Tabs tab={tab} setTab={setTab} />
      </div>
      <div class="drawer-b" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {evidence === null && <Skeleton what="Evidence" lines={8} />}
        {evidence instanceof Problem && <p class="t2" role="alert">{evidence.detail}</p>}
        {found && tab === "json" && <pre class="log" tabIndex={0}>{JSON.stringify(found, null, 1)}</pre>}
        {found && tab === "evidence" &&
          (found.ev
            ? <OpenEvidence evidence={found} ev={found.ev} />
            : <ObservedEvidence evidence={found} />)}
      </div>
    </aside>
  );
}

/** Buttons: go to the newer decision, close. */
const DrawerButtons = ({ onClose, onStep }: Pick<EvidenceDrawerProps, "onClose" | "onStep">) => (
  <div class="row">
    <button
      type="button"
      class="btn btn-q btn-i"
      aria-label="Newer decision"
      aria-keyshortcuts="["
      onClick={() => onStep(-1)}
    >
      <Icon name="up" />
    </button>
    <button type="button" class="btn btn-q btn-i" aria-label="Close evidence" onClick={onClose}>
      <Icon name="close" />
    </button>
  </div>
);

/** The drawer's two tabs; the arrow keys move between them. */
const Tabs = ({ tab, setTab }: { tab: Tab; setTab(tab: Tab): void }) => (
  <div class="tabs" role="tablist" aria-label="Evidence views">
    {TABS.map((name, at) => (
      <button
        role="tab"
        type="button"
        key={name}
        id={`tab-${name}`}
        aria-selected={tab === name}
        aria-controls={`panel-${name}`}
        tabIndex={tab === name ? 0 : -1}
        onClick={() => setTab(name)}
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          const next = by && TABS[(at + by + TABS.length) % TABS.length];
          if (!next) {
            return;
          }
          event.preventDefault();
          setTab(next);
          // The selected tab has the focus.
          document.getElementById(`tab-${next}`)?.focus();
        }}
      >
        {name === "json" ? "JSON" : "Evidence"}
      </button>
    ))}
  </div>
);
