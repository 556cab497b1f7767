/** `legend replay` and its lines, for the tests that check them. */
import assert from "node:assert/strict";
import { legend, lines } from "./executable.ts";

export interface ReplayEvent {
  kind: string;
  provisional: boolean;
  tier: string | null;
  pool: string;
  slot: number;
  front: string[];
  victims: string[];
  back: string[];
  tips: string[];
  links: string[];
  failed: string[];
  signatures: string[];
  net_lamports: string | null;
  victim_losses: { signature: string; loss: string; out_actual: string; out_without: string }[];
  hops: number;
  envelope: string;
}
export interface Summary {
  summary: true;
  sha256: string;
  events: number;
  transactions: number;
}
export async function replay(
  args: string[],
): Promise<{ events: ReplayEvent[]; summary: Summary; text: string }> {
  const { code, stdout, stderr } = await legend(["replay", ...args, "--json"]);
  assert.equal(code, 0, stderr);
  const all = lines<ReplayEvent | Summary>(stdout);
  const events = (all.slice(0, -1) as ReplayEvent[]).filter(({ provisional, envelope }) => {
    if (provisional) assert.equal(envelope, "", "what could still grow is not published");
    return !provisional;
  });
  return { events, summary: all.at(-1) as Summary, text: stdout };
}
