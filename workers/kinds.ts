/** The kinds of jobs: one row each, and a file in `kinds/`. Route, verb, page, log and worker follow from it. */
import { JobKinds } from "../core/jobs/kind.ts";
import { scrape } from "./kinds/scrape.ts";
import { train } from "./kinds/train.ts";

export const JOB_KINDS = new JobKinds([scrape, train]);
