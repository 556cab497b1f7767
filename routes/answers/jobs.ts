/** Answers of the routes for jobs. */
import { z } from "zod";
import type { JobsLack } from "../../core/jobs/worker_protocol.ts";
import { JOB_STATES, schedule } from "../../proto/jobs.ts";
import { array, count, flag, maybe, number, object, one, record, text } from "./common.ts";

const jobShape = {
  job_id: text(),
  kind: text(),
  /** One line for people. */
  about: text(),
  state: one(JOB_STATES),
  progress: number(),
  message: text(),
  attempts: count,
  attempts_max: count,
  worker: text(),
  issuer: text(),
  args: record(text(), z.unknown()),
  created_ms: number(),
  started_ms: maybe(number()),
  ended_ms: maybe(number()),
  result: maybe(record(text(), z.unknown())),
};
export const job = object(jobShape).meta({ id: "Job" });
export const jobWithLog = object({ ...jobShape, log: array(object({ at_ms: number(), line: text() })) });
const lacks: z.ZodType<JobsLack> = object({ store: maybe(text()), engines: maybe(text()) });
export const jobs = object({ jobs: array(job), total: count, lacks });
export const jobGiven = object({ ok: flag(), job_id: text() });
export const columns = object({ type: one(["arb", "mev"]), columns: record(text(), text()) });
export const schedules = object({
  schedules: array(schedule.extend({ next_ms: maybe(number()) })),
});
