/** Training: which model decides, how good each one is, jobs, and a form for the next training. */
import { useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { ModelList } from "../core/models/models.ts";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { MODULE_TITLES, ofModule, useAgents } from "./agents.ts";
import { api, wordsOf } from "./api.ts";
import { usePolled } from "./polling.ts";
import { Quality } from "./Calibration.tsx";
import { confirmed } from "./Confirm.tsx";
import { utc } from "./format.ts";
import { IgnoredParameters } from "./IgnoredParameters.tsx";
import { JobForms } from "./JobForm.tsx";
import { JobList, type JobRow, useJobs } from "./JobList.tsx";
import { BASELINE, before, decides, modelOf } from "./model_compare.ts";
import { modelQuestion } from "./ModelQuestion.tsx";
import { Models, type ModelVerb } from "./Models.tsx";
import { useModule } from "./module.ts";
import { ShadowPanel } from "./ShadowPanel.tsx";
import { MODULES } from "../proto/gen/names.ts";

const EVERY_MS = 2_000;

interface Deployed {
  version: string;
  receipts: { instance: string; applied: boolean; reason: string }[];
  silent: string[];
}
interface VerbResult {
  bad: boolean;
  text: string;
}

/** The answer of each agent, as text. */
function answered({ version, receipts, silent }: Deployed): VerbResult {
  const parts = [
    ...receipts.map(({ instance, applied, reason }) =>
      applied ? `${instance} runs ${version}` : `${instance} refused: ${reason}`
    ),
    ...silent.map((instance) => `${instance} has not answered`),
  ];
  const bad = silent.length > 0 || receipts.some(({ applied }) => !applied);
  return { bad, text: parts.join("; ") || `${version} is deployed; no agent is running to confirm it` };
}

/** Asks for confirmation if needed, then acts; the result as text. Null: not confirmed. */
async function change(
  list: ModelList,
  version: string,
  verb: ModelVerb,
  jobs: readonly JobRow[],
): Promise<VerbResult | null> {
  const params = { id: version };
  if (verb === "shadow" || verb === "unshadow") {
    await api("POST /api/training/models/:id/shadow", { params, body: { on: verb === "shadow" } });
    return {
      bad: false,
      text: verb === "shadow" ? `${version} now scores in shadow` : `${version} no longer scores in shadow`,
    };
  }
  const next = verb === "rollback" ? before(list) : version;
  const module = MODULE_TITLES[list.module].toLowerCase();
  const trainedAt = (version: string) => {
    const made = jobs.find(({ result }) => result?.version === version);
    return made?.ended_ms ? `${utc(made.ended_ms).slice(0, 16)} UTC` : undefined;
  };
  const title = verb === "rollback" || next === BASELINE
    ? `Roll ${module} back to ${next}?`
    : `Let ${next} decide for ${module}?`;
  const [of, now] = [modelOf(list, next), modelOf(list, decides(list))];
  if (!await confirmed(modelQuestion({ title, next: of, now, trainedAt }))) return null;
  const body = version === BASELINE ? { module: list.module } : {};
  return answered(await api(`POST /api/training/models/:id/${verb}`, { params, body }));
}

export default function Training({ admin }: { admin: boolean }) {
  const [module, setModule] = useModule("mev");
  const models = usePolled("GET /api/training/models", {}, EVERY_MS);
  const [notice, setNotice] = useState<VerbResult & { module: ModuleName } | null>(null);
  const jobs = useJobs("training");
  const { agents } = useAgents([]);
  const running = ofModule(agents, module).filter(({ state }) => state === "running")
    .map(({ instance, model }) => ({ instance, version: model ?? BASELINE }));
  const list = models.value?.modules.find((one) => one.module === module);
  async function swap(version: string, verb: ModelVerb) {
    try {
      const answer = await change(list!, version, verb, jobs.value?.jobs ?? []);
      if (answer) setNotice({ module, ...answer });
    } catch (error) {
      setNotice({ module, bad: true, text: wordsOf(error) });
    }
    await models.refresh();
  }
  return (
    <>
      <IgnoredParameters known={["m"]} />
      <div class="row">
        <div class="seg" role="group" aria-label="Module">
          {MODULES.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={module === name}
              onClick={() => setModule(name)}
            >
              {MODULE_TITLES[name]}
            </button>
          ))}
        </div>
      </div>
      <div class="g-main">
        <div class="stack-3">
          <NoAnswer asked={models} what="Models" />
          <Models
            {...{ list, running, admin, swap }}
            notice={notice?.module === module ? notice : null}
          />
          {list?.shadow && <ShadowPanel key={list.shadow} module={module} version={list.shadow} />}
          <JobList
            title={`Training jobs of ${MODULE_TITLES[module].toLowerCase()}`}
            asked={jobs}
            only={({ args }) => args.module === module}
            admin={admin}
          />
          {admin
            ? (
              <JobForms
                page="training"
                given={{ module }}
                resubmitted={null}
                look={jobs.refresh}
                lacks={jobs.value?.lacks}
              />
            )
            : <p class="panel panel-b t2">Only an admin can train and deploy models.</p>}
        </div>
        <div class="stack-3">
          {list ? <Quality list={list} /> : null}
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
  const asked = usePolled("GET /api/schedules", {}, 0);
  const rows = asked.value?.schedules;
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Schedules</h2>
        <span class="s t2">UTC</span>
      </div>
      <div class="panel-b">
        <NoAnswer asked={asked} what="Schedules" />
        {!rows && <Skeleton what="Schedules" />}
        {rows?.length === 0 && <p class="t2">Nothing starts by itself.</p>}
        <dl class="kv left">
          {rows?.map(({ name, cron, enabled, next_ms }) => (
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
