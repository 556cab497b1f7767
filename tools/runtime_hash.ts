/** The Deno binary that is packed, by its hash. */
import { checkHash } from "./hash.ts";

const DENO = {
  version: "2.9.6",
  sha256: "bceb5b6a6239b0b010418406d8c77a508f67cf4337d94288f1c19fe71304aab0",
};

/** Throws unless `path` is the pinned runtime. */
export async function checkRuntime(path: string): Promise<void> {
  if (Deno.version.deno !== DENO.version) {
    throw new Error(`Cannot pack Deno ${Deno.version.deno}: need ${DENO.version}`);
  }
  await checkHash(path, DENO.sha256);
}
