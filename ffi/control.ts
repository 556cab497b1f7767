/** Sending signed commands to the agents of this host. */
import type { ModuleName } from "./engine.ts";
import { type Library, utf8 } from "./library.ts";

export type ActionName = "start" | "stop" | "restart" | "throttle" | "policy" | "kill";

export interface SendOptions {
  data_dir: string;
  instance: string;
  module: ModuleName;
  action: ActionName;
  /** Numbers as text. */
  args: Record<string, string>;
  /** The authenticated subject. */
  issuer: string;
  request_id?: string;
  /** Another key to sign with. */
  sign_sk_hex?: string;
  /** Milliseconds to wait for the receipt. */
  wait_ms: number;
}

/** What one agent answered. */
export interface Receipt {
  request_id: string;
  instance: string;
  module: ModuleName;
  applied: boolean;
  /** Why not, when refused. */
  reason: string;
  sequence: string;
  /** SHA-256 of the policy in force. */
  policy_hash: string;
  applied_ns: string;
  /** Time of the first event handled under it; "0": none came in time. */
  first_event_ns: string;
  /** Signed by an agent of this installation. */
  genuine: boolean;
}

export interface Sent {
  request_id: string;
  /** Who has it: the agent, its state on disk (no agent runs), the agent by a signal, or the log alone. */
  path: "socket" | "disk" | "signal" | "none";
  receipt: Receipt | null;
  log_error: string | null;
  agent_error: string | null;
}

const ANSWER_BYTES = 16 << 10;

/** Makes, signs and sends one command to one module's agent and waits for its receipt. */
export async function sendCommand(library: Library, options: SendOptions): Promise<Sent> {
  const text = utf8(JSON.stringify(options));
  const { value, out } = await library.callAsync(
    (out, size) => library.symbols.legend_control_send(text, text.length, out, size),
    new Uint8Array(ANSWER_BYTES),
  );
  return JSON.parse(new TextDecoder().decode(out.subarray(0, value)));
}
