/**
 * What every part shows of its own state: not known yet, or no answer. A part never shows "none" before the server has
 * reported it.
 */
import type { Fetched } from "./polling.ts";
import { useClock } from "./clock.ts";
import { age } from "./format.ts";
import { Icon } from "./_icons.tsx";

/** A placeholder for a value; rendered by the server too. */
export const Skeleton = ({ lines = 3, what }: { lines?: number; what: string }) => (
  <div class="skels" role="status" aria-label={`${what}: not known yet`}>
    {Array.from({ length: lines }, (_, at) => <span key={at} class={`skel w${3 - at % 3}`} />)}
  </div>
);

/** Shown in the affected part: since when there is no answer, and why. Renders nothing while there are answers. */
export function NoAnswer({ asked: { at, problem }, what }: { asked: Fetched<unknown>; what: string }) {
  const now = useClock();
  if (!problem) return null;
  return (
    <p class="no-answer s" role="status">
      <Icon name="warn" />
      <span>
        <b>{what}: {at === null ? "no answer yet" : `no answer for ${age(Math.max(0, now - at) / 1000)}`}.</b>
        {" "}
        {problem}
      </span>
    </p>
  );
}
