/** The evidence of what was seen on the chain: legs computed from balances, the victims' losses, costs. */
import { Icon } from "./_icons.tsx";
import type { Decision, Leg } from "./client.gen.ts";
import { CopyValue } from "./CopyValue.tsx";
import { netText } from "./evidence.ts";
import { grouped } from "./format.ts";

/** A cycle or a sandwich that another party has landed. */
export function ObservedEvidence({ evidence }: { evidence: Decision }) {
  return (
    <>
      <Verdict evidence={evidence} />
      <LegTable evidence={evidence} />
      <Losses losses={evidence.victim_losses ?? []} />
      <Costs evidence={evidence} />
    </>
  );
}

/** What happened, and who gained how much. */
function Verdict({ evidence }: { evidence: Decision }) {
  const { cycle = [], victims = [] } = evidence;
  const net = netText(evidence);
  return (
    <p class="verdict">
      {cycle.length > 0
        ? (
          <>
            A closed cycle of {cycle.length} hops:{" "}
            <b>{net} net</b>, computed from balances, after fees and tips.
          </>
        )
        : (
          <>
            {victims.length === 1 ? "One victim" : `${victims.length} victims`} between front and back:{" "}
            <b>{net} net</b> for the attacker, computed from balances.
          </>
        )}
    </p>
  );
}

/** Every swap of it, in order. */
function LegTable({ evidence }: { evidence: Decision }) {
  const { front = [], victims = [], back = [], cycle = [] } = evidence;
  return (
    <section class="sec">
      <h3>
        Legs <span>amounts are base units</span>
      </h3>
      <div class="tw" tabIndex={0} role="region" aria-label="Legs (scrollable)">
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
  );
}

interface LegsProps {
  legs: readonly Leg[];
  name: string;
  icon: "front" | "victim" | "back" | "arb";
}

/** The rows of one side. */
const Legs = ({ legs, name, icon }: LegsProps) => (
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
          <CopyValue value={leg.signature} what={`${name} signature`} />
        </td>
      </tr>
    ))}
  </>
);

/** What each victim would have received without the attacker; renders nothing if this is not known. */
const Losses = ({ losses }: { losses: NonNullable<Decision["victim_losses"]> }) =>
  losses.length === 0 ? null : (
    <section class="sec">
      <h3>
        Victims' losses <span>the pool executed again without the attacker</span>
      </h3>
      <dl class="kv">
        {losses.map((loss) => (
          <>
            <dt>
              <CopyValue value={loss.signature} what="victim signature" />
            </dt>
            <dd>
              {grouped(loss.loss)} <span class="t2">of {grouped(loss.out_without)}</span>
            </dd>
          </>
        ))}
      </dl>
    </section>
  );

/** A cost, or a dash if it was not recorded. */
const lamports = (amount: string | undefined) => amount === undefined ? "–" : `${grouped(amount)} lamports`;

/** What the attacker paid, and from which wallets. */
function Costs({ evidence }: { evidence: Decision }) {
  const { attackers = [] } = evidence;
  return (
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
              <CopyValue value={wallet} what="wallet" />
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}
