/** What a route is: a row that says who may call it and what it takes; mounting, OpenAPI and the access tests follow. */
import type { Context } from "hono";
import type { z } from "zod";
import type { Principal, Right } from "../core/auth/rights.ts";

export interface Variables {
  principal?: Principal;
  requestId: string;
}

export type RouteContext = Context<{ Variables: Variables }>;

export interface Route<B extends z.ZodType = z.ZodType> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
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

/** Who asks; only behind a right other than `open`. */
export function principalOf(c: RouteContext): Principal {
  const principal = c.get("principal");
  if (!principal) throw new Error("A route asked for its caller without asking for a right");
  return principal;
}
