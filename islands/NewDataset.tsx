/** The form that starts a dataset; what is wrong stands at the field that it is about. */
import { useEffect, useRef, useState } from "preact/hooks";
import { DEX_IDS } from "../proto/gen/dex.ts";
import { Icon } from "./_icons.tsx";
import { api, Problem, wordsOf } from "./api.ts";
import { Choice, day, Lacks } from "./JobList.tsx";

type DexId = (typeof DEX_IDS)[number];

/** A name that another job has taken, with the next number. */
export function freshName(output: string): string {
  const [, stem = output, number, end = ""] = /^(.*?)(?:_(\d+))?(\.[a-z0-9.]+)?$/.exec(output) ?? [];
  return `${stem}_${number === undefined ? 2 : Number(number) + 1}${end}`;
}

const utcText = (ms: unknown, otherwise: string) =>
  typeof ms === "number"
    ? new Date(ms).toISOString().replace(/(T00:00)?(:00)?\.000Z$/, (_, day) => (day ? "" : "Z"))
    : otherwise;

interface Wrong {
  text: string;
  /** The field of the body; "" where it is of none. */
  field: string;
}

/** Which field a refusal is about: the server says it, or it is about the place. */
const wrongOf = (error: unknown): Wrong => {
  const text = wordsOf(error);
  const field = error instanceof Problem ? error.field ?? (/^Cannot write /.test(text) ? "output" : "") : "";
  return { text, field };
};

interface FieldProps {
  id: string;
  name: string;
  label: string;
  hint: string;
  value: string;
  full?: boolean;
  wrong: Wrong | null;
  set(value: string): void;
}

function Field({ id, name, label, hint, value, full, wrong, set }: FieldProps) {
  const mine = wrong?.field === name ? wrong.text : "";
  return (
    <div class={full ? "f full" : "f"}>
      <label for={id}>{label}</label>
      <input
        class="in"
        id={id}
        value={value}
        autocomplete="off"
        aria-invalid={mine !== ""}
        aria-describedby={`${id}-hint`}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <span class={mine ? "err" : "s t2"} id={`${id}-hint`} role={mine ? "alert" : undefined}>
        {mine ? <Icon name="warn" /> : null}
        {mine || hint}
      </span>
    </div>
  );
}

const FIELDS = ["start", "end", "output"];

export interface NewDatasetProps {
  /** What a job before this one was asked for; null: nothing. */
  again: Record<string, unknown> | null;
  look(): Promise<void>;
  /** Why none can run; null: it can. */
  lacks: string | null;
}

/** Starts a dataset. */
export function NewDataset({ again, look, lacks }: NewDatasetProps) {
  const [start, setStart] = useState(utcText(again?.start_ms, day(7)));
  const [end, setEnd] = useState(utcText(again?.end_ms, day(-1)));
  const [types, setTypes] = useState<readonly ("arb" | "mev")[]>(
    (again?.types as ("arb" | "mev")[] | undefined) ?? ["arb", "mev"],
  );
  const [dex, setDex] = useState<DexId | "">((again?.dex as DexId[] | undefined)?.[0] ?? "");
  const [format, setFormat] = useState(again?.format === "jsonl" ? "jsonl" as const : "parquet" as const);
  const [compress, setCompress] = useState<"zstd" | "gzip" | "none">(
    (again?.compress as "zstd" | undefined) ?? "zstd",
  );
  const [output, setOutput] = useState(String(again?.output ?? `export-${day(0)}.parquet`));
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [busy, setBusy] = useState(false);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (again) place.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const toggle = (type: "arb" | "mev") =>
    setTypes(types.includes(type) ? types.filter((one) => one !== type) : [...types, type]);
  async function send(event: Event) {
    event.preventDefault();
    setBusy(true);
    const body = { start, end, types, dex: dex ? [dex] : [], format, compress, output };
    try {
      await api("POST /api/datasets/scrape", { body });
      setWrong(null);
      await look();
    } catch (error) {
      const wrong = wrongOf(error);
      setWrong(wrong);
      document.getElementById(`ds-${wrong.field}`)?.focus();
    } finally {
      setBusy(false);
    }
  }
  return (
    <section class="panel" ref={place}>
      <div class="panel-h">
        <h2>New dataset</h2>
      </div>
      <form class="panel-b stack-3" onSubmit={send}>
        <Lacks what={lacks} />
        <div class="form">
          <Field
            {...{ id: "ds-start", name: "start", label: "From UTC", value: start, set: setStart, wrong }}
            hint="2026-11-17, or 2026-11-17T06:30Z"
          />
          <Field
            {...{ id: "ds-end", name: "end", label: "To UTC, exclusive", value: end, set: setEnd, wrong }}
            hint="later than From"
          />
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
              onChange={(event) => setDex(event.currentTarget.value as DexId | "")}
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
          <Field
            {...{ id: "ds-output", name: "output", label: "Output", value: output, set: setOutput, wrong }}
            full
            hint="a path below datasets.root, or s3://bucket/key of a bucket in s3.buckets"
          />
        </div>
        {wrong && !FIELDS.includes(wrong.field) && <p class="bad s" role="alert">{wrong.text}</p>}
        <div class="row">
          <button type="submit" class="btn btn-p" disabled={busy || types.length === 0 || lacks !== null}>
            Start dataset
          </button>
        </div>
      </form>
    </section>
  );
}
