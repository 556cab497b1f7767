/** Jobs of one kind, with the log of the selected one; shows the server's state, polled every second. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { type Answer, api, wordsOf } from "./api.ts";
import type { Job } from "./client.gen.ts";
import { type Polled, usePolled } from "./polling.ts";
import { grouped, utc } from "./format.ts";

export type JobRow = Job;

const EVERY_MS = 1_000;
const STATES = {
  queued: ["off", "wait", "Queued"],
  running: ["info", "part", "Running"],
  done: ["ok", "ok", "Done"],
  error: ["bad", "no", "Error"],
  cancelled: ["off", "stop", "Cancelled"],
} as const;

export const shortId = (id: string) => id.slice(0, 8);

/** All jobs listed on a page, newest first; polled while the page is visible. */
export const useJobs = (page: "datasets" | "training"): PolledJobs =>
  usePolled("GET /api/jobs", { query: { page } }, EVERY_MS);

export type PolledJobs = Polled<Answer<"GET /api/jobs">>;

/** In a form that starts jobs: what prevents them, so that no job is started in vain. */
export const Lacks = ({ what }: { what: string | null }) =>
  what === null ? null : (
    <div class="notice" data-s="warn" role="status" data-lacks>
      <Icon name="warn" />
      <div class="grow s">{what}.</div>
    </div>
  );

function time({ state, attempts, started_ms, ended_ms }: JobRow): string {
  if (state === "queued") return attempts > 0 ? `waits after try ${attempts}` : "waits for a free worker";
  if (started_ms === null) return "";
  const seconds = Math.max(0, ((ended_ms ?? Date.now()) - started_ms) / 1000);
  return seconds < 90
    ? `${seconds.toFixed(0)} s`
    : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export interface JobListProps {
  readonly title: string;
  readonly asked: PolledJobs;
  readonly admin: boolean;
  /** Which jobs are listed; default: all. */
  only?(job: JobRow): boolean;
  /** More details of a job that has ended. */
  detail?(job: JobRow): ComponentChildren;
  /** Where another try cannot help: what is offered instead. */
  instead?(job: JobRow): { words: string; act(): void } | null;
}

/** The filter of the list. */
type Shown = "all" | "running" | "error";
const SHOWN: readonly (readonly [Shown, string])[] = [
  ["all", "All"],
  ["running", "Running"],
  ["error", "Failed"],
];

/** Waiting jobs count as running. */
const isShown = ({ state }: JobRow, only: Shown) =>
  only === "all" || state === only || (only === "running" && state === "queued");

/** The jobs, and the log of the selected one. */
export function JobList({ title, asked, admin, only: mine, detail, instead }: JobListProps) {
  const jobs = (asked.value?.jobs ?? []).filter((job) => !mine || mine(job));
  const [only, setOnly] = useState<Shown>("all");
  const [chosen, setChosen] = useState<string | null>(null);
  const [notice, setNotice] = useState("");
  const shown = jobs.filter((job) => isShown(job, only));
  const selected = jobs.find(({ job_id }) => job_id === chosen) ?? jobs[0];
  const act = (job: JobRow, verb: "cancel" | "retry") =>
    api(`POST /api/jobs/:id/${verb}`, { params: { id: job.job_id }, body: {} }).then(
      () => {
        setNotice("");
        return asked.refresh();
      },
      (error) => setNotice(wordsOf(error)),
    );
  return (
    <>
      <section class="panel">
        <div class="panel-h">
          <h2>Jobs</h2>
          <div class="end">
            <ShownSwitch only={only} setOnly={setOnly} />
          </div>
        </div>
        <NoAnswer asked={asked} what="Jobs" />
        {notice && <p class="panel-b bad" role="alert">{notice}</p>}
        <JobTable title={title} admin={admin}>
          {shown.map((job) => (
            <JobTableRow key={job.job_id} job={job} onChoose={() => setChosen(job.job_id)}>
              {admin && <Actions job={job} act={act} instead={instead} />}
            </JobTableRow>
          ))}
        </JobTable>
        {asked.value === undefined && (
          <div class="panel-b">
            <Skeleton what="Jobs" />
          </div>
        )}
        {asked.value && shown.length === 0 && (
          <div class="panel-f">
            <span>{jobs.length === 0 ? "No job yet." : "No job matches."}</span>
          </div>
        )}
      </section>
      {selected && <JobDetail job={selected} more={detail?.(selected)} />}
    </>
  );
}

/** Switch between all, running and failed jobs. */
const ShownSwitch = ({ only, setOnly }: { only: Shown; setOnly(only: Shown): void }) => (
  <div class="seg" role="group" aria-label="Jobs shown">
    {SHOWN.map(([name, word]) => (
      <button
        type="button"
        key={name}
        aria-pressed={only === name}
        onClick={() => setOnly(name)}
      >
        {word}
      </button>
    ))}
  </div>
);

interface JobTableProps {
  title: string;
  admin: boolean;
  children: ComponentChildren;
}

/** The table of jobs: its columns and rows. */
const JobTable = ({ title, admin, children }: JobTableProps) => (
  <div class="tw" tabIndex={0} role="region" aria-label={`${title} (scrollable)`}>
    <table class="stk">
      <caption class="sr">{title}</caption>
      <thead>
        <tr>
          <th scope="col">Job</th>
          <th scope="col">State</th>
          <th scope="col" class="p2">Progress</th>
          <th scope="col">What</th>
          <th scope="col" class="p3">Time</th>
          {admin && (
            <th scope="col">
              <span class="sr">Action</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {children}
      </tbody>
    </table>
  </div>
);

interface JobTableRowProps {
  job: JobRow;
  onChoose(): void;
  /** The cell with the actions. */
  children: ComponentChildren;
}

/** A job with its progress. */
function JobTableRow({ job, onChoose, children }: JobTableRowProps) {
  const [kind, icon, word] = STATES[job.state];
  const percent = Math.floor(100 * job.progress);
  return (
    <tr>
      <th scope="row" class="mono">
        <button type="button" class="btn btn-r" onClick={onChoose}>
          {shortId(job.job_id)}
        </button>
      </th>
      <td>
        <span class="st" data-s={kind}>
          <Icon name={icon} />
          {word}
        </span>
      </td>
      <td class="p2 w-prog">
        <div class="row">
          <progress
            max="1"
            value={job.progress}
            aria-label={`Progress of ${shortId(job.job_id)}`}
          />
          <span class="r nw">{percent} %</span>
        </div>
      </td>
      <td class="two full">
        <span>{job.about}</span>
        <span class="t2 s">{job.message}</span>
      </td>
      <td class="p3 t2 s">{time(job)}</td>
      {children}
    </tr>
  );
}

interface ActionsProps extends Pick<JobListProps, "instead"> {
  job: JobRow;
  act(job: JobRow, verb: "cancel" | "retry"): unknown;
}

/** A job that has not ended can be cancelled; one that ended without a result can be retried. */
function Actions({ job, act, instead }: ActionsProps) {
  const over = job.state !== "queued" && job.state !== "running";
  return (
    <td class="r">
      {!over && (
        <button type="button" class="btn btn-r" onClick={() => act(job, "cancel")}>
          Cancel<span class="sr">{` ${shortId(job.job_id)}`}</span>
        </button>
      )}
      {(job.state === "error" || job.state === "cancelled") && (
        <Resubmit
          job={job}
          instead={instead?.(job) ?? null}
          retry={() => act(job, "retry")}
        />
      )}
    </td>
  );
}

interface ResubmitProps {
  job: JobRow;
  instead: { words: string; act(): void } | null;
  retry(): unknown;
}

/** A retry, or the alternative where a retry would end the same way. */
const Resubmit = ({ job, instead, retry }: ResubmitProps) => (
  <button type="button" class="btn btn-r" onClick={instead ? instead.act : retry}>
    {instead?.words ?? "Retry"}
    <span class="sr">{` ${shortId(job.job_id)}`}</span>
  </button>
);

/** One job's log as it grows. */
function JobDetail({ job, more }: { job: JobRow; more: ComponentChildren }) {
  const [lines, setLines] = useState<{ at_ms: number; line: string }[]>([]);
  useEffect(() => {
    let gone = false;
    api("GET /api/jobs/:id", { params: { id: job.job_id } }).then(
      (answer) => gone || setLines(answer.log),
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [job.job_id, job.message, job.state]);
  const [, , word] = STATES[job.state];
  return (
    <section class="panel">
      <div class="panel-h">
        <h2 class="mono">{shortId(job.job_id)}</h2>
        <span class="s t2">
          {`${word.toLowerCase()}, try ${grouped(job.attempts)}${job.worker ? ` by ${job.worker}` : ""}`}
        </span>
      </div>
      <div class="panel-b stack-3">
        {more}
        <div
          class="log"
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={`Log of job ${shortId(job.job_id)}`}
        >
          {lines.map(({ at_ms, line }, at) => (
            <div key={at}>
              <span class="t">{utc(at_ms).slice(-12)}</span> {line}
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}

/** A fieldset of radio buttons in the form of a switch. */
export function Choice<const T extends string>(
  { legend, name, values, value, set, below }: {
    legend: string;
    name: string;
    values: readonly (readonly [T, string])[];
    value: T;
    readonly set: (value: T) => unknown;
    /** Its hint or its error. */
    readonly below?: ComponentChildren;
  },
) {
  return (
    <fieldset class="stack">
      <legend>{legend}</legend>
      <div class="seg">
        {values.map(([one, word]) => (
          <label key={one}>
            <input type="radio" name={name} checked={value === one} onChange={() => set(one)} />
            {word}
          </label>
        ))}
      </div>
      {below}
    </fieldset>
  );
}
