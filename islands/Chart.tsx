/** A time chart by uPlot, with its numbers for a screen reader; redrawn only while it is visible. */
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Skeleton } from "./_ui.tsx";
import { chartTime, chartTimes, decimals, grouped, wide } from "./format.ts";

export interface ChartLine {
  label: string;
  values: readonly number[];
}

export interface ChartProps {
  /** Unix seconds; undefined: not known yet. */
  t: readonly number[] | undefined;
  lines: readonly ChartLine[];
  label: string;
  unit: string;
  /** Text shown until the numbers are known. */
  waiting: string;
}

const HEIGHT = 180;
const DASHES = [[], [6, 4]];
const FONT = "12px system-ui, sans-serif";
/** Room for a time between two ticks, and beside the longest label of the y axis. */
const TIME_PX = 76;
const LABEL_PX = 18;
/** Half of the last time's label is to the right of the last tick. */
const RIGHT_PX = 36;

/** Fetched once, when the first chart is drawn. */
let fetched: Promise<typeof uPlot> | undefined;

function plotter(): Promise<typeof uPlot> {
  const url = document.querySelector<HTMLMetaElement>("meta[name=plot]")?.content ?? "";
  return fetched ??= import(url).then((module) => module.default as typeof uPlot, (error) => {
    fetched = undefined;
    throw error;
  });
}

/** Changes when the page's colours change: a canvas keeps the colours that it was drawn with. */
function useTheme(): number {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const changed = () => setTheme((before) => before + 1);
    const media = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    media.addEventListener("change", changed);
    return () => {
      observer.disconnect();
      media.removeEventListener("change", changed);
    };
  }, []);
  return theme;
}

function optionsOf(
  Plot: typeof uPlot,
  root: HTMLElement,
  labels: readonly string[],
  unit: string,
): uPlot.Options {
  // A canvas does not know light-dark(): the browser computes a token's colour in this theme.
  const colour = (name: string) => {
    root.style.color = `var(${name})`;
    return getComputedStyle(root).color;
  };
  const axis = {
    font: FONT,
    stroke: colour("--text-2"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  };
  const series = labels.map((label, at) => ({
    label,
    stroke: colour(at === 0 ? "--accent" : "--back"),
    width: 1.75,
    dash: DASHES[at % 2]!,
    points: { show: false },
    value: (_: uPlot, value: number | null) => value === null ? "–" : `${grouped(value.toFixed(1))} ${unit}`,
  }));
  root.style.color = "";
  return {
    width: root.clientWidth || 600,
    height: HEIGHT,
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    series: [
      { value: (_: uPlot, second: number | null) => second === null ? "–" : chartTime(second) },
      ...series,
    ],
    axes: [
      { ...axis, space: TIME_PX, values: (_, splits, __, ___, step) => chartTimes(splits, step) },
      {
        ...axis,
        values: (_, splits, __, ___, step) => splits.map((value) => grouped(value.toFixed(decimals(step)))),
        size: (plot, values) => LABEL_PX + wide(plot.ctx, FONT, values ?? []),
      },
    ],
    cursor: { y: false },
    padding: [null, RIGHT_PX, null, null],
  };
}

export function Chart({ t, lines, label, unit, waiting }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [problem, setProblem] = useState("");
  const [drawn, setDrawn] = useState(0);
  const theme = useTheme();
  const isKnown = t !== undefined && t.length > 0;
  const labels = lines.map(({ label }) => label).join("\n");
  useEffect(() => {
    const root = place.current;
    if (!root || !isKnown) return;
    let watch: ResizeObserver | undefined;
    let ended = false;
    plotter().then((Plot) => {
      if (ended) return;
      const empty = [[], ...labels.split("\n").map(() => [])] as unknown as uPlot.AlignedData;
      plot.current = new Plot(optionsOf(Plot, root, labels.split("\n"), unit), empty, root);
      watch = new ResizeObserver(() => plot.current?.setSize({ width: root.clientWidth, height: HEIGHT }));
      watch.observe(root);
      setProblem("");
      setDrawn((before) => before + 1);
    }, () => setProblem("The chart's code could not be fetched. Load the page again."));
    return () => {
      ended = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [isKnown, theme, labels, unit]);
  useEffect(() => {
    if (document.hidden || !plot.current || !t) return;
    const columns = lines.map(({ values }) =>
      t.map((_, at) => Number.isFinite(values[at]) ? values[at]! : null)
    );
    plot.current.setData([[...t], ...columns]);
  }, [t, lines, drawn]);
  const newest = lines.map(({ label, values }) => {
    const value = values.at(-1);
    return `${label} ${
      value === undefined || !Number.isFinite(value) ? "unknown" : `${grouped(value.toFixed(1))} ${unit}`
    }`;
  }).join(", ");
  return (
    <figure>
      {problem && <p class="bad s" role="alert">{problem}</p>}
      {t === undefined
        ? (
          <>
            <p class="t2 s">{waiting}</p>
            <Skeleton what={label} lines={4} />
          </>
        )
        : !isKnown
        ? <p class="t2">No samples in this time.</p>
        : null}
      <div ref={place} role="img" aria-label={`${label}. Now: ${newest}`} class="plot" hidden={!isKnown}>
      </div>
    </figure>
  );
}
