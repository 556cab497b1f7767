/** One live stream per page; islands listen to it. */
import { prefix, refresh } from "./api.ts";
import type { StreamMessage } from "./stream_worker.ts";

type Listener = (message: StreamMessage) => void;

const listeners = new Set<Listener>();
let worker: Worker | undefined;
let last: StreamMessage | undefined;

function begin(): void {
  worker = new Worker(`${prefix()}/assets/stream_worker.js`);
  const start = () =>
    worker!.postMessage({ url: `${location.origin.replace(/^http/, "ws")}${prefix()}/api/realtime/ws` });
  worker.onmessage = ({ data }: MessageEvent<StreamMessage>) => {
    // An expired token is exchanged, once, and the stream goes on where it was.
    if (data.state === "login" && last?.state !== "login") refresh().then((ok) => ok && start());
    last = data;
    for (const listener of listeners) listener(data);
  };
  start();
}

/** Calls `listener` with every message, and once with the last state; the answer ends it. */
export function listen(listener: Listener): () => void {
  if (!worker) begin();
  listeners.add(listener);
  if (last) listener({ ...last, rows: [], outcomes: [], metrics: [], gap: 0 });
  return () => listeners.delete(listener);
}
