/**
 * What the routes answer. Nothing is checked by these when the server runs: the OpenAPI file and the page's types are
 * made from them, and the tests hold real answers against them, where a field that is not here is a fault.
 */
import { flag, object, record, text } from "./answers/common.ts";
import { z } from "zod";

export * from "./answers/auth.ts";
export * from "./answers/control.ts";
export * from "./answers/decisions.ts";
export * from "./answers/health.ts";
export * from "./answers/jobs.ts";
export * from "./answers/models.ts";
export * from "./answers/realtime.ts";

export const ok = object({ ok: flag() });
/** A file of its own form. */
export const openApiFile = record(text(), z.unknown());
