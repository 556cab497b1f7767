/** The one confirmation dialog for actions that are hard to undo. */
import { type ComponentChildren, h, render } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface Question {
  readonly title: string;
  /** What will happen. */
  readonly body: ComponentChildren;
  /** A verb with its object. */
  readonly yes: string;
  /** The action stops or removes something. */
  readonly danger?: boolean;
}

function ConfirmDialog({ question, onAnswer }: { question: Question; onAnswer(yes: boolean): void }) {
  const { title, body, yes, danger = true } = question;
  const dialog = useRef<HTMLDialogElement>(null);
  const answer = useRef(false);
  useEffect(() => dialog.current?.showModal(), []);
  const end = (yes: boolean) => {
    answer.current = yes;
    dialog.current?.close();
  };
  return (
    <dialog
      id="dlg-confirm"
      ref={dialog}
      role="alertdialog"
      aria-labelledby="dlg-confirm-t"
      aria-describedby="dlg-confirm-d"
      onClose={() => onAnswer(answer.current)}
    >
      <div class="dlg">
        <div class="dlg-b">
          <h2 id="dlg-confirm-t">{title}</h2>
          <div id="dlg-confirm-d" class="stack-3">{body}</div>
        </div>
        <div class="dlg-f">
          <button type="button" class="btn" onClick={() => end(false)} autofocus>Cancel</button>
          <button
            type="button"
            class={danger ? "btn btn-dd" : "btn btn-p"}
            data-confirm
            onClick={() => end(true)}
          >
            {yes}
          </button>
        </div>
      </div>
    </dialog>
  );
}

/**
 * Asks once and returns whether the answer is yes. Closing the dialog in any way means no. The focus returns to the
 * pressed element.
 */
export function confirmed(question: Question): Promise<boolean> {
  const opener = document.activeElement;
  const place = document.body.appendChild(document.createElement("div"));
  return new Promise((resolve) => {
    const onAnswer = (yes: boolean) => {
      render(null, place);
      place.remove();
      if (opener instanceof HTMLElement) opener.focus();
      resolve(yes);
    };
    render(h(ConfirmDialog, { question, onAnswer }), place);
  });
}
