/** A module's policy: shown, edited, and sent as a signed command. */
import { useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control.ts";
import { Problem } from "./api.ts";
import { type CommandAnswer, sendCommand } from "./commands.ts";
import { Receipts } from "./Receipts.tsx";

/** For those who may not change it. */
export const PolicyView = ({ policy }: { policy: PolicyState }) => (
  <dl class="panel-b kv">
    <dt>ev_min</dt>
    <dd>{policy.ev_min} SOL</dd>
    <dt>Throttle</dt>
    <dd>{policy.throttle_pct} %</dd>
    <dt>Least score</dt>
    <dd>{policy.score_min}</dd>
    <dt>Tip ladder</dt>
    <dd>{policy.tip_ladder.join(", ")}</dd>
  </dl>
);

const FIELDS = [
  ["ev_min", "ev_min", "SOL", "Least expected value of a decision, 0..10"],
  ["throttle_pct", "Throttle", "%", "Share of decisions skipped by hash; 100 stops emission"],
  ["score_min", "Least score", "", "0..1"],
  ["tip_ladder", "Tip ladder", "", "Quantiles of recently landed tips, rising"],
] as const;
type FieldName = (typeof FIELDS)[number][0];

/** For an admin. */
export function PolicyForm({ module, policy }: { module: ModuleName; policy: PolicyState }) {
  const now: Record<FieldName, string> = {
    ev_min: String(policy.ev_min),
    throttle_pct: String(policy.throttle_pct),
    score_min: String(policy.score_min),
    tip_ladder: policy.tip_ladder.join(", "),
  };
  const [edited, setEdited] = useState<Partial<Record<FieldName, string>>>({});
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);
  const changes = FIELDS.filter(([name]) => edited[name] !== undefined && edited[name] !== now[name]);
  const value = (name: FieldName) => {
    const text = edited[name]!.trim();
    return name === "tip_ladder"
      ? text.split(",").map((rung) => Number(rung.trim()))
      : text === ""
      ? NaN
      : Number(text);
  };
  async function send(event: Event) {
    event.preventDefault();
    const body = Object.fromEntries(changes.map(([name]) => [name, value(name)]));
    try {
      const sent = await sendCommand(module, "policy", { ...body, ...(reason ? { reason } : {}) });
      setAnswer(sent);
      if (sent.ok) setEdited({});
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
  }
  const problem = answer instanceof Problem ? answer : null;
  return (
    <form class="panel-b stack-3" onSubmit={send}>
      <div class="form">
        {FIELDS.map(([name, title, unit, hint]) => (
          <div class={name === "tip_ladder" ? "f full" : "f"} key={name}>
            <label for={`p-${name}`}>{title}</label>
            <div class={unit ? "in-u" : ""}>
              <input
                class="in"
                id={`p-${name}`}
                value={edited[name] ?? now[name]}
                inputMode="decimal"
                aria-describedby={`h-${name}`}
                aria-invalid={problem?.field?.startsWith(name) ?? false}
                onInput={(event) =>
                  setEdited({ ...edited, [name]: event.currentTarget.value })}
              />
              {unit && <span>{unit}</span>}
            </div>
            <span class="hint" id={`h-${name}`}>{hint}</span>
          </div>
        ))}
        <div class="f full">
          <label for="p-reason">Reason</label>
          <input
            class="in"
            id="p-reason"
            placeholder="Goes to the audit log"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
      </div>
      {changes.length > 0 && (
        <div class="stack">
          <h3>Change to be sent</h3>
          <div class="diff mono s stack">
            {changes.map(([name]) => (
              <div key={name}>
                {name} <del>{now[name]}</del> <ins>{edited[name]}</ins>
              </div>
            ))}
          </div>
        </div>
      )}
      {problem && (
        <p class="bad s" role="alert">
          {problem.detail} <span class="t3">{problem.requestId ? `req ${problem.requestId}` : ""}</span>
        </p>
      )}
      {answer && "sent" in answer && <Receipts answer={answer} />}
      <div class="row wrap">
        <button type="submit" class="btn btn-p" disabled={changes.length === 0}>Sign and send</button>
        <button type="button" class="btn" disabled={changes.length === 0} onClick={() => setEdited({})}>
          Discard
        </button>
      </div>
    </form>
  );
}
