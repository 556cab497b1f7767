/** An id that is too long to show in full, with a copy button. */
import { Icon } from "./_icons.tsx";
import { short } from "./format.ts";

/** Shows the first and last characters; copies all of it. */
export const CopyValue = ({ value, what }: { value: string; what: string }) => (
  <span class="nw">
    <span class="mono" title={value}>{short(value, 6)}</span>
    <button type="button" class="cpy" data-copy={value} aria-label={`Copy ${what}`}>
      <Icon name="copy" />
    </button>
  </span>
);
