/** The registered models of a module: what each is, how good it is, and which is live. */
import type { ModelList, ModelManifest } from "../core/models/models.ts";
import { type IconName, State } from "./_icons.tsx";
import { Skeleton } from "./_ui.tsx";
import { prefix } from "./api.ts";
import { fixed } from "./format.ts";
import { BASELINE, before, decides } from "./model_compare.ts";

/** The actions on a version. */
export type ModelVerb = "deploy" | "rollback" | "shadow" | "unshadow";

/** The model that an agent reports to run. */
export interface RunningModel {
  readonly instance: string;
  readonly version: string;
}

function stateOf(
  list: ModelList,
  running: readonly RunningModel[],
  { version, refused }: Pick<ModelManifest, "version" | "refused">,
): readonly [tone: string, icon: IconName, text: string] {
  if (refused) return ["bad", "no", "Refused"];
  const isPinned = list.pinned === version;
  const runs = running.filter((one) => one.version === version).length;
  if (decides(list) === version) {
    // Live means that it decides: desired, and run by every agent.
    const isLive = runs > 0 && runs === running.length;
    return [
      isLive ? "ok" : "warn",
      isLive ? "run" : "wait",
      `${isLive ? "Live" : "Wanted"}${isPinned ? ", pinned" : ""}`,
    ];
  }
  if (runs > 0) return ["warn", "part", `Runs in ${runs} of ${running.length}, but should not`];
  if (list.shadow === version) return ["paper", "shadow", "Shadow"];
  return ["off", "stop", version === BASELINE ? "Always available" : "Registered"];
}

export interface ModelsProps {
  list: ModelList | undefined;
  /** The agents of the module. */
  running: readonly RunningModel[];
  admin: boolean;
  notice: { bad: boolean; text: string } | null;
  swap(version: string, verb: ModelVerb): void;
}

/** The table of models; the baseline is one of them. */
export function Models({ list, running, admin, notice, swap }: ModelsProps) {
  const models = [...(list?.models ?? [])].reverse();
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Models</h2>
        {list && (
          <span class="s t2">
            <Decides list={list} running={running} />
          </span>
        )}
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Models (scrollable)">
        {list
          ? (
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
                {models.map((model) => (
                  <ModelRow key={model.version} {...{ list, running, model, admin, swap }} />
                ))}
                <ModelRow
                  list={list}
                  model={{ version: BASELINE, module: list.module }}
                  {...{ running, admin, swap }}
                />
              </tbody>
            </table>
          )
          : (
            <div class="panel-b">
              <Skeleton what="Models" lines={4} />
            </div>
          )}
      </div>
      <div class="panel-f">
        {notice
          ? <span class={notice.bad ? "bad" : ""} role={notice.bad ? "alert" : "status"}>{notice.text}</span>
          : list && models.length === 0
          ? <span>No model yet: the baseline of docs/BASELINE.md scores.</span>
          : <span>Judged on rows later than its training rows, of attackers that it has not seen.</span>}
      </div>
    </section>
  );
}

/** The theme that the page is rendered in. */
const theme = () =>
  document.documentElement.dataset.theme ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

/** Which model decides, as reported by the agents; if it is not the desired one, which agent runs which. */
function Decides({ list, running }: { list: ModelList; running: readonly RunningModel[] }) {
  const desired = decides(list);
  const others = running.filter(({ version }) => version !== desired);
  if (running.length > 0 && others.length === 0) {
    return (
      <>
        <span class="mono" data-decides>{desired}</span> decides
      </>
    );
  }
  return (
    <>
      <span class="mono">{desired}</span> is wanted; {running.length === 0
        ? "no agent has reported what it runs"
        : others.map(({ instance, version }) => `${instance} runs ${version}`).join(", ")}
    </>
  );
}

interface ModelRowProps {
  list: ModelList;
  running: readonly RunningModel[];
  model: ModelManifest;
  admin: boolean;
  swap(version: string, verb: ModelVerb): void;
}

function ModelRow({ list, running, model, admin, swap }: ModelRowProps) {
  const [kind, icon, word] = stateOf(list, running, model);
  const { version, metrics } = model;
  const isBaseline = version === BASELINE;
  const isLive = decides(list) === version;
  const button = (verb: ModelVerb, words: string, of: string) => (
    <button
      type="button"
      class="btn btn-r"
      onClick={() => swap(version, verb)}
    >
      {words}
      <span class="sr">{` ${of} ${version}`}</span>
    </button>
  );
  return (
    <tr data-model={version}>
      <th scope="row" class="mono">{version}</th>
      <td>
        <State kind={kind} icon={icon}>{word}</State>
        {model.refused && <span class="t2 s">{` ${model.refused}`}</span>}
      </td>
      <td>{isBaseline ? "no model" : model.kind ? `${model.kind}, ${model.features ?? "–"}` : "imported"}</td>
      <td class="n">{fixed(metrics?.auc)}</td>
      <td class="n p2">{fixed(metrics?.log_loss)}</td>
      <td class="n p2">{fixed(metrics?.calibration_error)}</td>
      <td class="p3 t2">{model.dataset?.end.slice(0, 16).replace("T", " ") ?? "–"}</td>
      <td class="r">
        <div class="row buttons">
          {metrics && (
            <a
              class="btn btn-r"
              href={`${prefix()}/api/training/models/${version}/report`}
              target="_blank"
              onClick={(event) => (event.currentTarget.search = `?theme=${theme()}`)}
            >
              Report<span class="sr">{` of ${version}`}</span>
            </a>
          )}
          {admin && !model.refused && !isBaseline && !isLive && (list.shadow === version
            ? button("unshadow", "End shadow", "of")
            : button("shadow", "Shadow", "with"))}
          {admin && !model.refused && (isLive
            ? (!isBaseline || before(list) !== BASELINE) && button("rollback", "Roll back…", "from")
            : button("deploy", isBaseline ? "Roll back to baseline…" : "Deploy…", ""))}
        </div>
      </td>
    </tr>
  );
}
