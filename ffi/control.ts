/** Sending signed commands to the agents of this host. */
import type { SendOptions, Sent } from "../core/control.ts";
import { type Library, utf8 } from "./library.ts";

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
