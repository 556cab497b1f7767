/** Two presses to kill, from any page; then each agent's answer separately, for as long as it takes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { HostKill } from "./Banner.tsx";
import { useClock } from "./clock.ts";
import { useHostCommand } from "./host_command.ts";
import { type KillState, type Scope, useKill } from "./kill.ts";
import { useOpener } from "./kill_opener.ts";
import { ANNOUNCEMENTS, type Stage, stageOf, titleOf } from "./kill_stage.ts";
import { ReceiptList } from "./Receipts.tsx";

/** A key or finger still down from opening the dialog must not confirm. */
const GUARD_MS = 400;
const SCOPES: readonly [Scope, string][] = [
  ["all", "Both modules"],
  ["arbitrage", "Arbitrage"],
  ["mev", "Sandwich"],
];
const NAMES: Record<Scope, string> = { all: "both", arbitrage: "Arbitrage", mev: "Sandwich" };

export default function KillDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const openedAt = useRef(0);
  const [isOpen, setOpen] = useState(false);
  const [scope, setScope] = useState<Scope>("all");
  const [reason, setReason] = useState("");
  const now = useClock();
  const state = useKill(isOpen);
  const { kill, rows } = state;
  const waited_ms = kill ? Math.max(0, now - kill.sent_at) : 0;
  const stage = stageOf(state, waited_ms);
  useOpener(dialog, () => {
    openedAt.current = performance.now();
    setOpen(true);
    // A kill that not all agents have answered is shown again; its button sends it again.
    if (stage === "done" || stage === "failed") state.forget();
  });
  // Also when the dialog opens while it still holds the answer of the last kill: Enter must kill, not close.
  const asks = isOpen && stage === "ask";
  useEffect(() => {
    if (asks) dialog.current?.querySelector<HTMLElement>("[data-kill]")?.focus();
  }, [asks]);
  const press = () => {
    if (performance.now() - openedAt.current < GUARD_MS) return;
    if (kill) state.retry();
    else state.send(scope, reason);
  };
  const seconds = Math.floor(waited_ms / 1000);
  return (
    <dialog
      ref={dialog}
      id="dlg-kill"
      role="alertdialog"
      aria-labelledby="dlg-kill-t"
      aria-describedby="dlg-kill-d"
      data-stage={stage}
      onClose={() => setOpen(false)}
    >
      <div class="dlg">
        <div class="dlg-b">
          <h2 id="dlg-kill-t" tabIndex={-1}>{titleOf(stage, state, seconds)}</h2>
          <p id="dlg-kill-d">
            Agents stop emitting and submitting within one event. The kill survives restarts. Only an admin's
            explicit un-kill lifts it.
          </p>
          <p class="sr" role="status">{stage === "ask" || stage === "sending" ? "" : ANNOUNCEMENTS[stage]}</p>
          {!kill && <Ask scope={scope} reason={reason} setScope={setScope} setReason={setReason} />}
          {kill && rows.length > 0 && <ReceiptList rows={rows} />}
          {kill && kill.tries > 1 && <p class="s t2">Sent {kill.tries} times under the same id.</p>}
          <Outcome state={state} stage={stage} seconds={seconds} />
          {stage !== "done" && (
            <div class="stack s t2">
              <p>
                If this page does not answer, run this on the host. It works with log, database and page down:
              </p>
              <HostKill />
            </div>
          )}
        </div>
        <KillButtons
          state={state}
          stage={stage}
          scope={scope}
          press={press}
          onClose={() => dialog.current?.close()}
        />
      </div>
    </dialog>
  );
}

interface KillButtonsProps {
  state: KillState;
  stage: Stage;
  scope: Scope;
  press(): void;
  onClose(): void;
}

/** Buttons: kill or send again, new kill, close. */
const KillButtons = ({ state, stage, scope, press, onClose }: KillButtonsProps) => (
  <div class="dlg-f">
    {stage !== "done" && (
      <button
        type="button"
        class="btn btn-dd"
        onClick={press}
        disabled={stage === "sending"}
        data-kill
        autofocus
      >
        <Icon name="kill" />
        {state.kill ? stage === "sending" ? "Sending…" : "Send again" : `Kill ${NAMES[scope]} now`}
      </button>
    )}
    {stage === "partly" && (
      <button type="button" class="btn" onClick={() => state.forget()}>
        New kill…
      </button>
    )}
    <button type="button" class="btn" onClick={onClose}>
      {state.kill ? "Close" : "Cancel"}
    </button>
  </div>
);

interface AskProps {
  scope: Scope;
  reason: string;
  setScope(scope: Scope): void;
  setReason(reason: string): void;
}

/** What to kill, and why. */
const Ask = ({ scope, reason, setScope, setReason }: AskProps) => (
  <>
    <fieldset class="stack">
      <legend>What to kill</legend>
      <div class="seg">
        {SCOPES.map(([value, title]) => (
          <label key={value}>
            <input
              type="radio"
              name="kill-scope"
              checked={scope === value}
              onChange={() => setScope(value)}
            />{" "}
            {title}
          </label>
        ))}
      </div>
    </fieldset>
    <div class="f">
      <label for="kill-reason">
        Reason <span class="t3">(optional, written to the audit log)</span>
      </label>
      <input
        class="in"
        id="kill-reason"
        autocomplete="off"
        maxLength={500}
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
    </div>
  </>
);

/** Says that no agent has answered, or that the kill was refused, and what to do. */
function Outcome({ state: { kill }, stage, seconds }: { state: KillState; stage: Stage; seconds: number }) {
  const command = useHostCommand("kill");
  if (stage !== "unreachable" && stage !== "failed") return null;
  return (
    <div class="notice" data-s="bad">
      <Icon name="warn" />
      <div class="grow">
        {stage === "unreachable"
          ? (
            <>
              <b>Sent, no answer for {seconds} s.</b>{" "}
              <span>
                No agent has confirmed that it stopped. Run <code>{command}</code>{" "}
                on the host, or send it again.
              </span>
            </>
          )
          : (
            <>
              <b>No agent is known to have stopped.</b> <span>{kill?.problem}</span>
            </>
          )}
      </div>
    </div>
  );
}
