/** The OpenAPI 3.1 file, from the rows and their schemas. */
import { z } from "zod";
import type { Route } from "./route.ts";

export function openApi(routes: readonly Route[], version: string, prefix: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, summary, right, body, query = [] } of routes) {
    const shown = path.replaceAll(/:([a-z_]+)/g, "{$1}");
    const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name!);
    (paths[shown] ??= {})[method.toLowerCase()] = {
      summary,
      ...(right === "open" ? { security: [] } : { description: `Needs the right \`${right}\`.` }),
      ...(names.length + query.length > 0
        ? {
          parameters: [
            ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
            ...query.map((name) => ({ name, in: "query", schema: { type: "string" } })),
          ],
        }
        : {}),
      ...(body
        ? {
          requestBody: { content: { "application/json": { schema: z.toJSONSchema(body, { io: "input" }) } } },
        }
        : {}),
      responses: {
        "2XX": { description: "Done" },
        "4XX": {
          description: "Refused",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    };
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
