/** The shadow model beside the deciding one, on the same live decisions. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { ShadowComparison } from "../core/models/shadow.ts";
import { api, Problem } from "./api.ts";
import { fixed, grouped } from "./format.ts";

/** Ranges of live decisions to compare, in hours. */
const SHADOW_HOURS = [1, 6, 24] as const;
const SHADOW_EVERY_MS = 30_000;

/** The comparison of the last hours, polled while the page is visible; or why there is none. */
function useShadow(module: ModuleName, hours: number) {
  const [comparison, setComparison] = useState<ShadowComparison | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const look = () =>
      api("GET /api/training/shadow", { query: { module, hours } }).then(
        (answer) => {
          setComparison(answer);
          setProblem("");
        },
        (error) => setProblem(error instanceof Problem ? error.detail : String(error)),
      );
    look();
    const timer = setInterval(() => document.hidden || look(), SHADOW_EVERY_MS);
    return () => clearInterval(timer);
  }, [module, hours]);
  return { told: comparison, problem };
}

export function ShadowPanel({ module, version }: { module: ModuleName; version: string }) {
  const [hours, setHours] = useState<number>(1);
  const { told: comparison, problem } = useShadow(module, hours);
  return (
    <section class="panel" data-shadow={version}>
      <div class="panel-h">
        <h2>In shadow</h2>
        <div class="end seg" role="group" aria-label="Time compared">
          {SHADOW_HOURS.map((value) => (
            <button
              type="button"
              key={value}
              aria-pressed={hours === value}
              onClick={() => setHours(value)}
            >
              {`${value} h`}
            </button>
          ))}
        </div>
      </div>
      {problem && <p class="panel-b t2" role="status">{problem}</p>}
      {!problem && comparison && (
        <>
          <div class="panel-b">
            <Agreement {...comparison} />
          </div>
          {comparison.judged && (
            <Judged live={comparison.live} shadow={comparison.shadow} judged={comparison.judged} />
          )}
        </>
      )}
    </section>
  );
}

/** How much both models agree. */
function Agreement({ decisions, mean_difference, passes, answered, judged }: ShadowComparison) {
  const part = (count: number) => `${(100 * count / decisions).toFixed(1)} %`;
  return (
    <dl class="kv left">
      <dt>Decisions scored by both</dt>
      <dd>{grouped(decisions)}</dd>
      <dt>Scores apart, mean</dt>
      <dd>{fixed(mean_difference, 4)}</dd>
      <dt>Pass score_min by both</dt>
      <dd>{part(passes.both)}</dd>
      <dt>Only by the live model</dt>
      <dd>{part(passes.live_only)}</dd>
      <dt>Only by the shadow</dt>
      <dd>{part(passes.shadow_only)}</dd>
      <dt>Answered by the chain</dt>
      <dd>
        {`${grouped(answered)}${
          judged ? `, ${grouped(judged.live.positives)} came true` : ", too few to judge"
        }`}
      </dd>
    </dl>
  );
}

type JudgedProps = Pick<ShadowComparison, "live" | "shadow"> & {
  judged: NonNullable<ShadowComparison["judged"]>;
};

/** Which model was right, by the actual results. */
const Judged = ({ judged, ...names }: JudgedProps) => (
  <div class="tw" tabIndex={0} role="region" aria-label="Who was right (scrollable)">
    <table>
      <caption class="sr">Both models on the decisions for which the chain has an answer</caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col" class="n">AUC</th>
          <th scope="col" class="n">Log loss</th>
          <th scope="col" class="n">Brier</th>
          <th scope="col" class="n">
            <abbr title="mean distance between probability and frequency">ECE</abbr>
          </th>
        </tr>
      </thead>
      <tbody>
        {([["live", "decides"], ["shadow", "in shadow"]] as const).map(([which, word]) => (
          <tr key={which}>
            <th scope="row">
              <span class="mono">{names[which]}</span> <span class="t2">{word}</span>
            </th>
            <td class="n">{fixed(judged[which].auc)}</td>
            <td class="n">{fixed(judged[which].log_loss)}</td>
            <td class="n">{fixed(judged[which].brier)}</td>
            <td class="n">{fixed(judged[which].calibration_error)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
