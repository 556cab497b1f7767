/** What a part says of itself in a file that others read at any moment. */
import { messageOf } from "./errors.ts";

interface Told {
  /** Unix milliseconds. */
  readonly at_ms: number;
  readonly trouble: string | null;
  readonly topics: readonly { readonly topic: string }[];
}

/**
 * The newest status in a file; null when there is none. One that cannot be read is a trouble, beside `figures` that nobody
 * knows. `part`: who writes it.
 */
export function statusIn<T extends Told>(
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
  // Nobody knows of when it is: what runs writes it again within a second.
  const trouble = `${file} is damaged; a running ${part} writes it again`;
  return { ...figures, at_ms: Date.now(), trouble } as T;
}

function isWhole(status: Told): boolean {
  return Number.isFinite(status?.at_ms) && (status.trouble === null || typeof status.trouble === "string") &&
    Array.isArray(status.topics) && status.topics.every((one) => typeof one?.topic === "string");
}
