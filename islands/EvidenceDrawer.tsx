/** Why: every number that a decision rests on, as the engine wrote it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, State } from "./_icons.tsx";
import { ofModule, useAgents } from "./agents.ts";
import { api, Problem } from "./api.ts";
import type { Decision, Leg } from "./client.gen.ts";
import { moduleOf, netText } from "./evidence.ts";
import { fixed, grouped, short, sol, utc } from "./format.ts";
import { ModeBadges } from "./Provenance.tsx";
import { Skeleton } from "./_ui.tsx";

export interface EvidenceDrawerProps {
  id: string;
  onClose(): void;
  onStep(by: number): void;
}

/** How long the evidence of a new decision may be behind it, and how often it is asked for. */
const EVIDENCE_COMES_MS = 10_000;
const AGAIN_MS = 400;
const TABS = ["evidence", "json"] as const;

export function EvidenceDrawer({ id, onClose, onStep }: EvidenceDrawerProps) {
  const { agents } = useAgents([]);
  const [evidence, setEvidence] = useState<Decision | Problem | null>(null);
  const [tab, setTab] = useState<"evidence" | "json">("evidence");
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    let wanted = true;
    const begin = performance.now();
    const look = () =>
      api("GET /api/decisions/:id", { params: { id } }).then(
        (found) => wanted && setEvidence(found),
        (error) => {
          if (!wanted) return;
          // Over Kafka a row may be here before its evidence is.
          const young = performance.now() - begin < EVIDENCE_COMES_MS;
          if (error instanceof Problem && error.status === 404 && young) setTimeout(look, AGAIN_MS);
          else setEvidence(error instanceof Problem ? error : new Problem(0, String(error)));
        },
      );
    look();
    return () => {
      wanted = false;
    };
  }, [id]);
  // With the drawing, not after it: who goes on by keys at once must not be brought back.
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
        </div>
        {found && (
          <p class="s t2">
            slot {grouped(found.slot)} · {utc(Number(BigInt(found.event_ns) / 1_000_000n))} UTC · rule{" "}
            <span class="mono">{found.rule}</span>
          </p>
        )}
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
                if (!next) return;
                event.preventDefault();
                setTab(next);
                // The chosen tab is the one that holds the focus.
                document.getElementById(`tab-${next}`)?.focus();
              }}
            >
              {name === "json" ? "JSON" : "Evidence"}
            </button>
          ))}
        </div>
      </div>
      <div class="drawer-b" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {evidence === null && <Skeleton what="Evidence" lines={8} />}
        {evidence instanceof Problem && <p class="t2" role="alert">{evidence.detail}</p>}
        {found && tab === "json" && <pre class="log" tabIndex={0}>{JSON.stringify(found, null, 1)}</pre>}
        {found && tab === "evidence" &&
          (found.ev ? <OpenEvidence evidence={found} /> : <ObservedEvidence evidence={found} />)}
      </div>
    </aside>
  );
}

const Copy = ({ value, what }: { value: string; what: string }) => (
  <span class="nw">
    <span class="mono" title={value}>{short(value, 6)}</span>
    <button type="button" class="cpy" data-copy={value} aria-label={`Copy ${what}`}>
      <Icon name="copy" />
    </button>
  </span>
);

function Legs(
  { legs, name, icon }: {
    legs: readonly Leg[];
    name: string;
    icon: "front" | "victim" | "back" | "arb";
  },
) {
  return (
    <>
      {legs.map((leg) => (
        <tr key={`${leg.signature}${leg.pool}`}>
          <th scope="row">
            <span class={icon === "arb" ? "st" : `st c-${icon}`}>
              <Icon name={icon} />
              {name}
            </span>
          </th>
          <td>{leg.dex}</td>
          <td class="n">{grouped(leg.in_amount)}</td>
          <td class="n">{grouped(leg.out_amount)}</td>
          <td class="n">
            <Copy value={leg.signature} what={`${name} signature`} />
          </td>
        </tr>
      ))}
    </>
  );
}

/** A cost, or that it is not recorded. */
const lamports = (amount: string | undefined) => amount === undefined ? "–" : `${grouped(amount)} lamports`;

function ObservedEvidence({ evidence }: { evidence: Decision }) {
  const { front = [], victims = [], back = [], cycle = [], victim_losses = [], attackers = [] } = evidence;
  const net = netText(evidence);
  return (
    <>
      <p class="verdict">
        {cycle.length > 0
          ? (
            <>
              A closed cycle of {cycle.length} hops: <b>{net} net</b> by balances, fees and tips out.
            </>
          )
          : (
            <>
              {victims.length === 1 ? "One victim" : `${victims.length} victims`} between front and back:{" "}
              <b>{net} net</b> for the attacker, by balances.
            </>
          )}
      </p>
      <section class="sec">
        <h3>
          Legs <span>amounts are base units</span>
        </h3>
        <div class="tw" tabIndex={0} role="region" aria-label="Legs, scrolls">
          <table class="mini">
            <caption class="sr">Legs</caption>
            <thead>
              <tr>
                <th scope="col">Leg</th>
                <th scope="col">DEX</th>
                <th scope="col" class="n">In</th>
                <th scope="col" class="n">Out</th>
                <th scope="col" class="n">Tx</th>
              </tr>
            </thead>
            <tbody>
              <Legs legs={cycle} name="Hop" icon="arb" />
              <Legs legs={front} name="Front-run" icon="front" />
              <Legs legs={victims} name="Victim" icon="victim" />
              <Legs legs={back} name="Back-run" icon="back" />
            </tbody>
          </table>
        </div>
      </section>
      {victim_losses.length > 0 && (
        <section class="sec">
          <h3>
            Victims' losses <span>the pool executed again without the attacker</span>
          </h3>
          <dl class="kv">
            {victim_losses.map((loss) => (
              <>
                <dt>
                  <Copy value={loss.signature} what="victim signature" />
                </dt>
                <dd>
                  {grouped(loss.loss)} <span class="t2">of {grouped(loss.out_without)}</span>
                </dd>
              </>
            ))}
          </dl>
        </section>
      )}
      <section class="sec">
        <h3>Costs and party</h3>
        <dl class="kv">
          <dt>Network fees</dt>
          <dd>{lamports(evidence.fee_lamports)}</dd>
          <dt>Tips</dt>
          <dd>{lamports(evidence.tip_lamports)}</dd>
          {attackers.map((wallet) => (
            <>
              <dt>Wallet</dt>
              <dd>
                <Copy value={wallet} what="wallet" />
              </dd>
            </>
          ))}
        </dl>
      </section>
    </>
  );
}

function OpenEvidence({ evidence }: { evidence: Decision }) {
  const ev = evidence.ev!;
  const gates = evidence.gate_terms ?? [];
  return (
    <>
      <p class="verdict">
        {evidence.gate === "pass"
          ? "It passed the gate; nothing was sent because the module is in paper mode. "
          : (
            <>
              Refused by <b>{evidence.gate}</b>.
            </>
          )}
        It would gain <b>≈ {netText(evidence)}</b> if it landed, which the baseline gives{" "}
        {ev.p_land.toFixed(2)}.
      </p>
      <section class="sec">
        <h3>
          Plan <span>base units, from these reserves</span>
        </h3>
        <div class="tw" tabIndex={0} role="region" aria-label="Plan, scrolls">
          <table class="mini">
            <caption class="sr">Plan</caption>
            <thead>
              <tr>
                <th scope="col">Hop</th>
                <th scope="col">DEX</th>
                <th scope="col" class="n">In</th>
                <th scope="col" class="n">Out</th>
                <th scope="col" class="n">Pool</th>
              </tr>
            </thead>
            <tbody>
              {(evidence.hops ?? []).map((hop, at) => (
                <tr key={at}>
                  <th scope="row">{at + 1}</th>
                  <td>{hop.dex}</td>
                  <td class="n" title={`reserve ${hop.reserve_in}`}>{grouped(hop.in_amount)}</td>
                  <td class="n" title={`reserve ${hop.reserve_out}`}>{grouped(hop.out_amount)}</td>
                  <td class="n">
                    <Copy value={hop.pool} what="pool" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section class="sec">
        <h3>Expected value</h3>
        <dl class="kv">
          <dt>Edge</dt>
          <dd data-field="edge_lamports">{grouped(ev.edge_lamports)} lamports</dd>
          <dt>Tip</dt>
          <dd data-field="tip_lamports">{grouped(ev.tip_lamports)} lamports</dd>
          <dt>Fee when it lands</dt>
          <dd>{grouped(ev.landed_fee_lamports)} lamports</dd>
          <dt>p_land</dt>
          <dd data-field="p_land">{ev.p_land.toFixed(4)}</dd>
          <dt>
            <b>EV</b>
          </dt>
          <dd data-field="ev_sol">
            <b>{sol(ev.ev_sol, 9)} SOL</b>
          </dd>
          <dt>Score</dt>
          <dd>
            {fixed(evidence.score, 4)} <span class="t2">by {evidence.model ?? "–"}</span>
          </dd>
        </dl>
      </section>
      <section class="sec">
        <h3>Gates</h3>
        <ol class="gates">
          {gates.map(({ term, value, limit, passes }) => (
            <li key={term}>
              <State kind={passes ? "ok" : "bad"} icon={passes ? "ok" : "no"} />
              <span>
                {term} <span class="sr">{passes ? "passed" : "refused"}</span>
              </span>
              <span class="r">
                <b>{shown(value)}</b> <span class="t2">limit {shown(limit)}</span>
              </span>
            </li>
          ))}
        </ol>
      </section>
      {evidence.trigger && (
        <section class="sec">
          <h3>Opened by</h3>
          <Copy value={evidence.trigger} what="trigger signature" />
        </section>
      )}
    </>
  );
}

const shown = (
  value: unknown,
) => (typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value));
