/** The icons, once per page as symbols; a use is a few bytes. */
const PATHS = {
  arb: <path d="M3 6h9l-2.500-2.500M13 10H4l2.500 2.500" />,
  back: <path d="M8 13 2.500 3h11z" fill="currentColor" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  copy: (
    <>
      <rect x="5.500" y="5.500" width="8" height="8" rx="1.500" /> <path d="M3.500 10.500h-1v-8h8v1" />
    </>
  ),
  front: <path d="M8 3 13.500 13h-11z" fill="currentColor" />,
  home: <path d="M2.500 7.500 8 3l5.500 4.500V13h-4V9.500h-3V13h-4z" />,
  kill: (
    <>
      <path d="M5.5 2h5L14 5.500v5L10.500 14h-5L2 10.500v-5z" fill="currentColor" />
      <path d="M5.800 8h4.400" stroke="var(--kill-bar, var(--surface))" />
    </>
  ),
  more: <path d="M3.500 8h.1M8 8h.1M12.500 8h.1" stroke-width="2.600" />,
  no: <path d="m4 4 8 8m0-8-8 8" />,
  ok: <path d="m3 8.500 3.200 3.200L13 5" />,
  paper: <path d="M4 2.500h5.500L12.500 5.500v8H4z" stroke-dasharray="2 1.500" />,
  part: (
    <>
      <circle cx="8" cy="8" r="5" /> <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" />
    </>
  ),
  pause: <path d="M6 4v8M10 4v8" />,
  run: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  sand: <path d="M3 5h10M3 8h10M3 11h10" />,
  shadow: (
    <>
      <circle cx="8" cy="8" r="5.500" /> <circle cx="8" cy="8" r="2" fill="currentColor" />
    </>
  ),
  skip: <path d="M4 8h8" />,
  stop: <circle cx="8" cy="8" r="5" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.500" />
      <path d="M8 2.500a5.500 5.500 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  up: <path d="m4 10 4-4 4 4" />,
  victim: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  wait: (
    <>
      <circle cx="8" cy="8" r="5.500" /> <path d="M8 5v3l2 1.500" />
    </>
  ),
  warn: (
    <>
      <path d="M8 2.500 14.500 13.500h-13z" /> <path d="M8 6.500v3.200M8 11.600v.1" />
    </>
  ),
};

export type IconName = keyof typeof PATHS;

export const IconDefs = () => (
  <svg width="0" height="0" aria-hidden="true" focusable="false">
    <defs>
      {Object.entries(PATHS).map(([name, path]) => (
        <symbol id={`i-${name}`} viewBox="0 0 16 16" key={name}>{path}</symbol>
      ))}
    </defs>
  </svg>
);

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="ico" aria-hidden="true">
    <use href={`#i-${name}`} />
  </svg>
);

/** Shape, word and colour, always all three. */
export const State = (
  { kind, icon, children }: { kind: string; icon: IconName; children?: preact.ComponentChildren },
) => (
  <span class="st" data-s={kind}>
    <Icon name={icon} />
    {children}
  </span>
);
import type preact from "preact";
