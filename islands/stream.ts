/** One live stream per page; islands listen to it. */
import { LOGIN_BACK, prefix, refresh } from "./api.ts";
import type { StreamMessage } from "./stream_worker.ts";

type Listener = (message: StreamMessage) => void;

/** Pause before the next request for a token when the server does not answer. */
const RETRY_MS = 2_000;

const listeners = new Set<Listener>();
let worker: Worker | undefined;
let last: StreamMessage | undefined;

/**
 * What this page reads from the stream: a table reads its module's rows and their results, other pages only whether it
 * is live.
 */
export function shownOf(tableProps: string | undefined): string {
  const { module } = JSON.parse(tableProps ?? "{}") as { module?: string };
  return module ? `type=arb,mev,outcome&module=${module}` : "type=metrics";
}

function begin(): void {
  const shown = shownOf(document.querySelector<HTMLElement>("[data-island=LiveTable]")?.dataset.props);
  worker = new Worker(`${prefix()}/assets/stream_worker.js`);
  const start = () =>
    worker!.postMessage({
      url: `${location.origin.replace(/^http/, "ws")}${prefix()}/api/realtime/ws?mode=proto&${shown}`,
    });
  // An expired token is renewed and the stream continues at its position; an ended login waits for the next one.
  let startedAt = -Infinity;
  const renew = async () => {
    // A token that is refused again at once is not renewed again at once.
    if (performance.now() - startedAt < RETRY_MS) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    startedAt = performance.now();
    const refreshed = await refresh();
    if (refreshed === "ok") start();
    else if (refreshed === "ended") document.addEventListener(LOGIN_BACK, start, { once: true });
    else setTimeout(renew, RETRY_MS);
  };
  worker.onmessage = ({ data }: MessageEvent<StreamMessage>) => {
    if (data.refusals > (last?.refusals ?? 0)) renew();
    last = data;
    for (const listener of listeners) listener(data);
  };
  start();
}

/** Calls `listener` with every message, and first with the last state; the returned function unsubscribes. */
export function listen(listener: Listener): () => void {
  if (!worker) begin();
  listeners.add(listener);
  if (last) listener({ ...last, rows: [], outcomes: [], metrics: [], gap: 0 });
  return () => listeners.delete(listener);
}
