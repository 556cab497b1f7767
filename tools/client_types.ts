/** The page's types of the API, from the rows: `deno task gen` writes them to islands/client.gen.ts. */
import { apiRoutes } from "../routes/app.ts";
import type { ApiDeps } from "../routes/deps.ts";
import { DEFINED, describe, type JsonSchema } from "../routes/json_schema.ts";
import type { Door } from "../routes/middleware/door.ts";
import type { Guard } from "../routes/middleware/guard.ts";
import { isMedia, type Route } from "../routes/route.ts";
import { JOB_KINDS } from "../workers/kinds.ts";

/** Only the rows: no handler is called, so nothing needs to exist. */
const rows = (): readonly Route[] =>
  apiRoutes({ prefix: "", jobs: { kinds: JOB_KINDS } } as unknown as ApiDeps, {} as Guard, {} as Door);

/** A name that is valid before a colon without quotes. */
const nameOf = (name: string) => /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);

/** A schema as a TypeScript type; `list`: for the element of an array. */
export function typeOf(schema: JsonSchema, list: "" | "readonly " = ""): string {
  const of = (inner: JsonSchema) => typeOf(inner, list);
  if (schema.$ref) return schema.$ref.slice(DEFINED.length);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const some = schema.anyOf ?? schema.oneOf;
  if (some) return [...new Set(some.map(of))].join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => of({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "object":
      return objectOf(schema, of);
    case "array":
      if (schema.prefixItems) return `[${schema.prefixItems.map(of).join(", ")}]`;
      return list + arrayOf(of(schema.items ?? {}));
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type;
    case undefined:
      return "unknown";
  }
  throw new Error(`Cannot write a type for ${JSON.stringify(schema)}`);
}

const arrayOf = (item: string) => /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`;

function objectOf(
  { properties, required = [], additionalProperties }: JsonSchema,
  typeOf: (schema: JsonSchema) => string,
): string {
  if (!properties) {
    const value = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
    return additionalProperties === false ? "Record<string, never>" : `Record<string, ${value}>`;
  }
  const fields = Object.entries(properties).map(([name, of]) =>
    `${nameOf(name)}${required.includes(name) ? "" : "?"}: ${typeOf(of)};`
  );
  return fields.length === 0 ? "Record<string, never>" : `{ ${fields.join(" ")} }`;
}

/** Text parameters of a query may also be given as numbers. */
const queryPart = (schema: JsonSchema): string => {
  const type = typeOf(schema).replaceAll(": string;", ": string | number;");
  return `query${schema.required?.length ? "" : "?"}: ${type};`;
};

/** The whole file, not yet formatted. */
export function clientTypes(): string {
  const defined: Record<string, JsonSchema> = {};
  const described = (type: Parameters<typeof describe>[0], io: "input" | "output") => {
    const { schema, defined: more } = describe(type, io);
    Object.assign(defined, more);
    return schema;
  };
  const entries = rows().flatMap(({ method, path, body, query, answer }) => {
    if (isMedia(answer)) return [];
    const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => `${name}: string;`);
    const parts = [
      ...(names.length > 0 ? [`params: { ${names.join(" ")} };`] : []),
      ...(query ? [queryPart(described(query, "input"))] : []),
      ...(body ? [`body: ${typeOf(described(body, "input"), "readonly ")};`] : []),
      `answer: ${typeOf(described(answer, "output"))};`,
    ];
    return [`${JSON.stringify(`${method} ${path}`)}: { ${parts.join(" ")} };`];
  });
  const types = Object.entries(defined).sort(([one], [other]) => one < other ? -1 : 1)
    .map(([name, schema]) => `export interface ${name} ${typeOf(schema)}`);
  return [
    "/** Written by `deno task gen` from the rows in routes/; do not edit. */\n",
    ...types,
    `\n/** What each route of the API takes and answers. */\nexport interface Api { ${
      entries.join("\n")
    } }\n`,
  ].join("\n");
}
