/** The desired state of each module, from following `control-state-proto`. */
import { jobs } from "../../proto/wire.ts";
import { type MintRisk, type ModuleName, MODULES, type PolicyState } from "./control.ts";
import { follow } from "../log/follow.ts";
import type { Log } from "../log/log.ts";
import type { TopicName } from "../../proto/topics.ts";

const STATE_TOPIC: TopicName = "control-state-proto";

export interface DesiredState {
  readonly module: ModuleName;
  readonly policy: PolicyState;
  /** The request that set it. */
  readonly request_id: string;
}

export class DesiredStates {
  readonly #log: Log;
  readonly #byModule = new Map<ModuleName, DesiredState>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Follows the topic until the signal ends it. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, STATE_TOPIC, {
      from: "start",
      signal,
      take: ({ value }) => value && this.#take(value),
    });
  }

  #take(value: Uint8Array): void {
    let state;
    try {
      state = jobs.ControlState.decode(value);
    } catch {
      // Bytes of another format on the topic are not a state; agents refuse them too.
      return;
    }
    const module = MODULES.find((name) => name === state.module);
    if (!module) return;
    const policy: PolicyState = {
      running: state.running ?? false,
      killed: state.killed ?? false,
      throttle_pct: state.throttlePct ?? 0,
      ev_min: state.evMinSol ?? 0,
      score_min: state.scoreMin ?? 0,
      tip_ladder: state.tipLadder ?? [],
      pools_deny: state.poolsDeny ?? [],
      mints_allow: state.mintsAllow ?? [],
      mints_deny: state.mintsDeny ?? [],
      liquidity_min: state.liquidityMinSol ?? 0,
      mint_refuse: (state.mintRefuse ?? []) as MintRisk[],
      unknown: state.passUnknown ? "pass" : "refuse",
    };
    this.#byModule.set(module, { module, policy, request_id: state.requestId ?? "" });
  }

  all(): DesiredState[] {
    return [...this.#byModule.values()];
  }
}
