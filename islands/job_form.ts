/** The content of a job's form: its initial values, its request, its errors. */
import type { FormField, JobForm } from "../core/jobs/form.ts";

/** A text, the selected choices, or whether a switch is on. */
export type FieldValue = string | readonly string[] | boolean;
export type FormValues = Readonly<Record<string, FieldValue>>;

/** The id of a field's element. */
export const idOf = ({ id }: Pick<JobForm, "id">, { path }: FormField): string =>
  `${id}-${path.slice(path.lastIndexOf(".") + 1)}`;

/** The day this many days ago, in the format of the form. */
export const day = (back: number): string =>
  new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);

/** A name that another job uses, with the next number. */
export function freshName(output: string): string {
  const [, stem = output, number, end = ""] = /^(.*?)(?:_(\d+))?(\.[a-z0-9.]+)?$/.exec(output) ?? [];
  return `${stem}_${number === undefined ? 2 : Number(number) + 1}${end}`;
}

/** Midnight is shown as its day, and whole minutes without seconds. */
const timeText = (ms: number) =>
  new Date(ms).toISOString().replace(/(T00:00)?(:00)?\.000Z$/, (_, midnight) => (midnight ? "" : "Z"));

const at = (args: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>(
    (within, name) => (within as Record<string, unknown> | undefined)?.[name],
    args,
  );

/** The argument of an earlier job as the field shows it; undefined: nothing that the field can show. */
function keptValue({ path, sort, values, fresh }: FormField, resubmitted: unknown): FieldValue | undefined {
  const kept = at(resubmitted, sort === "time" ? `${path}_ms` : path);
  switch (sort) {
    case "time":
      return typeof kept === "number" ? timeText(kept) : undefined;
    case "number":
      return typeof kept === "number" ? String(kept) : undefined;
    case "switch":
      return typeof kept === "boolean" ? kept : undefined;
    case "several":
      return Array.isArray(kept) ? kept.filter((one) => values!.includes(one)) : undefined;
    case "choice":
      return values!.includes(kept as string) ? kept as string : undefined;
    case "text":
      return typeof kept === "string" ? (fresh ? freshName(kept) : kept) : undefined;
  }
}

function firstValue(field: FormField): FieldValue {
  const { sort, begins_with, begins = "", days_back = 0, values } = field;
  if (sort === "time") return day(days_back);
  if (sort === "switch") return begins_with === true;
  if (sort === "several") return (begins_with ?? []) as readonly string[];
  if (sort === "choice") return String(begins_with ?? values![0]);
  if (sort === "text" && begins) return begins.replace("{day}", day(0));
  return String(begins_with ?? "");
}

/** The initial values of the fields: the arguments of an earlier job (null: none), else the defaults. */
export const begin = (
  { fields }: JobForm,
  resubmitted: Readonly<Record<string, unknown>> | null,
): FormValues =>
  Object.fromEntries(fields.map((field) => [field.path, keptValue(field, resubmitted) ?? firstValue(field)]));

/** Why a text is not a valid number for the field; undefined: it is valid. The server checks everything again. */
function wrongNumber(
  { path, label, whole, min, above, max, unit }: FormField,
  text: string,
): Wrong | undefined {
  const value = Number(text);
  const isNumber = /^-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text.trim()) &&
    (!whole || Number.isInteger(value)) &&
    value >= (min ?? -Infinity) && value <= (max ?? Infinity) && value > (above ?? -Infinity);
  if (isNumber) return undefined;
  const kind = `a ${whole ? "whole " : ""}number${unit ? ` of ${unit}` : ""}`;
  const from = above !== undefined ? ` above ${above}` : min !== undefined ? ` from ${min}` : "";
  const to = max === undefined
    ? ""
    : `${from ? (above === undefined ? " to" : " and at most") : " of at most"} ${max}`;
  return { field: path, text: `${label}: need ${kind}${from}${to}, got \`${text}\`` };
}

/** What is wrong, and in which field; "" if no field is at fault. */
export interface Wrong {
  readonly text: string;
  readonly field: string;
}

/** The first number that cannot be sent. */
export function check({ fields }: JobForm, values: FormValues): Wrong | undefined {
  for (const field of fields) {
    const wrong = field.sort === "number" ? wrongNumber(field, String(values[field.path])) : undefined;
    if (wrong) return wrong;
  }
}

/** The body of the request. */
export function bodyOf(
  { fields }: JobForm,
  values: FormValues,
  given: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const body: Record<string, unknown> = { ...given };
  for (const { path, sort } of fields) {
    const names = path.split(".");
    const last = names.pop()!;
    const within = names.reduce((outer, name) => (outer[name] ??= {}) as Record<string, unknown>, body);
    within[last] = sort === "number" ? Number(values[path]) : values[path];
  }
  return body;
}

/** The field of this form that a refusal names; a part of a field counts as the field. */
export const fieldOf = ({ fields }: JobForm, named = ""): string =>
  fields.find(({ path }) => named === path || named.startsWith(`${path}.`))?.path ?? "";
