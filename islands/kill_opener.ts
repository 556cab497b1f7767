/** Opens the kill dialog. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Opens by the buttons and by Shift+K. */
export function useOpener(dialog: RefObject<HTMLDialogElement | null>, opened: () => void): void {
  const call = useRef(opened);
  call.current = opened;
  useEffect(() => {
    const open = () => {
      if (dialog.current?.open) return;
      call.current();
      dialog.current?.showModal();
    };
    const click = (event: Event) => {
      if ((event.target as Element).closest("[data-open-kill]")) open();
    };
    const key = (event: KeyboardEvent) => {
      if (
        (event.target as Element).closest("input, select, textarea, dialog") || event.ctrlKey ||
        event.metaKey || event.altKey
      ) return;
      if (event.key !== "K") return;
      open();
      event.preventDefault();
    };
    document.addEventListener("click", click);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("click", click);
      document.removeEventListener("keydown", key);
    };
  }, []);
}
