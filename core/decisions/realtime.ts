/** The live stream to browsers, as routes see it; `services/bridge` implements it. */
import type { Principal } from "../auth/rights.ts";

export type RealtimeMode = "json" | "proto";

/** What a client wants to see; a missing part does not filter. */
export interface RealtimeFilter {
  readonly types?: readonly string[];
  readonly modules?: readonly string[];
  readonly dexes?: readonly string[];
  /** SOL. */
  readonly minNet?: number;
}

export interface RealtimeOptions {
  readonly mode: RealtimeMode;
  readonly filter: RealtimeFilter;
  /** The client's last position: the epoch, and the position within it. */
  readonly resume?: { readonly epoch: bigint; readonly position: bigint };
  readonly principal: Principal;
}

export interface ConnectionInfo {
  readonly id: string;
  readonly user: string;
  readonly mode: RealtimeMode;
  readonly since_ms: number;
  /** Records. */
  readonly sent: string;
  readonly dropped: string;
  readonly filtered: string;
  readonly queued_bytes: number;
}

/**
 * Why the server closes a connection. After a code below 4500, a client must not reconnect automatically with the same
 * token.
 */
export const CLOSE = {
  /** The access token has expired: get another one, then resume. */
  expired: 4401,
  /** The login has ended, or the role does not allow it any more. */
  forbidden: 4403,
  /** An admin ended the connection. */
  kicked: 4409,
  /** The server is stopping: reconnect after a moment. */
  goingAway: 4501,
} as const;

export interface RealtimeHub {
  /** Whether every topic is being read: a client served from then on misses no later record. */
  readonly isReading: boolean;
  /** Waits until that is so; false when it is not within `limitMs`. */
  reads(limitMs: number): Promise<boolean>;
  /** Serves a client until either side ends it. */
  serve(socket: WebSocket, options: RealtimeOptions): void;
  connections(): ConnectionInfo[];
  /** False when there is no such connection. */
  kick(id: string): boolean;
  /** Changes the limits of a frame at run time: milliseconds 10..25 and records 1..4096. */
  tune(windowMs: number, maxSize: number): void;
}
