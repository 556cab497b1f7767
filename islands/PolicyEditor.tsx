/** A module's policy: shown, edited, and sent as a signed command. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control/control.ts";
import { MODULE_TITLES } from "./agents.ts";
import { Problem, wordsOf } from "./api.ts";
import type { CommandAnswer } from "./client.gen.ts";
import { sendCommand } from "./commands.ts";
import { confirmed } from "./Confirm.tsx";
import {
  changed,
  check,
  conflicts,
  edit,
  type Edits,
  type FieldName,
  FIELDS,
  inForce,
  lamportsText,
  type Settled,
  textsOf,
} from "./policy_edit.ts";
import { Receipts } from "./Receipts.tsx";

/** For those who may not change it. */
export const PolicyView = ({ policy }: { policy: PolicyState }) => (
  <dl class="panel-b kv">
    <dt>ev_min</dt>
    <dd>
      {policy.ev_min} SOL <span class="t3">{lamportsText(String(policy.ev_min))}</span>
    </dd>
    <dt>Throttle</dt>
    <dd>{policy.throttle_pct} %</dd>
    <dt>Least score</dt>
    <dd>{policy.score_min}</dd>
    <dt>Tip ladder</dt>
    <dd>{policy.tip_ladder.join(", ")}</dd>
  </dl>
);

/** Longer than an agent's report of its new policy takes. */
const SETTLED_MS = 30_000;

export interface PolicyFormProps {
  module: ModuleName;
  policy: PolicyState;
  /** Told whether something is typed that is not sent. */
  onDirty(dirty: boolean): void;
}

/** For an admin. */
export function PolicyForm({ module, policy, onDirty }: PolicyFormProps) {
  const [settled, setSettled] = useState<Settled>({});
  const told = textsOf(policy);
  const now = inForce(told, settled);
  const [edits, setEdits] = useState<Edits>({});
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<CommandAnswer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const changes = changed(edits, now);
  const theirs = conflicts(edits, now);
  const dirty = changes.length > 0;
  const wrong = (name: FieldName): string => {
    if (!edits[name]) return "";
    const found = check(name, edits[name].text);
    return "wrong" in found ? found.wrong : problem?.field?.startsWith(name) ? problem.detail : "";
  };
  useEffect(() => {
    onDirty(dirty);
    return () => onDirty(false);
  }, [dirty]);
  // Agents that still say the old after so long have been told it again.
  useEffect(() => {
    if (Object.keys(settled).length === 0) return;
    const timer = setTimeout(() => setSettled({}), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [settled]);
  // What was answered belongs to what was sent.
  const change = (next: Edits) => {
    setEdits(next);
    setAnswer(null);
    setProblem(null);
  };
  const values = () =>
    Object.fromEntries(changes.flatMap((name) => {
      const found = check(name, edits[name]!.text);
      return "value" in found ? [[name, found.value]] : [];
    }));
  async function send(event: Event) {
    event.preventDefault();
    const first = changes.find((name) => wrong(name) && !problem);
    if (first) return document.getElementById(`p-${first}`)?.focus();
    if (changes.length === 0 || theirs.length > 0 || busy) return;
    const body = values();
    if (body.throttle_pct === 100 && policy.throttle_pct < 100 && !await confirmed(STOP_ALL(module))) return;
    setBusy(true);
    // What the last try was answered is not this one's answer.
    setAnswer(null);
    setProblem(null);
    try {
      const sent = await sendCommand(module, "policy", { ...body, ...(reason ? { reason } : {}) });
      if (sent.ok) {
        setSettled(
          Object.fromEntries(changes.map((name) => [name, { text: edits[name]!.text, old: told[name] }])),
        );
        setEdits({});
      }
      setAnswer(sent);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, wordsOf(error)));
    } finally {
      setBusy(false);
    }
  }
  return (
    <form
      class="panel-b stack-3"
      onSubmit={send}
      noValidate
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.ctrlKey) send(event);
      }}
    >
      <div class="form">
        {FIELDS.map(({ name, title, unit, hint }) => (
          <div class={name === "tip_ladder" ? "f full" : "f"} key={name}>
            <label for={`p-${name}`}>{title}</label>
            <div class={unit ? "in-u" : ""}>
              <input
                class="in"
                id={`p-${name}`}
                value={edits[name]?.text ?? now[name]}
                inputMode="decimal"
                autocomplete="off"
                aria-describedby={`h-${name}`}
                aria-invalid={wrong(name) !== ""}
                onInput={(event) =>
                  change(edit(edits, name, event.currentTarget.value, now[name]))}
              />
              {unit && <span>{unit}</span>}
            </div>
            <span
              class={wrong(name) ? "err" : "hint"}
              id={`h-${name}`}
              role={wrong(name) ? "alert" : undefined}
            >
              {wrong(name) || hint}
              {name === "ev_min" && !wrong(name) && (
                <span class="nw">{` ${lamportsText(edits[name]?.text ?? now[name])}`}</span>
              )}
            </span>
          </div>
        ))}
        <div class="f full">
          <label for="p-reason">Reason</label>
          <input
            class="in"
            id="p-reason"
            placeholder="Goes to the audit log"
            maxLength={500}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
      </div>
      {theirs.map((name) => (
        <Conflict
          key={name}
          name={name}
          base={edits[name]!.base}
          theirs={now[name]}
          mine={edits[name]!.text}
          keepMine={() => change({ ...edits, [name]: { text: edits[name]!.text, base: now[name] } })}
          takeTheirs={() => change({ ...edits, [name]: undefined })}
        />
      ))}
      {dirty && (
        <div class="stack">
          <h3>Change to be sent</h3>
          <div class="diff mono s stack">
            {changes.map((name) => (
              <div key={name}>
                {name} <del>{now[name]}</del> <ins>{edits[name]!.text}</ins>
              </div>
            ))}
          </div>
        </div>
      )}
      {problem && !changes.some(wrong) && (
        <p class="bad s" role="alert">
          {problem.detail} <span class="t3">{problem.requestId ? `req ${problem.requestId}` : ""}</span>
        </p>
      )}
      {answer && <Receipts answer={answer} />}
      <div class="row wrap">
        <button type="submit" class="btn btn-p" disabled={!dirty || busy || theirs.length > 0}>
          Sign and send
        </button>
        <button type="button" class="btn" disabled={!dirty || busy} onClick={() => change({})}>
          Discard
        </button>
      </div>
    </form>
  );
}

const STOP_ALL = (module: ModuleName) => ({
  title: `Throttle ${MODULE_TITLES[module].toLowerCase()} by 100 %?`,
  body: (
    <p>
      It skips every decision: nothing is emitted until the throttle is lowered. The agents go on watching.
    </p>
  ),
  yes: "Throttle by 100 %",
});

interface ConflictProps {
  name: FieldName;
  base: string;
  theirs: string;
  mine: string;
  keepMine(): void;
  takeTheirs(): void;
}

/** Somebody else was first: both are shown, and the person decides. */
const Conflict = ({ name, base, theirs, mine, keepMine, takeTheirs }: ConflictProps) => (
  <div class="notice" data-s="warn" role="alert" data-conflict={name}>
    <div class="grow s">
      <b>{name} was changed while you typed:</b> it was {base}, somebody made it <b>{theirs}</b>, you have
      {" "}
      <b>{mine}</b>.
    </div>
    <div class="end">
      <button type="button" class="btn" onClick={takeTheirs}>Take {theirs}</button>
      <button type="button" class="btn" onClick={keepMine}>Keep mine</button>
    </div>
  </div>
);
