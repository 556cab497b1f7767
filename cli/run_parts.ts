/** The verbs `run api`, `run link` …: one part of an installation, alone or below `legend run`. */
import type { Context, Flags } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { endWithParent } from "../ffi/process.ts";
import type { VerbBody } from "./command.ts";

/** Runs until the signal ends it; a part ends with its supervisor. */
const part = (run: (context: Context, flags: Flags) => Promise<unknown>): VerbBody => ({
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
    await run(context, flags);
    return EXIT.done;
  },
});

export const runApi = part(async (context, flags) => {
  const { runApi } = await import("../app/api.ts");
  await runApi(context, { supervised: flags.part === true, isListenTyped: flags.listen !== undefined });
});

export const runLink = part(async (context, flags) => {
  const { runLink } = await import("../app/link.ts");
  await runLink(context, flags["until-sent"] === true);
});

export const runMirror = part(async (context) => {
  const { runMirror } = await import("../app/mirror.ts");
  await runMirror(context);
});

export const runSink = part(async (context, flags) => {
  const { runSink } = await import("../app/sink.ts");
  await runSink(context, flags["until-stored"] === true);
});

export const runStore = part(async (context) => {
  const { runStore } = await import("../app/local_store.ts");
  await runStore(context);
});

export const runWorker = part(async (context, flags) => {
  const { runWorker } = await import("../app/worker.ts");
  await runWorker(context, flags.part === true);
});
