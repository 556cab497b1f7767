/** The evidence of an opportunity: the plan, its expected value, the gates it had to pass. */
import { State } from "./_icons.tsx";
import type { Decision } from "./client.gen.ts";
import { CopyValue } from "./CopyValue.tsx";
import { netText } from "./evidence.ts";
import { fixed, grouped, sol } from "./format.ts";

type Ev = NonNullable<Decision["ev"]>;

/** An opportunity, sent or refused. */
export function OpenEvidence({ evidence, ev }: { evidence: Decision; ev: Ev }) {
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
        It would gain <b>≈ {netText(evidence)}</b> if it landed; by the baseline, the probability of that is
        {" "}
        {ev.p_land.toFixed(2)}.
      </p>
      <Plan hops={evidence.hops ?? []} />
      <ExpectedValue evidence={evidence} ev={ev} />
      <Gates terms={evidence.gate_terms ?? []} />
      {evidence.trigger && (
        <section class="sec">
          <h3>Opened by</h3>
          <CopyValue value={evidence.trigger} what="trigger signature" />
        </section>
      )}
    </>
  );
}

/** The swaps of the plan. */
const Plan = ({ hops }: { hops: NonNullable<Decision["hops"]> }) => (
  <section class="sec">
    <h3>
      Plan <span>base units, with these reserves</span>
    </h3>
    <div class="tw" tabIndex={0} role="region" aria-label="Plan (scrollable)">
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
          {hops.map((hop, at) => (
            <tr key={at}>
              <th scope="row">{at + 1}</th>
              <td>{hop.dex}</td>
              <td class="n" title={`reserve ${hop.reserve_in}`}>{grouped(hop.in_amount)}</td>
              <td class="n" title={`reserve ${hop.reserve_out}`}>{grouped(hop.out_amount)}</td>
              <td class="n">
                <CopyValue value={hop.pool} what="pool" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

/** The expected gain, by its parts. */
const ExpectedValue = ({ evidence, ev }: { evidence: Decision; ev: Ev }) => (
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
);

/** Each term of the gate with its value and limit. */
const Gates = ({ terms }: { terms: NonNullable<Decision["gate_terms"]> }) => (
  <section class="sec">
    <h3>Gates</h3>
    <ol class="gates">
      {terms.map(({ term, value, limit, passes }) => (
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
);

/** A fraction with four digits; anything else unchanged. */
const shown = (
  value: unknown,
) => (typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value));
