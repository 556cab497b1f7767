/** Decisions that are fetched and shown instead of the live ones: a gate's refusals, evidence that is not published. */
import { useRef } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { Ask } from "./api.ts";
import { usePolled } from "./polling.ts";

/** How often refusals and evidence are fetched: neither is on the live stream. */
export const LIST_EVERY_MS = 10_000;

type Listed = Ask<"GET /api/decisions">;
type Gate = NonNullable<NonNullable<Listed["query"]>["gate"]>;

/** If the address names an unknown gate, the server refuses the request with a message. */
export const listOf = (module: ModuleName, gate: string, tiers: readonly string[]): Listed | null =>
  gate
    ? { query: { brief: 1, limit: 200, module, gate: gate as Gate } }
    : tiers.length > 0
    ? { query: { brief: 1, limit: 200, module, gate: "observed", published: "false" } }
    : null;

/** A fetched list; it does not change under the reader. */
export function useList(ask: Listed | null, held: () => boolean) {
  const path = JSON.stringify(ask);
  const asked = usePolled("GET /api/decisions", ask, LIST_EVERY_MS);
  const kept = useRef<{ path: string; value: typeof asked.value }>({ path, value: undefined });
  if (kept.current.path !== path || kept.current.value === undefined || !held()) {
    kept.current = { path, value: asked.value };
  }
  return { asked, rows: kept.current.value?.decisions };
}
