/** The rows' schemas as JSON Schema; those with an id become definitions. */
import { z } from "zod";

/** A JSON Schema, as far as we use it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
}

/** Where definitions stand in the OpenAPI file. */
export const DEFINED = "#/components/schemas/";

/** A type's schema, and the definitions that it names. */
export interface Described {
  readonly schema: JsonSchema;
  readonly defined: Readonly<Record<string, JsonSchema>>;
}

/**
 * `input`: as sent to the server, where unknown fields are refused; `output`: as the server answers, where a later
 * version may add fields.
 */
export function describe(type: z.ZodType, io: "input" | "output"): Described {
  // Wrapped in an object, so that a type with an id gets a definition too.
  const { $defs = {}, properties } = z.toJSONSchema(z.object({ root: type }), { io });
  const plain = (schema: unknown) =>
    JSON.parse(
      JSON.stringify(schema, (name, value) =>
        name === "id" && typeof value === "string" ||
          name === "additionalProperties" && value === false && io === "output"
          ? undefined
          : name === "$ref"
          ? value.replace("#/$defs/", DEFINED)
          : value),
    );
  return { schema: plain(properties!.root), defined: plain($defs) };
}
