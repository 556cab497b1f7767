/** The keyboard shortcuts of the page, opened by `?`. */
import { useEffect, useRef } from "preact/hooks";
import { PAGES } from "./registry.tsx";

const KEYS = [
  [
    `g, then ${PAGES.map(({ key }) => key).join(" ")}`,
    `to ${PAGES.map(({ title }) => title).join(", ")}`,
  ],
  ["j k ↓ ↑", "next or previous row"],
  ["Home End PgUp PgDn", "first or last row, a screen up or down"],
  ["Enter", "open the row's evidence"],
  ["[ ]", "previous or next decision while the evidence is open"],
  ["Esc", "close evidence or dialog"],
  ["p", "pause or resume the live table"],
  ["/", "filter"],
  ["c", "copy the row's signature"],
  ["Shift+K", "kill dialog"],
  ["?", "this list"],
] as const;

/** Open from the first render; `onClose` runs however it is closed. */
export function KeysDialog({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog id="dlg-keys" ref={dialog} aria-labelledby="dlg-keys-t" onClose={onClose}>
      <div class="dlg">
        <div class="dlg-b">
          <h2 id="dlg-keys-t">Keyboard</h2>
          <dl class="kv left">
            {KEYS.map(([keys, what]) => (
              <>
                <dt key={keys}>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{what}</dd>
              </>
            ))}
          </dl>
        </div>
        <div class="dlg-f">
          <button type="button" class="btn" onClick={() => dialog.current?.close()}>Close</button>
        </div>
      </div>
    </dialog>
  );
}
