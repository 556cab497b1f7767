/** The evidence of one decision, fetched until it exists. */
import { useEffect, useState } from "preact/hooks";
import { api, Problem } from "./api.ts";
import type { Decision } from "./client.gen.ts";

/** How much later than a new decision its evidence may arrive, and how often it is fetched until then. */
const EVIDENCE_COMES_MS = 10_000;
const RETRY_MS = 400;

/** The evidence, or why there is none; null: not known yet. */
export function useEvidence(id: string): Decision | Problem | null {
  const [evidence, setEvidence] = useState<Decision | Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    const begin = performance.now();
    const look = () =>
      api("GET /api/decisions/:id", { params: { id } }).then(
        (found) => isWanted && setEvidence(found),
        (error) => {
          if (!isWanted) return;
          // Over Kafka a row may arrive before its evidence.
          const young = performance.now() - begin < EVIDENCE_COMES_MS;
          if (error instanceof Problem && error.status === 404 && young) setTimeout(look, RETRY_MS);
          else setEvidence(error instanceof Problem ? error : new Problem(0, String(error)));
        },
      );
    look();
    return () => {
      isWanted = false;
    };
  }, [id]);
  return evidence;
}
