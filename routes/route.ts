/**
 * A route is a row that states who may call it and what it takes; mounting, OpenAPI and the access tests follow from
 * it.
 */
import type { Context } from "hono";
import type { z } from "zod";
import { type Encoding, encodingOf, pack } from "./encoding.ts";
import type { Principal, Right } from "../core/auth/rights.ts";

export interface Variables {
  principal?: Principal;
  requestId: string;
  /** Headers of every response. */
  headers: readonly (readonly [string, string])[];
  /** The response has them already. */
  complete?: true;
}

export type RouteContext = Context<{ Variables: Variables }>;

/** An answer that is not JSON. */
export interface Media {
  readonly media: "text/plain" | "text/html" | "text/event-stream" | "image/svg+xml" | "*/*";
}

export interface Route<B extends z.ZodType = z.ZodType, Q extends z.ZodObject = z.ZodObject> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Hono's form, after the prefix. */
  readonly path: string;
  readonly right: Right;
  readonly summary: string;
  readonly body?: B;
  /**
   * The accepted query parameters. An unknown one is refused with 422, unless the object is loose; without a schema
   * none is checked.
   */
  readonly query?: Q;
  /** The answer after success. Tests check it; a running server does not. */
  readonly answer: z.ZodType | Media;
  /** Status of that answer; 200 by default. */
  readonly status?: 200 | 201 | 202 | 302;
  /** Whether a request with this body passes whatever the rate: a kill must. */
  unlimited?(c: RouteContext, body: z.infer<B>): boolean;
  /** Allowed before the first password is changed. */
  readonly early?: true;
  handle(c: RouteContext, body: z.infer<B>, query: z.infer<Q>): Response | Promise<Response>;
}

/** A row whose handler knows the types of its body and its query. */
export const route = <B extends z.ZodType, Q extends z.ZodObject>(row: Route<B, Q>): Route =>
  row as unknown as Route;

/** Whether the answer is not JSON. */
export const isMedia = (answer: Route["answer"]): answer is Media => "media" in answer;

const JSON_HEADERS: [string, string][] = [
  ["content-type", "application/json"],
  ["cache-control", "no-store"],
  ["vary", "accept-encoding"],
];

/** A text that many clients request, compressed once for all that accept the same encoding. */
export class PackedText {
  readonly #packed = new Map<Encoding, Uint8Array<ArrayBuffer>>();

  constructor(readonly text: string) {}

  /** The text in the given encoding. */
  as(encoding: Encoding): Uint8Array<ArrayBuffer> {
    const bytes = this.#packed.get(encoding) ?? pack(this.text, encoding);
    this.#packed.set(encoding, bytes);
    return bytes;
  }
}

/** A complete response with all its headers at once, for frequent requests. */
export function jsonText(c: RouteContext, made: PackedText): Response {
  c.set("complete", true);
  const encoding = encodingOf(c.req.header("accept-encoding"));
  const headers: [string, string][] = [
    ...c.get("headers") as [string, string][],
    ...JSON_HEADERS,
    ["x-request-id", c.get("requestId")],
    ...encoding ? [["content-encoding", encoding] as [string, string]] : [],
  ];
  return new Response(encoding ? made.as(encoding) : made.text, { headers });
}

/** The caller; only valid on routes with a right other than `open`. */
export function principalOf(c: RouteContext): Principal {
  const principal = c.get("principal");
  if (!principal) throw new Error("A route uses its caller, but declares no right that a caller needs");
  return principal;
}
