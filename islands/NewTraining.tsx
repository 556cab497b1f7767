/** The form that starts a training. */
import { useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { JobsLack } from "../core/jobs/contract.ts";
import { api, Problem } from "./api.ts";
import { Choice, day, Lacks } from "./JobList.tsx";

const MODELS = [["xgb", "xgb"], ["lgbm", "lgbm"], ["torch", "torch"]] as const;
type ModelName = (typeof MODELS)[number][0];

export interface NewTrainingProps {
  module: ModuleName;
  look(): Promise<void>;
  /** What stands in the way of a training; undefined: not known yet. */
  lacks: JobsLack | undefined;
}

/** Starts a training of a module. */
export function NewTraining({ module, look, lacks }: NewTrainingProps) {
  const [start, setStart] = useState(day(7));
  const [end, setEnd] = useState(day(-1));
  const [features, setFeatures] = useState<"default" | "extended">("default");
  const [chosen, setModel] = useState<ModelName>("xgb");
  const models = lacks?.engines ? MODELS.filter(([name]) => name === "torch") : MODELS;
  const model = models.some(([name]) => name === chosen) ? chosen : "torch";
  const [depth, setDepth] = useState("8");
  const [rate, setRate] = useState("0.08");
  const [rounds, setRounds] = useState("600");
  const [gpu, setGpu] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  async function send(event: Event) {
    event.preventDefault();
    setBusy(true);
    const params = { max_depth: Number(depth), learning_rate: Number(rate), n_estimators: Number(rounds) };
    try {
      await api("POST /api/training/start", {
        body: { module, range: { start, end }, features, model, gpu, params },
      });
      setWrong("");
      await look();
    } catch (error) {
      setWrong(error instanceof Problem ? error.detail : String(error));
    } finally {
      setBusy(false);
    }
  }
  const input = (id: string, label: string, value: string, set: (value: string) => void) => (
    <div class="f">
      <label for={id}>{label}</label>
      <input class="in" id={id} value={value} onInput={(event) => set(event.currentTarget.value)} />
    </div>
  );
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>{`Start training of ${module === "mev" ? "sandwich" : "arbitrage"}`}</h2>
      </div>
      <form class="panel-b stack-3" onSubmit={send}>
        <Lacks what={lacks?.store ?? lacks?.engines ?? null} />
        <div class="form form-3">
          {input("tr-start", "From UTC", start, setStart)}
          {input("tr-end", "To UTC, exclusive", end, setEnd)}
          <Choice
            legend="Features"
            name="tr-features"
            values={[["default", "Default"], ["extended", "Extended"]]}
            value={features}
            set={setFeatures}
          />
          <Choice
            legend="Model"
            name="tr-model"
            values={models}
            value={model}
            set={setModel}
          />
          {input("tr-depth", "max_depth", depth, setDepth)}
          {input("tr-rate", "learning_rate", rate, setRate)}
          {input("tr-rounds", "n_estimators", rounds, setRounds)}
        </div>
        {wrong && <p class="err" role="alert">{wrong}</p>}
        <div class="row between">
          <label class="check">
            <input type="checkbox" checked={gpu} onChange={() => setGpu(!gpu)} />Use GPU if present
          </label>
          <button type="submit" class="btn btn-p" disabled={busy || Boolean(lacks?.store)}>
            Start training
          </button>
        </div>
      </form>
    </section>
  );
}
