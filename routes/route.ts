/** What a route is: a row that says who may call it and what it takes; mounting, OpenAPI and the access tests follow. */
import type { Context } from "hono";
import type { z } from "zod";
import type { Principal, Right } from "../core/auth/rights.ts";

export interface Variables {
  principal?: Principal;
  requestId: string;
  /** Those that every answer carries. */
  headers: readonly (readonly [string, string])[];
  /** The answer has them already. */
  complete?: true;
}

export type RouteContext = Context<{ Variables: Variables }>;

export interface Route<B extends z.ZodType = z.ZodType> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Hono's form, behind the prefix. */
  readonly path: string;
  readonly right: Right;
  readonly summary: string;
  readonly body?: B;
  /** A kill must get through whatever the rate. */
  readonly unlimited?: true;
  /** Allowed before the first password is changed. */
  readonly early?: true;
  handle(c: RouteContext, body: z.infer<B>): Response | Promise<Response>;
}

/** A row whose handler sees its body's type. */
export const route = <B extends z.ZodType>(row: Route<B>): Route => row as unknown as Route;

const JSON_HEADERS = [["content-type", "application/json"], ["cache-control", "no-store"]] as const;

/** An answer in one piece, all its headers at once: for what is asked for often. */
export function jsonText(c: RouteContext, text: string): Response {
  c.set("complete", true);
  return new Response(text, {
    headers: [...c.get("headers"), ...JSON_HEADERS, ["x-request-id", c.get("requestId")]] as [
      string,
      string,
    ][],
  });
}

/** Who asks; only behind a right other than `open`. */
export function principalOf(c: RouteContext): Principal {
  const principal = c.get("principal");
  if (!principal) throw new Error("A route asked for its caller without asking for a right");
  return principal;
}
