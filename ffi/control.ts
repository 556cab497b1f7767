/** Signed commands to the agents of this host, and what agents of all hosts have signed. */
import type { SendOptions, Sent } from "../core/control/control.ts";
import type { IsSigned } from "../core/control/receipts.ts";
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

/** Checks reports of agents against the keys of a data folder and, if given, the key that all hosts share. */
export function signatureCheck(library: Library, dataDir: string, signSkHex: string): IsSigned {
  const options = (["receipt", "report"] as const).map((kind) =>
    utf8(JSON.stringify({ kind, data_dir: dataDir, ...(signSkHex ? { sign_sk_hex: signSkHex } : {}) }))
  );
  const { legend_agent_record_verify } = library.symbols;
  return (kind, bytes) => {
    const text = options[kind === "receipt" ? 0 : 1]!;
    const record = bytes.slice();
    return library.call((out, size) =>
      legend_agent_record_verify(text, text.length, record, record.length, out, size)
    )
      .value === 1;
  };
}
