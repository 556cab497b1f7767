/** A time chart by uPlot, with its numbers for a screen reader; redrawn only when it is seen. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface ChartProps {
  /** Unix seconds. */
  t: readonly number[];
  lines: readonly { label: string; values: readonly number[] }[];
  label: string;
}

const HEIGHT = 180;
const DASHES = [[], [6, 4]];

export function Chart({ t, lines, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const root = place.current;
    if (!root) return;
    // A canvas does not know light-dark(): the browser says what a token is in this theme.
    const colour = (name: string) => {
      root.style.color = `var(${name})`;
      return getComputedStyle(root).color;
    };
    const axis = {
      stroke: colour("--text-2"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line") },
    };
    const series = lines.map(({ label }, at) => ({
      label,
      stroke: colour(at === 0 ? "--accent" : "--back"),
      width: 1.75,
      dash: DASHES[at % 2]!,
      points: { show: false },
    }));
    root.style.color = "";
    plot.current = new uPlot(
      {
        width: root.clientWidth || 600,
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        series: [{ label: "UTC" }, ...series],
        axes: [axis, axis],
        cursor: { y: false },
      },
      [[], ...lines.map(() => [])] as unknown as uPlot.AlignedData,
      root,
    );
    const watch = new ResizeObserver(() =>
      plot.current?.setSize({ width: root.clientWidth, height: HEIGHT })
    );
    watch.observe(root);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (document.hidden || !plot.current) return;
    const rows = Math.min(t.length, ...lines.map(({ values }) => values.length));
    const tail = <T,>(values: readonly T[]) => values.slice(values.length - rows);
    plot.current.setData(
      [tail(t), ...lines.map(({ values }) => tail(values))] as unknown as uPlot.AlignedData,
    );
  }, [t, lines]);
  const newest = lines.map(({ label, values }) => `${label} ${values.at(-1)?.toFixed(1) ?? "unknown"}`).join(
    ", ",
  );
  return (
    <figure>
      <div ref={place} role="img" aria-label={`${label}. Now: ${newest}`} class="plot"></div>
    </figure>
  );
}
