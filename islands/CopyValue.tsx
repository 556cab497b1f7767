/** An id that is too long to show, with the button that copies it. */
import { Icon } from "./_icons.tsx";
import { short } from "./format.ts";

/** Its first and last characters; the whole is copied. */
export const CopyValue = ({ value, what }: { value: string; what: string }) => (
  <span class="nw">
    <span class="mono" title={value}>{short(value, 6)}</span>
    <button type="button" class="cpy" data-copy={value} aria-label={`Copy ${what}`}>
      <Icon name="copy" />
    </button>
  </span>
);
