/** Training: which model decides, how good each one is, jobs, and a form for the next training. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control.ts";
import type { ModelList } from "../core/models.ts";
import { api, Problem } from "./api.ts";
import { Quality } from "./Calibration.tsx";
import { JobList, type JobRow, moment, useJobs } from "./JobList.tsx";
import { utc } from "./format.ts";
import { Models } from "./Models.tsx";
import { NewTraining } from "./NewTraining.tsx";
import { ShadowPanel } from "./ShadowPanel.tsx";

const EVERY_MS = 2_000;

const what = ({ args }: JobRow) => {
  const { module, model, features, range } = args as Record<string, unknown> & {
    range?: { start_ms: number; end_ms: number };
  };
  return `${module} · ${model ?? "xgb"} · ${features ?? "default"} · ${moment(range?.start_ms)} … ${
    moment(range?.end_ms)
  }`;
};

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
