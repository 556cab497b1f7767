/** Copies text, and announces whether it worked. */
import { announce } from "./announce.ts";

/** Browsers have the clipboard API only on HTTPS and on localhost; otherwise a selected text is copied the old way. */
async function copied(text: string, beside: HTMLElement): Promise<boolean> {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text).then(() => true, () => false);
  const place = document.createElement("textarea");
  place.value = text;
  place.className = "sr";
  // Beside the pressed element: text outside an open dialog cannot be selected.
  beside.after(place);
  place.select();
  const isCopied = document.execCommand("copy");
  place.remove();
  beside.focus();
  return isCopied;
}

/** Copies `text` to the clipboard; returns whether the browser allowed it. */
export async function copyText(text: string, beside: HTMLElement = document.body): Promise<boolean> {
  const isCopied = await copied(text, beside);
  announce(isCopied ? "Copied" : "The browser refused to copy. Select the text and copy it yourself.");
  return isCopied;
}
