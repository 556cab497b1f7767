/** Everything a caller may branch on. Codes are API contract: add, never rename. */
export const ERROR_STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  invalid: 422,
  rate_limited: 429,
  failed: 500,
  unavailable: 503,
  no_space: 507,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** An expected failure. `message` is one line and may be shown to anybody; `cause` goes to the log only. */
export class AppError extends Error {
  override readonly name = "AppError";
  constructor(readonly code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The command line was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
