/**
 * Schemas of the routes' answers. A running server does not check its answers against them: the OpenAPI file and the
 * page's types are generated from them, and tests check real answers against them, where a field missing here is a
 * fault.
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
/** A file with a format of its own. */
export const openApiFile = record(text(), z.unknown());
