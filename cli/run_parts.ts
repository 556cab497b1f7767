/** The verbs `run api`, `run link` …: one part of an installation alone, or below `legend run`. */
import type { Context, Flags } from "../app/context.ts";
import { AppError, UsageError } from "../core/platform/errors.ts";
import { EXIT } from "../core/platform/exit.ts";
import { isLoopback } from "../core/platform/net.ts";
import { endWithParent } from "../ffi/process.ts";
import type { VerbBody } from "./command.ts";

/** Runs until the signal; a part ends with its supervisor. */
const part = (run: (context: Context, flags: Flags) => Promise<unknown>): VerbBody => ({
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
    await run(context, flags);
    return EXIT.done;
  },
});

export const runApi = part(async (context, flags) => {
  refuseOpenDoor(context, flags.listen !== undefined);
  const { runApi } = await import("../app/api.ts");
  await runApi(context, flags.part === true);
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

/** `isTyped`: the address stands on the command line, where it is wrong usage. */
function refuseOpenDoor(context: Context, isTyped: boolean): void {
  const hostname = context.setting("api.listen");
  if (isLoopback(hostname) || context.setting("api.insecure_listen")) return;
  const line =
    `Cannot listen on ${hostname}: it is not loopback and there is no TLS, need --insecure-listen or a proxy with TLS on this host`;
  throw isTyped ? new UsageError(line) : new AppError("invalid", line);
}
