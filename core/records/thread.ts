/** The thread that writes legend.db: its callers do not feel delays by the disk or by other processes. */
/// <reference lib="deno.worker" />
import { AuditChain } from "../audit/chain.ts";
import { HeadSigner } from "../audit/head.ts";
import { Accounts } from "../auth/accounts.ts";
import { type Database, keepRoom, openDatabase } from "../platform/database.ts";
import { AppError } from "../platform/errors.ts";
import { recordCalls } from "./calls.ts";
import { type CallMessage, WriteQueue } from "./queue.ts";

/** The first message to the thread. */
export interface OpenMessage {
  readonly open: { readonly folder: string; readonly node: string; readonly seed: string | null };
}

/** How long one attempt waits for another process; messages are handled in between. */
const TRY_MS = 200;

const port = self as unknown as Pick<Worker, "postMessage"> & {
  onmessage: (event: MessageEvent<OpenMessage | CallMessage | { close: true }>) => void;
  close(): void;
};
const ended = new AbortController();
let [database, queue]: [Database | undefined, WriteQueue | undefined] = [undefined, undefined];
let [isTurning, isClosing] = [false, false];

function open({ folder, node, seed }: OpenMessage["open"]): void {
  try {
    database = openDatabase(`${folder}/legend.db`, TRY_MS);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return port.postMessage({ failed: { code: error.code, message: error.message } });
  }
  const chain = new AuditChain(database, seed === null ? null : new HeadSigner(node, seed));
  try {
    if (seed !== null && chain.seal()) {
      port.postMessage({ say: "The audit entries of the first version are sealed now" });
    }
  } catch (error) {
    // `audit verify` lists them until a later start succeeds.
    port.postMessage({ say: `Cannot seal the audit entries of the first version: ${error}` });
  }
  const calls = recordCalls(chain, new Accounts(database), folder);
  queue = new WriteQueue(database, calls, (answer) => port.postMessage(answer));
  port.postMessage({ ready: true });
  keepRoom(database, ended.signal, (line) => port.postMessage({ say: line }));
}

function turn(): void {
  if (isTurning || !queue) return;
  if (queue.isEmpty) {
    if (isClosing) close();
    return;
  }
  isTurning = true;
  queue.turn();
  setTimeout(() => {
    isTurning = false;
    turn();
  }, 0);
}

function close(): void {
  ended.abort();
  database?.close();
  port.postMessage({ closed: true });
  port.close();
}

port.onmessage = ({ data }) => {
  if ("open" in data) open(data.open);
  else if ("close" in data) isClosing = true;
  else queue?.add(data);
  turn();
};
