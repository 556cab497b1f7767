/** Query parameters: texts, checked and converted to what the handler needs. `?name=` counts as a missing parameter. */
import { decimal } from "../core/platform/decimal.ts";
import { z } from "zod";
import { problem } from "./problem.ts";
import type { RouteContext } from "./route.ts";

/** Maximum characters of a wrong value that an error repeats. */
const SHOWN_MAX = 64;

const shown = (input: unknown, max = SHOWN_MAX) =>
  input === undefined ? "" : `\`${String(input).slice(0, max)}\`, `;
const emptyAsNone = (value: unknown) => value === "" ? undefined : value;

/** One of these words. */
export const word = <const T extends readonly [string, ...string[]]>(words: T, shownMax = SHOWN_MAX) =>
  z.enum(words, {
    error: ({ input }) => `${shown(input, shownMax)}need ${words.join(words.length === 2 ? " or " : ", ")}`,
  });

/** One of these words, or nothing. */
export const maybeWord = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.preprocess(emptyAsNone, word(words).optional());

/** Any text, or nothing. */
export const maybeText = z.string().optional();

/** Number of items in a list. What is not a number, and 0, means one page. */
export const limit = z.string().optional()
  .transform((given) => Math.min(200, Math.max(1, Math.trunc(decimal(given ?? "")) || 50)))
  .meta({ description: "1 to 200; 50 without it" });

/** The number of an entry, from 1 on. */
export const entryNumber = z.string()
  .regex(/^[1-9]\d{0,14}$/, { error: ({ input }) => `${shown(input)}need the number of an entry` })
  .transform(Number);

/** Unix seconds. */
export const seconds = z.string()
  .regex(/^\d{1,12}$/, { error: ({ input }) => `${shown(input)}need Unix seconds` })
  .transform(Number);

/** Parses the parameters by their schema. Returns a response when they are not valid. */
export function queryOf(c: RouteContext, schema: z.ZodObject): Record<string, unknown> | Response {
  const parsed = schema.safeParse(c.req.query());
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const unknown = issues.find((issue) => issue.code === "unrecognized_keys")?.keys[0]?.slice(0, SHOWN_MAX);
  if (unknown !== undefined) {
    const detail = `${unknown}: no such parameter, need ${Object.keys(schema.shape).join(", ") || "none"}`;
    return problem(c, "invalid", detail, { field: unknown });
  }
  const field = issues[0]!.path.join(".");
  return problem(c, "invalid", `${field}: ${issues[0]!.message}`, { field });
}
