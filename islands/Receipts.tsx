/** The answer of each agent: "sent" is never shown as "applied". */
import { type IconName, State } from "./_icons.tsx";
import type { CommandAnswer } from "./client.gen.ts";
import { answerText, receiptTime } from "./commands.ts";

export interface ReceiptRow {
  name: string;
  kind: "ok" | "warn" | "bad";
  icon: IconName;
  word: string;
  detail: string;
}

type Sent = CommandAnswer["sent"][number];

/** One agent's answer as text; `done`: the word for an applied command. */
export function receiptRow(sent: Sent, done = "Applied"): ReceiptRow {
  const { module, instance, receipt, agent_error, path } = sent;
  const name = receipt?.instance ?? instance ?? module;
  if (receipt && !receipt.genuine) {
    return {
      name,
      kind: "bad",
      icon: "no",
      word: "Signature is not valid",
      detail: "No agent of this installation signed it.",
    };
  }
  if (receipt?.applied) {
    const time = receiptTime(receipt.applied_ns);
    return {
      name,
      kind: "ok",
      icon: "ok",
      word: done,
      detail: [time, receipt.reason].filter(Boolean).join(", "),
    };
  }
  if (receipt) return { name, kind: "bad", icon: "no", word: "Refused", detail: receipt.reason };
  return {
    name,
    kind: "warn",
    icon: "wait",
    word: path === "signal" ? "Signalled" : "No receipt",
    detail: agent_error ? answerText(agent_error) : "",
  };
}

export const ReceiptList = ({ rows }: { rows: readonly ReceiptRow[] }) => (
  <ul class="acks">
    {rows.map(({ name, kind, icon, word, detail }) => (
      <li key={name}>
        <span class="mono name">{name}</span>
        <State kind={kind} icon={icon}>{word}</State>
        <span class="t2 what">{detail}</span>
      </li>
    ))}
  </ul>
);

export const Receipts = ({ answer }: { answer: CommandAnswer }) => (
  <ReceiptList rows={answer.sent.map((sent) => receiptRow(sent))} />
);
