/// <reference lib="webworker" />
/**
 * The live stream, off the main thread: connects, decompresses, decodes, filters by module, posts at most 20 times a
 * second.
 */
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
  /** Records since the page was opened that are not an Envelope. */
  unreadable: number;
  /** Records dropped since the last message. */
  gap: number;
  /** How often a token was refused; the page gets a new one each time. */
  refusals: number;
}

const POST_MS = 50;
/** Maximum rows per message; the rest waits for the next one. */
const ROWS_MAX = 512;
/** Maximum rows that wait for the page. If the page is too slow, the oldest are lost and reported to it. */
const WAITING_MAX = 20_000;
const RETRY_MS = { first: 250, last: 8_000 };
/** The server sends something every second; a socket that is silent for longer is dead, whatever the system reports. */
const SILENT_MS = 5_000;
const WATCH_MS = 500;
const EXPIRED = 4401;
const FORBIDDEN = 4403;

const scope = self as unknown as DedicatedWorkerGlobalScope;
let url = "";
let position = "";
let retryMs = RETRY_MS.first;
let state: StreamMessage["state"] = "connecting";
let changed = true;
let refusals = 0;
let [received, dropped, unreadable, gap] = [0, 0, 0, 0];
let rows: StreamMessage["rows"] = [];
let outcomes: StreamMessage["outcomes"] = [];
let metrics: StreamMessage["metrics"] = [];

function become(next: StreamMessage["state"]): void {
  [state, changed] = [next, true];
}

let socket: WebSocket | undefined;
let lastMessageAt = 0;

function connect(): void {
  // A lost stream stays "lost" until it is live again: another try does not change the state.
  if (state !== "lost") become("connecting");
  lastMessageAt = performance.now();
  const mine = new WebSocket(`${url}${position ? `&resume=${position}` : ""}`, "legend");
  socket = mine;
  mine.binaryType = "arraybuffer";
  mine.onopen = () => {
    if (mine !== socket) return;
    lastMessageAt = performance.now();
    retryMs = RETRY_MS.first;
    become("live");
  };
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    lastMessageAt = performance.now();
    take(data as ArrayBuffer);
  };
  mine.onclose = ({ code }) => {
    if (mine === socket) ended(code);
  };
}

function ended(code: number): void {
  socket = undefined;
  // The page renews the token and then asks this worker to connect again.
  if (code === EXPIRED || code === FORBIDDEN) {
    refusals += 1;
    return become("login");
  }
  become("lost");
  // Spreads the reconnects of many browsers.
  setTimeout(connect, retryMs * (0.5 + Math.random()));
  retryMs = Math.min(2 * retryMs, RETRY_MS.last);
}

setInterval(() => {
  if (!socket || performance.now() - lastMessageAt < SILENT_MS) return;
  // The close event may take minutes: do not wait for it.
  const dead = socket;
  ended(0);
  dead.close();
}, WATCH_MS);

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
    refusals,
  };
  rows = rows.slice(ROWS_MAX);
  [outcomes, metrics, gap, changed] = [[], [], 0, rows.length > 0];
  scope.postMessage(message);
}, POST_MS);

scope.onmessage = ({ data }: MessageEvent<{ url: string }>) => {
  url = data.url;
  if (!socket) connect();
};
