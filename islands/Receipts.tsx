/** What each agent answered: "sent" is never shown as "applied". */
import { State } from "./_icons.tsx";
import type { CommandAnswer } from "./commands.ts";

export function Receipts({ answer }: { answer: CommandAnswer }) {
  return (
    <ul class="acks">
      {answer.sent.map(({ module, instance, receipt, agent_error, path }) => (
        <li key={receipt?.instance ?? instance ?? module}>
          <span class="mono">{receipt?.instance ?? instance ?? module}</span>
          {receipt && !receipt.genuine
            ? <State kind="bad" icon="no">Signature does not fit</State>
            : receipt?.applied
            ? <State kind="ok" icon="ok">Applied</State>
            : receipt
            ? <State kind="bad" icon="no">Refused</State>
            : <State kind="warn" icon="wait">{path === "signal" ? "Signalled" : "No receipt"}</State>}
          <span class="t3 r">
            {receipt?.reason || agent_error || (receipt ? receipt.policy_hash.slice(0, 8) : "")}
          </span>
        </li>
      ))}
    </ul>
  );
}
