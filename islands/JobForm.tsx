/** The form that starts a job, rendered from its kind and schema; each error is shown at its field. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { FormField, JobForm as Form } from "../core/jobs/form.ts";
import type { JobsLack } from "../core/jobs/worker_protocol.ts";
import { Icon } from "./_icons.tsx";
import { api, Problem, wordsOf } from "./api.ts";
import { JOB_FORMS } from "./forms.gen.ts";
import { begin, bodyOf, check, fieldOf, type FieldValue, idOf, type Wrong } from "./job_form.ts";
import { Choice, type JobRow, Lacks } from "./JobList.tsx";

/** With more choices than this, the field is a select. */
const SEEN_MAX = 4;
/** Separates names; no name contains it. */
const BETWEEN = ", ";

interface FieldProps {
  id: string;
  field: FormField;
  value: FieldValue;
  /** Choices that can be selected now. */
  values: readonly string[];
  /** The error of the field; "": none. */
  wrong: string;
  set(value: FieldValue): void;
}

/** Below a field: its error, or its hint. */
const Below = ({ id, wrong, hint }: { id: string; wrong: string; hint: string | undefined }) =>
  wrong || hint
    ? (
      <span class={wrong ? "err" : "s t2"} id={`${id}-hint`} role={wrong ? "alert" : undefined}>
        {wrong ? <Icon name="warn" /> : null}
        {wrong || hint}
      </span>
    )
    : null;

const described = ({ id, wrong, field: { hint } }: FieldProps) => ({
  "aria-invalid": wrong !== "",
  "aria-describedby": wrong || hint ? `${id}-hint` : undefined,
});

const wordOf = ({ words }: FormField, value: string) => words?.[value] ?? value;

function Input(props: FieldProps) {
  const { id, field, value, wrong, set } = props;
  return (
    <div class={field.wide ? "f full" : "f"}>
      <label for={id}>{field.unit ? `${field.label}, ${field.unit}` : field.label}</label>
      <input
        class="in"
        id={id}
        value={String(value)}
        autocomplete="off"
        {...described(props)}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <Below {...{ id, wrong, hint: field.hint }} />
    </div>
  );
}

/** One of many choices, or for a list all or one. Several values from an earlier job stay together as one option. */
function Select(props: FieldProps) {
  const { id, field, value, values, wrong, set } = props;
  const isList = field.sort === "several";
  const chosen = isList ? (value as readonly string[]).join(BETWEEN) : String(value);
  return (
    <div class="f">
      <label for={id}>{field.label}</label>
      <select
        class="in"
        id={id}
        value={chosen}
        {...described(props)}
        onChange={({ currentTarget: { value } }) =>
          set(isList ? value.split(BETWEEN).filter(Boolean) : value)}
      >
        {isList && <option value="">{field.one_or}</option>}
        {chosen.includes(BETWEEN) && <option value={chosen}>{chosen}</option>}
        {values.map((one) => <option key={one} value={one}>{wordOf(field, one)}</option>)}
      </select>
      <Below {...{ id, wrong, hint: field.hint }} />
    </div>
  );
}

function Checks(props: FieldProps) {
  const { id, field, value, values, wrong, set } = props;
  const chosen = value as readonly string[];
  const toggle = (one: string) =>
    set(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  return (
    <fieldset class="stack" aria-describedby={wrong || field.hint ? `${id}-hint` : undefined}>
      <legend>{field.label}</legend>
      <div class="row">
        {values.map((one) => (
          <label class="check" key={one}>
            <input type="checkbox" name={id} checked={chosen.includes(one)} onChange={() => toggle(one)} />
            {wordOf(field, one)}
          </label>
        ))}
      </div>
      <Below {...{ id, wrong, hint: field.hint }} />
    </fieldset>
  );
}

function Field(props: FieldProps) {
  const { id, field, value, values, wrong, set } = props;
  if (field.sort === "several") return field.one_or ? <Select {...props} /> : <Checks {...props} />;
  if (field.sort !== "choice") return <Input {...props} />;
  if (field.values!.length > SEEN_MAX) return <Select {...props} />;
  return (
    <Choice
      legend={field.label}
      name={id}
      values={values.map((one) => [one, wordOf(field, one)] as const)}
      value={String(value)}
      set={set}
      below={<Below {...{ id, wrong, hint: field.hint }} />}
    />
  );
}

export interface JobFormProps {
  form: Form;
  /** Values that the page sets in every job: those of the form's `given`. */
  given?: Readonly<Record<string, string>>;
  /** Arguments of the earlier job that this one repeats; null: none. */
  resubmitted: Readonly<Record<string, unknown>> | null;
  look(): Promise<void>;
  /** What prevents jobs; undefined: not known yet. */
  lacks: JobsLack | undefined;
}

/** The state of a form: what was typed, which of it can be sent now, and sending it. */
function useForm({ form, given = {}, resubmitted, look, lacks }: JobFormProps) {
  const [typed, setTyped] = useState(() => begin(form, resubmitted));
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [isBusy, setBusy] = useState(false);
  const engines = form.fields.some((field) => field.need_engines) ? lacks?.engines ?? null : null;
  const valuesOf = ({ values = [], need_engines = [] }: FormField) =>
    engines === null ? values : values.filter((one) => !need_engines.includes(one));
  // A value that cannot be selected now is not sent either.
  const values = Object.fromEntries(form.fields.map((field) => {
    const value = typed[field.path]!;
    const isThere = field.sort !== "choice" || valuesOf(field).includes(String(value));
    return [field.path, isThere ? value : valuesOf(field)[0] ?? value];
  }));
  const isShort = form.fields.some(({ path, sort, least = 0 }) =>
    sort === "several" && (values[path] as readonly string[]).length < least
  );
  function refuse(found: Wrong) {
    setWrong(found);
    const field = form.fields.find(({ path }) => path === found.field);
    const id = field && idOf(form, field);
    if (id) document.querySelector<HTMLElement>(`#${id}, [name=${id}]:checked, [name=${id}]`)?.focus();
  }
  async function send(event: Event) {
    event.preventDefault();
    const found = check(form, values);
    if (found) return refuse(found);
    setBusy(true);
    try {
      // The kind determines the route and its body; the server checks the body against the schema.
      const route = `POST ${form.start}` as "POST /api/datasets/scrape";
      await api(route, { body: bodyOf(form, values, given) as never });
      setWrong(null);
      await look();
    } catch (error) {
      const named = error instanceof Problem ? error.field : undefined;
      refuse({ text: wordsOf(error), field: fieldOf(form, named) });
    } finally {
      setBusy(false);
    }
  }
  return {
    values,
    valuesOf,
    wrong,
    send,
    lack: lacks?.store ?? engines,
    isReady: !isBusy && !isShort && !lacks?.store,
    set: (path: string, value: FieldValue) => setTyped((before) => ({ ...before, [path]: value })),
  };
}

/** Starts a job. */
export function JobForm(props: JobFormProps) {
  const { form, given = {}, resubmitted } = props;
  const { values, valuesOf, wrong, send, lack, isReady, set } = useForm(props);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (resubmitted) place.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const switches = form.fields.filter(({ sort }) => sort === "switch");
  const fields = form.fields.filter(({ sort }) => sort !== "switch");
  const title = form.title.replaceAll(/\{(\w+)\}/g, (_, name) => form.given?.[name]?.[given[name]!] ?? "");
  return (
    <section class="panel" ref={place} data-form={form.kind}>
      <div class="panel-h">
        <h2>{title}</h2>
      </div>
      <form class="panel-b stack-3" onSubmit={send}>
        <Lacks what={lack} />
        <div class={form.columns === 3 ? "form form-3" : "form"}>
          {fields.map((field) => (
            <Field
              key={field.path}
              id={idOf(form, field)}
              field={field}
              value={values[field.path]!}
              values={valuesOf(field)}
              wrong={wrong?.field === field.path ? wrong.text : ""}
              set={(value) => set(field.path, value)}
            />
          ))}
        </div>
        {wrong && !fields.some(({ path }) => path === wrong.field) &&
          <p class="bad s" role="alert">{wrong.text}</p>}
        <div class={switches.length > 0 ? "row between" : "row"}>
          {switches.map((field) => (
            <label class="check" key={field.path}>
              <input
                type="checkbox"
                id={idOf(form, field)}
                checked={values[field.path] === true}
                onChange={() => set(field.path, values[field.path] !== true)}
              />
              {field.label}
            </label>
          ))}
          <button type="submit" class="btn btn-p" disabled={!isReady}>
            {form.submit}
          </button>
        </div>
      </form>
    </section>
  );
}

export interface JobFormsProps extends Pick<JobFormProps, "given" | "look" | "lacks"> {
  page: Form["page"];
  /** The job to repeat under another name; null: none. */
  resubmitted: JobRow | null;
}

/** The forms of all kinds on this page. */
export const JobForms = ({ page, resubmitted, ...props }: JobFormsProps) => (
  <>
    {JOB_FORMS.filter((form) => form.page === page).map((form) => {
      const mine = resubmitted?.kind === form.kind ? resubmitted : null;
      return (
        <JobForm
          key={`${form.kind} ${mine?.job_id ?? ""}`}
          {...{ form, resubmitted: mine?.args ?? null }}
          {...props}
        />
      );
    })}
  </>
);
