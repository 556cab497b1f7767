/** Written by `deno task gen` from proto/*.proto. */

/** Of `realtime.Envelope.Type`, by its numbers. */
export const TYPES = ["unknown", "arb", "mev", "outcome", "metrics", "training", "dataset"] as const;

/** Of `realtime.Kind`, by its numbers. */
export const KINDS = ["unknown", "sandwich", "wide_sandwich", "arbitrage", "open_sandwich", "open_arbitrage"] as const;

/** Of `realtime.Envelope.Tier`, by its numbers. */
export const TIERS = ["", "A", "B", "C"] as const;

/** Of `realtime.Module`, by its numbers. */
export const ENVELOPE_MODULES = ["", "arbitrage", "mev"] as const;

/** Of `control.Module`, by its numbers. */
export const MODULES = ["arbitrage", "mev"] as const;

/** Of `control.Action`, by its numbers. */
export const ACTIONS = ["start", "stop", "restart", "throttle", "policy", "kill"] as const;

export type ModuleName = typeof MODULES[number];

export type ActionName = typeof ACTIONS[number];

export type KindName = typeof KINDS[number];
