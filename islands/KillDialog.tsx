/** Two presses to kill, from anywhere; then every agent's answer by itself. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control.ts";
import { Icon } from "./_icons.tsx";
import { Problem } from "./api.ts";
import { type CommandAnswer, sendCommand } from "./commands.ts";
import { Receipts } from "./Receipts.tsx";

/** A key or finger that is still down from opening must not confirm. */
const GUARD_MS = 400;
const SCOPES: readonly [ModuleName | "all", string][] = [
  ["all", "Both modules"],
  ["arbitrage", "Arbitrage"],
  ["mev", "Sandwich"],
];

export default function KillDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const openedAt = useRef(0);
  const [scope, setScope] = useState<ModuleName | "all">("all");
  const [reason, setReason] = useState("");
  const [sending, setSending] = useState(false);
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);

  useEffect(() => {
    const open = () => {
      if (dialog.current?.open) return;
      setAnswer(null);
      setSending(false);
      openedAt.current = performance.now();
      dialog.current?.showModal();
    };
    const click = (event: Event) => (event.target as Element).closest("[data-open-kill]") && open();
    const key = (event: KeyboardEvent) => {
      if (
        (event.target as Element).closest("input, select, textarea, dialog") || event.ctrlKey ||
        event.metaKey || event.altKey
      ) return;
      if (event.key === "K") {
        open();
        event.preventDefault();
      }
    };
    document.addEventListener("click", click);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("click", click);
      document.removeEventListener("keydown", key);
    };
  }, []);

  async function kill() {
    if (performance.now() - openedAt.current < GUARD_MS || sending) return;
    setSending(true);
    try {
      setAnswer(await sendCommand(scope, "kill", reason ? { reason } : {}));
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
    setSending(false);
  }

  const name = scope === "all" ? "both" : scope === "mev" ? "sandwich" : "arbitrage";
  const stopped = answer && "sent" in answer
    ? answer.sent.filter(({ receipt }) => receipt?.applied && receipt.genuine).length
    : 0;
  return (
    <dialog
      ref={dialog}
      id="dlg-kill"
      role="alertdialog"
      aria-labelledby="dlg-kill-t"
      aria-describedby="dlg-kill-d"
    >
      <div class="dlg">
        <div class="dlg-b">
          <h2 id="dlg-kill-t" tabIndex={-1}>
            {answer && "sent" in answer
              ? `Kill sent · ${stopped} of ${answer.sent.length} agents have stopped`
              : "Kill trading"}
          </h2>
          <p id="dlg-kill-d">
            Agents stop emitting and submitting within one event. The kill survives restarts. Only an admin's
            explicit un-kill lifts it.
          </p>
          {!answer && (
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
                  Reason <span class="t3">(optional, goes to the audit log)</span>
                </label>
                <input
                  class="in"
                  id="kill-reason"
                  autocomplete="off"
                  value={reason}
                  onInput={(event) => setReason(event.currentTarget.value)}
                />
              </div>
            </>
          )}
          {answer && "sent" in answer && <Receipts answer={answer} />}
          {answer instanceof Problem && (
            <div class="notice" data-s="bad" role="alert">
              <Icon name="warn" />
              <div class="grow">
                <b>The kill was not sent.</b> <span class="t2">{answer.detail}</span>
              </div>
            </div>
          )}
          <div class="stack s t2">
            <p>If this page does not answer, run on the host. It works with log, database and page down:</p>
            <div class="cmd">
              <code>legend kill</code>
            </div>
          </div>
        </div>
        <div class="dlg-f">
          {(!answer || answer instanceof Problem) && (
            <button type="button" class="btn btn-dd" onClick={kill} disabled={sending} data-kill autofocus>
              <Icon name="kill" />Kill {name} now
            </button>
          )}
          <button type="button" class="btn" onClick={() => dialog.current?.close()}>
            {answer ? "Close" : "Cancel"}
          </button>
        </div>
      </div>
    </dialog>
  );
}
