/** Answers of the routes for the live stream. */
import type { z } from "zod";
import type { ConnectionInfo } from "../../core/decisions/realtime.ts";
import { array, count, digits, number, object, one, text } from "./common.ts";

export const ticket = object({ ticket: text(), expires_in: count });
const connection: z.ZodType<ConnectionInfo> = object({
  id: text(),
  user: text(),
  mode: one(["json", "proto"]),
  since_ms: number(),
  sent: digits,
  dropped: digits,
  filtered: digits,
  queued_bytes: number(),
});
export const connections = object({ connections: array(connection) });
export const settings = object({ batch_window_ms: number(), batch_max_size: number() });
