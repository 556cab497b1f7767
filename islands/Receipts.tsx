/** What each agent answered: "sent" is never shown as "applied". */
import { State } from "./_icons.tsx";
import type { CommandAnswer } from "./commands.ts";

export function Receipts({ answer }: { answer: CommandAnswer }) {
  return (
    <ul class="acks">
      {answer.sent.map(({ module, receipt, agent_error, path }) => (
        <li key={module}>
          <span class="mono">{receipt?.instance ?? module}</span>
          {receipt?.applied
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
