/** A part's status in a file that others may read at any moment. */
import { messageOf } from "./errors.ts";

interface Reported {
  /** Unix milliseconds. */
  readonly at_ms: number;
  readonly trouble: string | null;
  readonly topics: readonly { readonly topic: string }[];
}

/**
 * The newest status in a file; null when there is none. A file that cannot be read is returned as a status with a
 * trouble, with `figures` for the unknown values. `part`: who writes it.
 */
export function statusIn<T extends Reported>(
  file: string,
  part: string,
  figures: Omit<T, "at_ms" | "trouble">,
): T | null {
  try {
    const status = JSON.parse(Deno.readTextFileSync(file)) as T;
    if (isWhole(status)) return status;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (!(error instanceof SyntaxError)) {
      const why = messageOf(error);
      return { ...figures, at_ms: Date.now(), trouble: `Cannot read ${file}: ${why}` } as T;
    }
  }
  // The time of a damaged status is unknown. A running part writes it again within a second.
  const trouble = `${file} is damaged; a running ${part} writes it again`;
  return { ...figures, at_ms: Date.now(), trouble } as T;
}

function isWhole(status: Reported): boolean {
  return Number.isFinite(status?.at_ms) && (status.trouble === null || typeof status.trouble === "string") &&
    Array.isArray(status.topics) && status.topics.every((one) => typeof one?.topic === "string");
}
