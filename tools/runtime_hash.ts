/** The Deno binary that is packed, by its hash. */
import { checkHash } from "./hash.ts";
import { DENO, otherDeno } from "./pins.ts";

/** Throws unless `path` is the pinned runtime. */
export async function checkRuntime(path: string): Promise<void> {
  const problem = otherDeno();
  if (problem) throw new Error(problem);
  await checkHash(path, DENO.sha256);
}
