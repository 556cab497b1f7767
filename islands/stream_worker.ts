/// <reference lib="webworker" />
/** The live stream, off the main thread: connects, unpacks, decodes, filters by module, posts at most 20 times a second. */
import { decompress } from "fzstd";
import { type LiveBatch, readBatch } from "./envelope.ts";

export interface StreamMessage {
  state: "live" | "connecting" | "lost" | "login";
  rows: LiveBatch["rows"];
  outcomes: LiveBatch["outcomes"];
  metrics: LiveBatch["metrics"];
  /** Records since the page was opened. */
  received: number;
  dropped: number;
  /** Records since the page was opened that are no Envelope. */
  unreadable: number;
  /** Records dropped since the last message. */
  gap: number;
}

const POST_MS = 50;
/** Rows handed over at once at most; the rest waits for the next turn. */
const ROWS_MAX = 512;
/** Rows that wait for the page; a page that is too slow for them loses the oldest, and is told. */
const WAITING_MAX = 20_000;
const RETRY_MS = { first: 250, last: 8_000 };
const EXPIRED = 4401;
const FORBIDDEN = 4403;

const scope = self as unknown as DedicatedWorkerGlobalScope;
let url = "";
let position = "";
let retryMs = RETRY_MS.first;
let state: StreamMessage["state"] = "connecting";
let changed = true;
let [received, dropped, unreadable, gap] = [0, 0, 0, 0];
let rows: StreamMessage["rows"] = [];
let outcomes: StreamMessage["outcomes"] = [];
let metrics: StreamMessage["metrics"] = [];

function become(next: StreamMessage["state"]): void {
  [state, changed] = [next, true];
}

function connect(): void {
  become("connecting");
  const socket = new WebSocket(`${url}?mode=proto${position ? `&resume=${position}` : ""}`, "legend");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    retryMs = RETRY_MS.first;
    become("live");
  };
  socket.onmessage = ({ data }) => take(data as ArrayBuffer);
  socket.onclose = ({ code }) => {
    // The page refreshes the token, then says so.
    if (code === EXPIRED || code === FORBIDDEN) return become("login");
    become("lost");
    // Not all browsers of a room at the same moment.
    setTimeout(connect, retryMs * (0.5 + Math.random()));
    retryMs = Math.min(2 * retryMs, RETRY_MS.last);
  };
}

function take(data: ArrayBuffer): void {
  const batch = readBatch(decompress(new Uint8Array(data)));
  position = `${batch.epoch}.${batch.to}`;
  received += batch.items;
  unreadable += batch.unreadable;
  rows.push(...batch.rows);
  const over = Math.max(0, rows.length - WAITING_MAX);
  if (over > 0) rows = rows.slice(over);
  dropped += batch.dropped + over;
  gap += batch.dropped + over;
  outcomes.push(...batch.outcomes);
  metrics.push(...batch.metrics);
  changed = true;
}

setInterval(() => {
  if (!changed) return;
  const message: StreamMessage = {
    state,
    rows: rows.slice(0, ROWS_MAX),
    outcomes,
    metrics,
    received,
    dropped,
    unreadable,
    gap,
  };
  rows = rows.slice(ROWS_MAX);
  [outcomes, metrics, gap, changed] = [[], [], 0, rows.length > 0];
  scope.postMessage(message);
}, POST_MS);

scope.onmessage = ({ data }: MessageEvent<{ url: string }>) => {
  url = data.url;
  connect();
};
