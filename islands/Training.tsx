/** Training: which model decides, how good each one is, jobs, and a form for the next training. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control.ts";
import type { Judgement, ModelList, ModelManifest } from "../core/models.ts";
import { Icon } from "./_icons.tsx";
import { api, prefix, Problem } from "./api.ts";
import { Choice, day, JobList, type JobRow, moment, useJobs } from "./JobList.tsx";
import { fixed, utc } from "./format.ts";
import { ShadowPanel } from "./ShadowPanel.tsx";

const EVERY_MS = 2_000;
const CHART = { size: 240, left: 34, top: 8 };

const what = ({ args }: JobRow) => {
  const { module, model, features, range } = args as Record<string, unknown> & {
    range?: { start: string; end: string };
  };
  return `${module} · ${model ?? "xgb"} · ${features ?? "default"} · ${moment(range?.start)} … ${
    moment(range?.end)
  }`;
};

function stateOf(list: ModelList, { version, refused }: ModelManifest): readonly [string, string, string] {
  if (refused) return ["bad", "no", "Refused"];
  if ((list.pinned ?? list.latest) === version) return ["ok", "run", list.pinned ? "Live, pinned" : "Live"];
  if (list.shadow === version) return ["paper", "shadow", "Shadow"];
  return ["off", "stop", "Registered"];
}

export default function Training({ admin }: { admin: boolean }) {
  const [module, setModule] = useState<ModuleName>("mev");
  const [lists, setLists] = useState<ModelList[]>([]);
  const [said, setSaid] = useState<{ bad: boolean; text: string } | null>(null);
  const { jobs, problem, look } = useJobs("train");
  const models = () =>
    api<{ modules: ModelList[] }>("GET", "/api/training/models").then(
      (answer) => setLists(answer.modules),
      (error) => setSaid({ bad: true, text: error instanceof Problem ? error.detail : String(error) }),
    );
  useEffect(() => {
    models();
    const timer = setInterval(() => document.hidden || models(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const list = lists.find((one) => one.module === module);
  async function swap(version: string, verb: "deploy" | "rollback") {
    setSaid({ bad: false, text: `${verb === "deploy" ? "Deploying" : "Rolling back"} …` });
    try {
      const told = await api<
        {
          version: string;
          receipts: { instance: string; applied: boolean; reason: string }[];
          silent: string[];
        }
      >(
        "POST",
        `/api/training/models/${version}/${verb}`,
        {},
      );
      const refused = told.receipts.find(({ applied }) => !applied);
      const runs = told.receipts.filter(({ applied }) => applied).map(({ instance }) => instance).join(", ");
      if (refused) setSaid({ bad: true, text: `${refused.instance}: ${refused.reason}` });
      else if (told.silent.length > 0) {
        setSaid({
          bad: true,
          text: `No answer of ${told.silent.join(", ")}; ${runs || "none"} runs ${told.version}`,
        });
      } else {
        setSaid({
          bad: false,
          text: runs ? `${runs} runs ${told.version}` : `${told.version} is deployed; no agent has answered`,
        });
      }
    } catch (error) {
      setSaid({ bad: true, text: error instanceof Problem ? error.detail : String(error) });
    }
    await models();
  }
  return (
    <>
      <div class="row">
        <div class="seg" role="group" aria-label="Module">
          {(["arbitrage", "mev"] as const).map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={module === name}
              onClick={() => setModule(name)}
            >
              {name === "mev" ? "Sandwich" : "Arbitrage"}
            </button>
          ))}
        </div>
      </div>
      <div class="g-main">
        <div class="stack-3">
          <Models list={list} admin={admin} said={said} swap={swap} />
          {list?.shadow && <ShadowPanel key={list.shadow} module={module} version={list.shadow} />}
          <JobList
            title="Training jobs"
            jobs={jobs}
            problem={problem}
            admin={admin}
            what={what}
            look={look}
          />
          {admin
            ? <NewTraining module={module} look={look} />
            : <p class="panel panel-b t2">Training and deployment are an admin's.</p>}
        </div>
        <div class="stack-3">
          {list && <Quality list={list} />}
          <Schedules />
        </div>
      </div>
    </>
  );
}

function Models({ list, admin, said, swap }: {
  list: ModelList | undefined;
  admin: boolean;
  said: { bad: boolean; text: string } | null;
  swap(version: string, verb: "deploy" | "rollback"): Promise<void>;
}) {
  const models = [...(list?.models ?? [])].reverse();
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Models</h2>
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Models, scrolls">
        <table class="stk">
          <caption class="sr">Registered models, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">State</th>
              <th scope="col">Kind</th>
              <th scope="col" class="n">AUC</th>
              <th scope="col" class="n p2">Log loss</th>
              <th scope="col" class="n p2">
                <abbr title="mean distance between probability and frequency">ECE</abbr>
              </th>
              <th scope="col" class="p3">Data up to</th>
              <th scope="col">
                <span class="sr">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list && models.map((model) => {
              const [kind, icon, word] = stateOf(list, model);
              const { version, metrics } = model;
              return (
                <tr key={version}>
                  <th scope="row" class="mono">{version}</th>
                  <td>
                    <span class="st" data-s={kind}>
                      <Icon name={icon as Parameters<typeof Icon>[0]["name"]} />
                      {word}
                    </span>
                    {model.refused && <span class="t2 s">{model.refused}</span>}
                  </td>
                  <td>{model.kind ? `${model.kind}, ${model.features}` : "imported"}</td>
                  <td class="n">{fixed(metrics?.auc)}</td>
                  <td class="n p2">{fixed(metrics?.log_loss)}</td>
                  <td class="n p2">{fixed(metrics?.calibration_error)}</td>
                  <td class="p3 t2">{model.dataset?.end.slice(0, 16).replace("T", " ") ?? "–"}</td>
                  <td class="r">
                    {metrics && (
                      <a
                        class="btn btn-r"
                        href={`${prefix()}/api/training/models/${version}/report`}
                        target="_blank"
                      >
                        Report<span class="sr">{` of ${version}`}</span>
                      </a>
                    )}
                    {admin && !model.refused && (list.latest === version
                      ? (
                        <button type="button" class="btn btn-r" onClick={() => swap(version, "rollback")}>
                          Roll back<span class="sr">{` from ${version}`}</span>
                        </button>
                      )
                      : (
                        <button type="button" class="btn btn-r" onClick={() => swap(version, "deploy")}>
                          Deploy<span class="sr">{` ${version}`}</span>
                        </button>
                      ))}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="panel-f">
        {said
          ? <span class={said.bad ? "bad" : ""} role={said.bad ? "alert" : "status"}>{said.text}</span>
          : models.length === 0
          ? <span>No model yet: the baseline of docs/BASELINE.md scores.</span>
          : <span>Judged on rows later than those it learned from, of attackers it has not seen.</span>}
      </div>
    </section>
  );
}

/** Calibration of the live model and of the newest one. */
function Quality({ list }: { list: ModelList }) {
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
  const told = models.map(({ version, metrics }) =>
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
      aria-label={`Calibration. ${told}`}
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

interface ScheduleRow {
  name: string;
  cron: string;
  enabled: boolean;
  next_ms: number | null;
}

function Schedules() {
  const [rows, setRows] = useState<ScheduleRow[]>([]);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    api<{ schedules: ScheduleRow[] }>("GET", "/api/schedules").then(
      ({ schedules }) => setRows(schedules),
      (error) => setProblem(error instanceof Problem ? error.detail : String(error)),
    );
  }, []);
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Schedules</h2>
        <span class="s t2">UTC</span>
      </div>
      <div class="panel-b">
        {problem && <p class="bad" role="alert">{problem}</p>}
        <dl class="kv left">
          {rows.map(({ name, cron, enabled, next_ms }) => (
            <>
              <dt key={name}>{name}</dt>
              <dd class="mono s">
                {`${cron}${enabled && next_ms ? `, next ${utc(next_ms).slice(0, 16)}` : ", off"}`}
              </dd>
            </>
          ))}
        </dl>
      </div>
    </section>
  );
}

function NewTraining({ module, look }: { module: ModuleName; look(): Promise<void> }) {
  const [start, setStart] = useState(day(7));
  const [end, setEnd] = useState(day(-1));
  const [features, setFeatures] = useState<"default" | "extended">("default");
  const [model, setModel] = useState<"xgb" | "lgbm" | "torch">("xgb");
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
      await api("POST", "/api/training/start", {
        module,
        range: { start, end },
        features,
        model,
        gpu,
        params,
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
            values={[["xgb", "xgb"], ["lgbm", "lgbm"], ["torch", "torch"]]}
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
          <button type="submit" class="btn btn-p" disabled={busy}>Start training</button>
        </div>
      </form>
    </section>
  );
}
