/** The gate's terms as text, with what an operator can change; in the order in which they are checked. */
export const GATE_TERMS: Readonly<Record<string, readonly [label: string, change: string]>> = {
  killed: ["Killed", "lift the kill in Settings"],
  stopped: ["Stopped", "press Start"],
  throttled: ["Skipped by the throttle", "lower throttle_pct"],
  score_min: ["Score too low", "lower score_min, or train a better model"],
  ev_positive: ["Expected to lose", "nothing: fees and tip would exceed the gain"],
  ev_min: ["Expected gain too small", "lower ev_min"],
  fee_share: ["Fees and tip take too much of the edge", "lower tip_ladder"],
  slippage: ["Slippage too high", "trade smaller amounts or deeper pools"],
  state_age: ["Pool state too old", "use a faster source"],
  pools_deny: ["Pool on the deny list", "remove it from pools_deny"],
  mints_deny: ["Mint on the deny list", "remove it from mints_deny"],
  mints_allow: ["Mint not on the allow list", "add it to mints_allow"],
  liquidity_min: ["Too little liquidity in a pool", "lower liquidity_min"],
  liquidity_unknown: ["The value of a pool in SOL is not known", "set unknown=pass"],
  mint_freeze: ["Its holders can be frozen", "remove freeze from mint_refuse"],
  mint_delegate: ["A delegate may take tokens from their holders", "remove delegate from mint_refuse"],
  mint_hook: ["A program runs at each transfer", "remove hook from mint_refuse"],
  mint_fee: ["Its transfer fee can be changed", "remove fee from mint_refuse"],
  mint_unknown: [
    "Mint never seen in a snapshot",
    "pass a snapshot with its account (--accounts), or set unknown=pass",
  ],
};

/** Refusals by these terms are only counted: no list has them. */
const COUNTED_ONLY: readonly string[] = ["killed", "stopped"];

/** Whether refusals by a term are stored, so that a list can show them. */
export const isKept = (term: string): boolean => !COUNTED_ONLY.includes(term);

/** A term as text; an unknown term of a newer agent is shown by its name. */
export const gateLabel = (term: string): string => GATE_TERMS[term]?.[0] ?? term;
