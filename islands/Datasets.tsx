/** Datasets: jobs, files and log of the selected one, and a form for the next. */
import { useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { grouped } from "./format.ts";
import { IgnoredParameters } from "./IgnoredParameters.tsx";
import { JobForms } from "./JobForm.tsx";
import { JobList, type JobRow, useJobs } from "./JobList.tsx";

interface File {
  type: string;
  output: string;
  /** Absent in jobs of an older version. */
  path?: string;
  rows: number;
  bytes: number;
  sha256: string;
}

const filesOf = ({ result }: JobRow) => (result?.files ?? []) as File[];

const Copied = ({ text, what }: { text: string; what: string }) => (
  <>
    <code class="brk">{text}</code>
    <button type="button" class="cpy" data-copy={text} aria-label={`Copy ${what}`}>
      <Icon name="copy" />
    </button>
  </>
);

/** Where the files of a job are, with the manifest that proves each. */
function Files({ job }: { job: JobRow }) {
  const files = filesOf(job);
  if (files.length === 0) return null;
  return (
    <dl class="kv left" data-files>
      {files.map((file) => {
        const place = file.path ?? file.output;
        return (
          <>
            <dt key={file.type}>{file.type}</dt>
            <dd>
              <Copied text={place} what={`path of ${file.output}`} />{" "}
              <span class="t2">{`${grouped(file.rows)} rows, ${grouped(file.bytes)} bytes`}</span>
              <br />
              <span class="t2">
                manifest{" "}
                <Copied text={`${place}.manifest.json`} what={`path of the manifest of ${file.output}`} />
              </span>
              <br />
              <span class="t3 s mono brk">sha256 {file.sha256}</span>
            </dd>
          </>
        );
      })}
      <dt>On</dt>
      <dd>{job.worker}</dd>
    </dl>
  );
}

/** The error when an output exists already, at the start or at the end of a job. */
const TAKEN = /it exists already/;

export default function Datasets({ admin }: { admin: boolean }) {
  const jobs = useJobs("datasets");
  const [resubmitted, setResubmitted] = useState<JobRow | null>(null);
  return (
    <>
      <IgnoredParameters known={[]} />
      <div class="g-main">
        <div class="stack-3">
          <JobList
            title="Dataset jobs"
            asked={jobs}
            admin={admin}
            detail={(job) => <Files job={job} />}
            instead={(job) =>
              TAKEN.test(job.message)
                ? { words: "Other name…", act: () => setResubmitted({ ...job }) }
                : null}
          />
        </div>
        {admin
          ? (
            <div class="stack-3">
              <JobForms
                page="datasets"
                resubmitted={resubmitted}
                look={jobs.refresh}
                lacks={jobs.value?.lacks}
              />
            </div>
          )
          : <p class="panel panel-b t2">Only an admin can start and cancel datasets.</p>}
      </div>
    </>
  );
}
