/** All verbs, by name. A verb is one row here and one file that is loaded when the verb runs. */
import type { Command } from "./command.ts";
import { ACCESS_VERBS } from "./verbs/access.ts";
import { CONTROL_VERBS } from "./verbs/control.ts";
import { DATA_VERBS } from "./verbs/data.ts";
import { JOB_VERBS } from "./verbs/jobs.ts";
import { RUN_VERBS } from "./verbs/run.ts";
import { WATCH_VERBS } from "./verbs/watch.ts";

export const COMMANDS: readonly Command[] = [
  ...ACCESS_VERBS,
  ...CONTROL_VERBS,
  ...DATA_VERBS,
  ...JOB_VERBS,
  ...RUN_VERBS,
  ...WATCH_VERBS,
].sort((a, b) => a.name < b.name ? -1 : 1);
