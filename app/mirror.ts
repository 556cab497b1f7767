import { type Direction, mirror, MIRROR_PAIRS, type MirrorPlace } from "../services/mirror.ts";
import { AppError } from "../core/platform/errors.ts";
import { makeFolder, replaceFile } from "../core/platform/atomic_file.ts";
import type { Context } from "./context.ts";

/** Mirrors between the older JSON topics and ours until the signal ends it. */
export async function runMirror(context: Context): Promise<void> {
  const folder = `${context.dataDir().path}/mirror`;
  makeFolder(folder);
  const run = (pair: typeof MIRROR_PAIRS[number], direction: Direction) => {
    const file = `${folder}/${pair.json}.${direction}.json`;
    return mirror({
      pair,
      direction,
      log: context.log(),
      outbox: context.outbox(),
      signal: context.signal,
      read: () => readPlace(file),
      write: (place) => replaceFile(file, JSON.stringify(place)),
    });
  };
  await Promise.all(MIRROR_PAIRS.flatMap((pair) => [run(pair, "to-json"), run(pair, "to-proto")]));
}

function readPlace(file: string): MirrorPlace | null {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof SyntaxError) {
      throw new AppError(
        "failed",
        `Cannot read ${file}: it is damaged; remove it to begin at the topic's end`,
      );
    }
    throw error;
  }
}
