import { type Direction, mirror, MIRROR_PAIRS, type MirrorPlace } from "../agents/mirror.ts";
import { AppError } from "../core/platform/errors.ts";
import { makeFolder, replaceFile } from "../core/platform/files.ts";
import { endWithParent } from "../ffi/process.ts";
import { EXIT } from "../core/platform/exit.ts";
import type { VerbBody } from "../cli/command.ts";

export const runMirror: VerbBody = {
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
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
    return EXIT.done;
  },
};

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
