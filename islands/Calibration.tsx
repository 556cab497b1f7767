/** How reliable a model's probabilities are: predicted probability against the share that came true. */
import type { Judgement, ModelList } from "../core/models/models.ts";
import { fixed } from "./format.ts";

const CHART = { size: 240, left: 34, top: 8 };

/** Calibration of the live model and of the newest one. */
export function Quality({ list }: { list: ModelList }) {
  const judged = list.models.filter((model) => model.metrics);
  const live = judged.find(({ version }) => version === (list.pinned ?? list.latest));
  const newest = judged.at(-1);
  const shown = [...new Set([live, newest])].filter((model) => model !== undefined);
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Calibration</h2>
      </div>
      <div class="panel-b">
        {shown.length === 0 ? <p class="t2">No model has been judged yet.</p> : (
          <>
            <Calibration models={shown.map(({ version, metrics }) => ({ version, metrics: metrics! }))} />
            <ul class="legend">
              {shown.map(({ version, metrics }, at) => (
                <li key={version}>
                  <svg class="ico chart">
                    <path class={at === 0 ? "l a" : "l fr"} d="M0 4h16" />
                  </svg>
                  <span class="mono">{version}</span>
                  {`${version === list.latest ? " live" : ""}, ECE ${fixed(metrics!.calibration_error)}, ${
                    metrics!.rows
                  } rows`}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

function Calibration({ models }: { models: readonly { version: string; metrics: Judgement }[] }) {
  const { size, left, top } = CHART;
  const place = (probability: number, share: number) =>
    `${(left + probability * size).toFixed(1)} ${(top + size - share * size).toFixed(1)}`;
  const rows = models.map(({ version, metrics }) =>
    `${version}: ${
      metrics.curve.map(([rows, p, y]) => `${rows} rows at ${p.toFixed(2)} came true ${y.toFixed(2)}`).join(
        ", ",
      )
    }`
  ).join("; ");
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${left + size + 8} ${top + size + 32}`}
      role="img"
      aria-label={`Calibration. ${rows}`}
    >
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <g key={share}>
          <path class="ax" d={`M${place(0, share)}L${place(1, share)}`} />
          <text x={left - 5} y={top + size - share * size + 4} text-anchor="end">{share}</text>
          <text x={left + share * size} y={top + size + 14} text-anchor="middle">{share}</text>
        </g>
      ))}
      <path class="ideal" d={`M${place(0, 0)}L${place(1, 1)}`} />
      {models.map(({ version, metrics }, at) => (
        <path
          key={version}
          class={at === 0 ? "l a" : "l fr"}
          d={`M${metrics.curve.map(([, p, y]) => place(p, y)).join("L")}`}
        />
      ))}
      <text x={left + size / 2} y={top + size + 28} text-anchor="middle">predicted</text>
      <text x={left + 4} y={top + 12}>share that came true</text>
    </svg>
  );
}
