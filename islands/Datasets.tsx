/** Datasets: jobs, the chosen one's log, and a form for the next. */
import { useState } from "preact/hooks";
import { DEX_IDS } from "../proto/dex.ts";
import { Icon } from "./_icons.tsx";
import { api, Problem } from "./api.ts";
import { Choice, day, JobList, type JobRow, moment, useJobs } from "./JobList.tsx";
import { grouped } from "./format.ts";

interface File {
  type: string;
  output: string;
  rows: number;
  bytes: number;
}

function what({ args, result }: JobRow): string {
  const { types, start_ms, end_ms, format, compress } = args as Record<string, unknown>;
  const files = (result?.files ?? []) as File[];
  const made = files.length > 0
    ? ` · ${files.map((file) => `${grouped(file.rows)} rows in ${file.output}`).join(", ")}`
    : "";
  const list = Array.isArray(types) ? types.join(", ") : "arb, mev";
  return `${list} · ${moment(start_ms)} … ${moment(end_ms)} · ${format ?? "parquet"} ${
    compress ?? "zstd"
  }${made}`;
}

export default function Datasets({ admin }: { admin: boolean }) {
  const { jobs, problem, look } = useJobs("scrape");
  return (
    <div class="g-main">
      <div class="stack-3">
        <JobList title="Dataset jobs" jobs={jobs} problem={problem} admin={admin} what={what} look={look} />
      </div>
      {admin
        ? <NewDataset look={look} />
        : <p class="panel panel-b t2">Datasets are started and cancelled by an admin.</p>}
    </div>
  );
}

function NewDataset({ look }: { look(): Promise<void> }) {
  const [start, setStart] = useState(day(7));
  const [end, setEnd] = useState(day(-1));
  const [types, setTypes] = useState<readonly ("arb" | "mev")[]>(["arb", "mev"]);
  const [dex, setDex] = useState("");
  const [format, setFormat] = useState<"parquet" | "jsonl">("parquet");
  const [compress, setCompress] = useState<"zstd" | "gzip" | "none">("zstd");
  const [output, setOutput] = useState(`export-${day(0)}.parquet`);
  const [wrong, setWrong] = useState<{ text: string; field?: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const toggle = (type: "arb" | "mev") =>
    setTypes(types.includes(type) ? types.filter((one) => one !== type) : [...types, type]);
  async function send(event: Event) {
    event.preventDefault();
    setBusy(true);
    const body = { start, end, types, dex: dex ? [dex] : [], format, compress, output };
    try {
      await api("POST", "/api/datasets/scrape", body);
      setWrong(null);
      await look();
    } catch (error) {
      setWrong(
        error instanceof Problem
          ? { text: error.detail, ...(error.field ? { field: error.field } : {}) }
          : { text: String(error) },
      );
    } finally {
      setBusy(false);
    }
  }
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>New dataset</h2>
      </div>
      <form class="panel-b stack-3" onSubmit={send}>
        <div class="form">
          <div class="f">
            <label for="ds-start">From UTC</label>
            <input
              class="in"
              id="ds-start"
              value={start}
              onInput={(event) => setStart(event.currentTarget.value)}
            />
          </div>
          <div class="f">
            <label for="ds-end">To UTC, exclusive</label>
            <input
              class="in"
              id="ds-end"
              value={end}
              onInput={(event) => setEnd(event.currentTarget.value)}
            />
          </div>
          <fieldset class="stack">
            <legend>Types</legend>
            <div class="row">
              <label class="check">
                <input
                  type="checkbox"
                  checked={types.includes("arb")}
                  onChange={() => toggle("arb")}
                />Arbitrage
              </label>
              <label class="check">
                <input
                  type="checkbox"
                  checked={types.includes("mev")}
                  onChange={() => toggle("mev")}
                />Sandwich
              </label>
            </div>
          </fieldset>
          <div class="f">
            <label for="ds-dex">DEX</label>
            <select
              class="in"
              id="ds-dex"
              value={dex}
              onChange={(event) => setDex(event.currentTarget.value)}
            >
              <option value="">All</option>
              {DEX_IDS.map((id) => <option key={id} value={id}>{id}</option>)}
            </select>
          </div>
          <Choice
            legend="Format"
            name="ds-format"
            values={[["parquet", "Parquet"], ["jsonl", "JSONL"]]}
            value={format}
            set={setFormat}
          />
          <Choice
            legend="Compression"
            name="ds-compress"
            values={[["zstd", "zstd"], ["gzip", "gzip"], ["none", "none"]]}
            value={compress}
            set={setCompress}
          />
          <div class="f full">
            <label for="ds-output">Output</label>
            <input
              class="in"
              id="ds-output"
              value={output}
              aria-invalid={wrong !== null}
              aria-describedby="ds-output-hint"
              onInput={(event) => setOutput(event.currentTarget.value)}
            />
            <span class={wrong ? "err" : "s t2"} id="ds-output-hint" role={wrong ? "alert" : undefined}>
              {wrong
                ? (
                  <>
                    <Icon name="warn" />
                    {wrong.text}
                  </>
                )
                : "a path below datasets.root, or s3://bucket/key of a bucket in s3.buckets"}
            </span>
          </div>
        </div>
        <div class="row">
          <button type="submit" class="btn btn-p" disabled={busy || types.length === 0}>Start dataset</button>
        </div>
      </form>
    </section>
  );
}
