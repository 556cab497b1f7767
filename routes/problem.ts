/** Errors as `application/problem+json` (RFC 9457): a stable type, the wrong field, and the request id to quote. */
import type { Say } from "../core/platform/logger.ts";
import { HTTPException } from "hono/http-exception";
import { AppError, ERROR_STATUS, type ErrorCode } from "../core/platform/errors.ts";
import { asFullDisk } from "../core/platform/atomic_file.ts";
import type { RouteContext } from "./route.ts";

const TITLES: Record<ErrorCode, string> = {
  bad_request: "The request cannot be read",
  unauthorized: "Not logged in",
  forbidden: "Not allowed",
  not_found: "Not found",
  conflict: "In conflict with the existing state",
  too_large: "Too large",
  invalid: "The body is not valid",
  rate_limited: "Too many requests",
  failed: "Failed",
  unavailable: "Not ready",
  no_space: "The disk is full",
};

export function problem(
  c: RouteContext,
  code: ErrorCode,
  detail: string,
  more: { field?: string; retryAfter?: number; members?: Record<string, unknown> } = {},
): Response {
  const status = ERROR_STATUS[code];
  const body = {
    type: `/problems/${code}`,
    title: TITLES[code],
    status,
    detail,
    request_id: c.get("requestId"),
    ...(more.field ? { field: more.field } : {}),
    ...more.members,
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (more.retryAfter) headers["retry-after"] = String(more.retryAfter);
  return c.body(JSON.stringify(body), status, headers);
}

/** The text without any path of the data folder; words that only look like part of one stay. */
export function withoutFolder(text: string, dataDir: string): string {
  if (dataDir === "") return text;
  const literal = dataDir.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const folder = `(?<![\\w.-])${literal}`;
  return text
    .replace(new RegExp(`${folder}/(?=[\\w.-])`, "g"), "")
    .replace(new RegExp(`${folder}/?(?![\\w/-]|\\.\\w)`, "g"), "the data folder");
}

/**
 * The one place where a thrown error becomes an answer. Unexpected errors are reported in the log, not to the client.
 */
export function onError(
  thrown: Error,
  c: RouteContext,
  { say, dataDir = "" }: { say: Say; dataDir?: string },
): Response {
  const error = asFullDisk(thrown) ?? thrown;
  if (error instanceof AppError) {
    const { field } = error;
    const retry = error.code === "rate_limited" ? 1 : undefined;
    // Clients must not learn where this host stores its files.
    const detail = withoutFolder(error.message, dataDir);
    return problem(c, error.code, detail, {
      ...(field ? { field } : {}),
      ...(retry ? { retryAfter: retry } : {}),
    });
  }
  if (error instanceof HTTPException) {
    const code = error.status === 413 ? "too_large" : "bad_request";
    return problem(c, code, error.message || TITLES[code]);
  }
  say(`Cannot answer a request: ${error.stack ?? error.message}`, "error", {
    request_id: c.get("requestId"),
  });
  return problem(
    c,
    "failed",
    "Cannot continue, this is a bug in legend; the log has more under the request's id",
  );
}
