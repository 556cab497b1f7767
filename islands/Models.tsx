/** The registered models of a module: what each is, how good, and which decides. */
import type { ModelList, ModelManifest } from "../core/models.ts";
import { Icon } from "./_icons.tsx";
import { prefix } from "./api.ts";
import { fixed } from "./format.ts";

function stateOf(list: ModelList, { version, refused }: ModelManifest): readonly [string, string, string] {
  if (refused) return ["bad", "no", "Refused"];
  if ((list.pinned ?? list.latest) === version) return ["ok", "run", list.pinned ? "Live, pinned" : "Live"];
  if (list.shadow === version) return ["paper", "shadow", "Shadow"];
  return ["off", "stop", "Registered"];
}

/** The table of models. */
export function Models({ list, admin, said, swap }: {
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
