/** The model in shadow beside the one that decides, on the same live decisions. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { ShadowComparison } from "../core/models/shadow.ts";
import { api, Problem } from "./api.ts";
import { fixed, grouped } from "./format.ts";

/** Hours of live decisions that are compared. */
const SHADOW_HOURS = [1, 6, 24] as const;
const SHADOW_EVERY_MS = 30_000;

export function ShadowPanel({ module, version }: { module: ModuleName; version: string }) {
  const [hours, setHours] = useState<number>(1);
  const [told, setTold] = useState<ShadowComparison | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const look = () =>
      api("GET /api/training/shadow", { query: { module, hours } }).then(
        (answer) => {
          setTold(answer);
          setProblem("");
        },
        (error) => setProblem(error instanceof Problem ? error.detail : String(error)),
      );
    look();
    const timer = setInterval(() => document.hidden || look(), SHADOW_EVERY_MS);
    return () => clearInterval(timer);
  }, [module, hours]);
  const part = (count: number) => told ? `${(100 * count / told.decisions).toFixed(1)} %` : "–";
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
      {!problem && told && (
        <>
          <div class="panel-b">
            <dl class="kv left">
              <dt>Decisions scored by both</dt>
              <dd>{grouped(told.decisions)}</dd>
              <dt>Scores apart, mean</dt>
              <dd>{fixed(told.mean_difference, 4)}</dd>
              <dt>Pass score_min by both</dt>
              <dd>{part(told.passes.both)}</dd>
              <dt>Only by what decides</dt>
              <dd>{part(told.passes.live_only)}</dd>
              <dt>Only by the shadow</dt>
              <dd>{part(told.passes.shadow_only)}</dd>
              <dt>Answered by the chain</dt>
              <dd>
                {`${grouped(told.answered)}${
                  told.judged ? `, ${grouped(told.judged.live.positives)} came true` : ", too few to judge"
                }`}
              </dd>
            </dl>
          </div>
          {told.judged && (
            <div class="tw" tabIndex={0} role="region" aria-label="Who was right, scrolls">
              <table>
                <caption class="sr">Both models on the decisions that the chain has answered</caption>
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
                  {([["live", "decides"], ["shadow", "in shadow"]] as const).map(([which, word]) => {
                    const judged = told.judged![which];
                    return (
                      <tr key={which}>
                        <th scope="row">
                          <span class="mono">{told[which]}</span> <span class="t2">{word}</span>
                        </th>
                        <td class="n">{fixed(judged.auc)}</td>
                        <td class="n">{fixed(judged.log_loss)}</td>
                        <td class="n">{fixed(judged.brier)}</td>
                        <td class="n">{fixed(judged.calibration_error)}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </section>
  );
}
