/** The OpenAPI 3.1 file, from the rows and their schemas. */
import type { z } from "zod";
import { DEFINED, describe, type JsonSchema } from "./json_schema.ts";
import { isMedia, type Route } from "./route.ts";

type Defined = Record<string, JsonSchema>;

const PROBLEM = {
  description: "Refused",
  content: { "application/problem+json": { schema: { $ref: `${DEFINED}Problem` } } },
};

/** A row's path in OpenAPI's form, and the names in it. */
function pathOf(path: string): { shown: string; names: readonly string[] } {
  const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name!);
  return { shown: path.replaceAll(/:([a-z_]+)/g, "{$1}"), names };
}

function operation({ path, summary, right, body, query, answer, status = 200 }: Route, defined: Defined) {
  const schemaOf = (type: z.ZodType, io: "input" | "output") => {
    const described = describe(type, io);
    Object.assign(defined, described.defined);
    return described.schema;
  };
  const asked = query ? schemaOf(query, "input") : {};
  const parameters = [
    ...pathOf(path).names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(asked.properties ?? {}).map(([name, { description, ...schema }]) => ({
      name,
      in: "query",
      ...(asked.required?.includes(name) ? { required: true } : {}),
      ...(description ? { description } : {}),
      schema,
    })),
  ];
  const content = isMedia(answer)
    ? { [answer.media]: {} }
    : { "application/json": { schema: schemaOf(answer, "output") } };
  return {
    summary,
    ...(right === "open" ? { security: [] } : { description: `Needs the right \`${right}\`.` }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { content: { "application/json": { schema: schemaOf(body, "input") } } } }
      : {}),
    responses: { [status]: { description: "Done", ...(status === 302 ? {} : { content }) }, "4XX": PROBLEM },
  };
}

export function openApi(routes: readonly Route[], version: string, prefix: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const defined: Defined = {};
  for (const row of routes) {
    (paths[pathOf(row.path).shown] ??= {})[row.method.toLowerCase()] = operation(row, defined);
  }
  return {
    openapi: "3.1.0",
    info: { title: "legend", version },
    servers: [{ url: prefix || "/" }],
    security: [{ cookie: [] }, { bearer: [] }, { key: [] }],
    components: {
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "legend_access" },
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        key: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
      schemas: {
        ...defined,
        Problem: {
          type: "object",
          required: ["type", "title", "status", "detail", "request_id"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            detail: { type: "string" },
            field: { type: "string" },
            request_id: { type: "string" },
          },
        },
      },
    },
    paths,
  };
}
