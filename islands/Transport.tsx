/** How events are batched for browsers: shown to all, changed by an admin. */
import { useState } from "preact/hooks";
import { NoAnswer } from "./_ui.tsx";
import { type Answer, api, wordsOf } from "./api.ts";
import { usePolled } from "./polling.ts";

type Batching = Answer<"GET /api/realtime/settings">;

/** The settings of the stream, in one form. */
export function Transport({ admin }: { admin: boolean }) {
  const asked = usePolled("GET /api/realtime/settings", {}, 0);
  const [edited, setEdited] = useState<Partial<Batching>>({});
  const [notice, setNotice] = useState("");
  const settings = asked.value && { ...asked.value, ...edited };
  const save = async (event: Event) => {
    event.preventDefault();
    if (!settings) return;
    try {
      await api("POST /api/realtime/settings", { body: settings });
      setNotice("In force.");
    } catch (error) {
      setNotice(wordsOf(error));
    }
  };
  return (
    <section class="panel" id="realtime">
      <div class="panel-h">
        <h2>Transport</h2>
        <span class="s t2">how events are collected for browsers</span>
      </div>
      <NoAnswer asked={asked} what="These settings" />
      <form class="panel-b stack-3" onSubmit={save}>
        <div class="form">
          {([["batch_window_ms", "Window", "ms, 10..25"], [
            "batch_max_size",
            "Most events in one frame",
            "1..4096",
          ]] as const).map(([name, title, hint]) => (
            <div class="f" key={name}>
              <label for={`t-${name}`}>{title}</label>
              <input
                class="in"
                id={`t-${name}`}
                disabled={!admin || !settings}
                value={settings?.[name] ?? ""}
                inputMode="numeric"
                onInput={(event) => {
                  setNotice("");
                  setEdited({ ...edited, [name]: Number(event.currentTarget.value) });
                }}
              />
              <span class="hint">{hint}</span>
            </div>
          ))}
        </div>
        {admin && (
          <div class="row">
            <button type="submit" class="btn" disabled={!settings}>Apply</button>
            <span class="s t2" role="status">{notice}</span>
          </div>
        )}
      </form>
    </section>
  );
}
