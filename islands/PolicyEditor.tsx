/** A module's policy: shown, edited, and sent as a signed command. */
import { useEffect } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control/control.ts";
import { edit, type Edits, type FieldName, FIELDS, lamportsText } from "./policy_edit.ts";
import { usePolicyForm } from "./policy_form.tsx";
import { Receipts } from "./Receipts.tsx";

/** For users who may not change it. */
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

export interface PolicyFormProps {
  module: ModuleName;
  policy: PolicyState;
  /** Called with whether there are changes that were not sent. */
  onDirty(dirty: boolean): void;
}

/** For an admin. */
export function PolicyForm({ module, policy, onDirty }: PolicyFormProps) {
  const form = usePolicyForm(module, policy);
  const { now, edits, reason, answer, problem, busy, changes, theirs, wrong, change, send } = form;
  const dirty = changes.length > 0;
  useEffect(() => {
    onDirty(dirty);
    return () => onDirty(false);
  }, [dirty]);
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
        {FIELDS.map((field) => (
          <PolicyField
            key={field.name}
            field={field}
            text={edits[field.name]?.text ?? now[field.name]}
            wrong={wrong(field.name)}
            onType={(text) => change(edit(edits, field.name, text, now[field.name]))}
          />
        ))}
        <ReasonField reason={reason} setReason={form.setReason} />
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
      {dirty && <Changes changes={changes} now={now} edits={edits} />}
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

interface PolicyFieldProps {
  field: typeof FIELDS[number];
  text: string;
  /** The error of the field, as text. */
  wrong: string;
  onType(text: string): void;
}

/** A field with its unit, and its range or its error. */
const PolicyField = ({ field: { name, title, unit, hint }, text, wrong, onType }: PolicyFieldProps) => (
  <div class={name === "tip_ladder" ? "f full" : "f"}>
    <label for={`p-${name}`}>{title}</label>
    <div class={unit ? "in-u" : ""}>
      <input
        class="in"
        id={`p-${name}`}
        value={text}
        inputMode="decimal"
        autocomplete="off"
        aria-describedby={`h-${name}`}
        aria-invalid={wrong !== ""}
        onInput={(event) =>
          onType(event.currentTarget.value)}
      />
      {unit && <span>{unit}</span>}
    </div>
    <span
      class={wrong ? "err" : "hint"}
      id={`h-${name}`}
      role={wrong ? "alert" : undefined}
    >
      {wrong || hint}
      {name === "ev_min" && !wrong && <span class="nw">{` ${lamportsText(text)}`}</span>}
    </span>
  </div>
);

/** The reason for the change. */
const ReasonField = ({ reason, setReason }: { reason: string; setReason(reason: string): void }) => (
  <div class="f full">
    <label for="p-reason">Reason</label>
    <input
      class="in"
      id="p-reason"
      placeholder="Written to the audit log"
      maxLength={500}
      value={reason}
      onInput={(event) => setReason(event.currentTarget.value)}
    />
  </div>
);

interface ChangesProps {
  changes: readonly FieldName[];
  now: Record<FieldName, string>;
  edits: Edits;
}

/** Current and new value of each changed field. */
const Changes = ({ changes, now, edits }: ChangesProps) => (
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
);

interface ConflictProps {
  name: FieldName;
  base: string;
  theirs: string;
  mine: string;
  keepMine(): void;
  takeTheirs(): void;
}

/** Another user changed the field first: both values are shown, and the user decides. */
const Conflict = ({ name, base, theirs, mine, keepMine, takeTheirs }: ConflictProps) => (
  <div class="notice" data-s="warn" role="alert" data-conflict={name}>
    <div class="grow s">
      <b>{name} was changed while you typed:</b> it was {base}, now it is <b>{theirs}</b>, you have{" "}
      <b>{mine}</b>.
    </div>
    <div class="end">
      <button type="button" class="btn" onClick={takeTheirs}>Take {theirs}</button>
      <button type="button" class="btn" onClick={keepMine}>Keep mine</button>
    </div>
  </div>
);
