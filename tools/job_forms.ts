/** The page's forms of jobs, from the kinds' schemas and words: `deno task gen` writes them to islands/forms.gen.ts. */
import type { FieldSort, FormField, JobForm } from "../core/jobs/form.ts";
import type { AnyJobKind, JobKinds } from "../core/jobs/kind.ts";
import { describe, type JsonSchema } from "../routes/json_schema.ts";

/** What zod writes in addition to what routes need. */
interface Schema extends JsonSchema {
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

/** The schema of a part, given by names with dots between them. Undefined: there is none. */
const at = (schema: Schema, path: string): Schema | undefined =>
  path.split(".").reduce<Schema | undefined>((within, name) => within?.properties?.[name], schema);

function sortOf({ type, enum: values, items }: Schema, isTime: boolean): FieldSort | undefined {
  // A time is given as text or as a number.
  if (isTime) return String(type) === "number,string" ? "time" : undefined;
  if (values) return "choice";
  if (type === "array") return items?.enum ? "several" : undefined;
  if (type === "boolean") return "switch";
  if (type === "integer" || type === "number") return "number";
  return type === "string" ? "text" : undefined;
}

/** Paths of required fields, down to those without parts. */
function required(schema: Schema, before = ""): string[] {
  return (schema.required ?? []).flatMap((name) => {
    const part = schema.properties![name]!;
    return part.properties ? required(part, `${before}${name}.`) : [before + name];
  });
}

/** The form of a kind. Throws when the kind's description does not match its schemas. */
export function formOf({ name, page, start, form, asked, kept }: AnyJobKind): JobForm {
  const wrong = (path: string, why: string) =>
    new Error(`Cannot draw ${path} of the form of ${name}: ${why}`);
  const schema: Schema = describe(asked, "input").schema;
  const keptSchema: Schema = describe(kept, "input").schema;
  const { fields, ...texts } = form;
  const drawn = Object.entries(fields).map(([path, text]): FormField => {
    const part = at(schema, path);
    if (!part) throw wrong(path, "nothing of that name is asked for");
    const sort = sortOf(part, text.days_back !== undefined);
    if (!sort) throw wrong(path, `its type is ${JSON.stringify(part.type)}`);
    const keptAs = sort === "time" ? `${path}_ms` : path;
    if (!at(keptSchema, keptAs)) throw wrong(path, `it is not kept as ${keptAs}`);
    const values = (part.enum ?? part.items?.enum) as string[] | undefined;
    for (const named of [...Object.keys(text.words ?? {}), ...text.need_engines ?? []]) {
      if (!values?.includes(named)) throw wrong(path, `${named} is none of its choices`);
    }
    return {
      path,
      sort,
      ...text,
      values,
      begins_with: part.default,
      whole: sort === "number" ? part.type === "integer" : undefined,
      min: part.minimum,
      above: part.exclusiveMinimum,
      max: part.maximum,
      least: part.minItems,
    };
  });
  const ids = drawn.map(({ path }) => path.split(".").at(-1));
  const twice = ids.find((id, at) => ids.indexOf(id) < at);
  if (twice) throw wrong(twice, "two fields end with this name");
  const named = new Set([...Object.keys(fields), ...Object.keys(form.given ?? {})]);
  const missing = required(schema).find((path) => !named.has(path));
  if (missing) throw wrong(missing, "it must be asked for, and the form does not");
  return { kind: name, page, start: start.paths[0]!, ...texts, fields: drawn };
}

/** The whole file, not yet formatted. */
export function formsTs(kinds: JobKinds): string {
  const forms = kinds.list.map(formOf);
  const ids = forms.map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw new Error("Two kinds of jobs have forms of the same id");
  return "/** Written by `deno task gen` from workers/kinds.ts; do not edit. */\n" +
    'import type { JobForm } from "../core/jobs/form.ts";\n\n' +
    `export const JOB_FORMS: readonly JobForm[] = ${JSON.stringify(forms)};\n`;
}
