/** A policy while it is edited: the valid values of each field, and what to do when it changes meanwhile. */
import type { PolicyState } from "../core/control/control.ts";
import { grouped } from "./format.ts";

/** The editable fields, by their names in the policy. */
export type FieldName = "ev_min" | "throttle_pct" | "score_min" | "tip_ladder";

interface Field {
  readonly name: FieldName;
  readonly title: string;
  readonly unit: string;
  readonly hint: string;
}

export const FIELDS: readonly Field[] = [
  { name: "ev_min", title: "ev_min", unit: "SOL", hint: "Lowest expected value of a decision, 0 to 10" },
  {
    name: "throttle_pct",
    title: "Throttle",
    unit: "%",
    hint: "Share of decisions skipped, picked by hash; 100 skips all",
  },
  { name: "score_min", title: "Least score", unit: "", hint: "0 to 1" },
  { name: "tip_ladder", title: "Tip ladder", unit: "", hint: "Quantiles of recently landed tips, rising" },
];

/** The texts that fields show. */
export const textsOf = (policy: PolicyState): Record<FieldName, string> => ({
  ev_min: String(policy.ev_min),
  throttle_pct: String(policy.throttle_pct),
  score_min: String(policy.score_min),
  tip_ladder: policy.tip_ladder.join(", "),
});

const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e-?\d{1,2})?$/i;
const numberOf = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : NaN);
const NEEDED: Record<FieldName, string> = {
  ev_min: "need a number of SOL from 0 to 10",
  throttle_pct: "need a whole number of percent from 0 to 100",
  score_min: "need a number from 0 to 1",
  tip_ladder: "need 1 to 8 numbers between 0 and 1 with commas between them",
};
const LADDER_MAX = 8;

/** The value of a field's text, or its error: field, value, range. */
export function check(name: FieldName, text: string): { value: number | number[] } | { wrong: string } {
  const wrong = { wrong: `${name}: ${NEEDED[name]}, got \`${text.trim().slice(0, 60)}\`` };
  if (name === "tip_ladder") {
    const rungs = text.split(",").map(numberOf);
    if (rungs.length > LADDER_MAX || !rungs.every((rung) => rung > 0 && rung < 1)) return wrong;
    const at = rungs.findIndex((rung, at) => at > 0 && rung <= rungs[at - 1]!);
    return at > 0
      ? { wrong: `tip_ladder must rise: ${rungs[at - 1]} is followed by ${rungs[at]}` }
      : { value: rungs };
  }
  const value = numberOf(text);
  const most = { ev_min: 10, throttle_pct: 100, score_min: 1 }[name];
  const fits = value >= 0 && value <= most && (name !== "throttle_pct" || Number.isInteger(value));
  return fits ? { value } : wrong;
}

/** Lamports of a typed amount of SOL; "" if it is not an amount. */
export function lamportsText(sol: string): string {
  const found = check("ev_min", sol);
  return "value" in found ? `= ${grouped(Math.round(Number(found.value) * 1e9))} lamports` : "";
}

/** An edit of a field: the typed text, and the value in force when the edit began. */
export interface Edit {
  readonly text: string;
  readonly base: string;
}
export type Edits = Partial<Record<FieldName, Edit>>;

/** The edit after more typing; it keeps the value that it began from. */
export const edit = (edits: Edits, name: FieldName, text: string, now: string): Edits => ({
  ...edits,
  [name]: { text, base: edits[name]?.base ?? now },
});

const isSame = (name: FieldName, one: string, other: string): boolean => {
  const [a, b] = [check(name, one), check(name, other)];
  return "value" in a && "value" in b ? String(a.value) === String(b.value) : one.trim() === other.trim();
};

/** Values sent and accepted, with the values in force before: agents report the new ones a moment later. */
export type Settled = Partial<Record<FieldName, { readonly text: string; readonly old: string }>>;

/** What is in force, as far as known: the accepted values, until the agents report something new. */
export const inForce = (now: Record<FieldName, string>, settled: Settled): Record<FieldName, string> => {
  const known = { ...now };
  for (const { name } of FIELDS) {
    const own = settled[name];
    if (own && isSame(name, now[name], own.old)) known[name] = own.text;
  }
  return known;
};

/** The fields that differ from what is in force. */
export const changed = (edits: Edits, now: Record<FieldName, string>): FieldName[] =>
  FIELDS.map(({ name }) => name).filter((name) => edits[name] && !isSame(name, edits[name].text, now[name]));

/** Edited fields that another user has changed since the edit began. */
export const conflicts = (edits: Edits, now: Record<FieldName, string>): FieldName[] =>
  changed(edits, now).filter((name) => !isSame(name, edits[name]!.base, now[name]));
