/** The error codes on which callers may branch. They are API contract: add, never rename. */
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

/**
 * An expected failure. `message` is one line and may be shown to anybody; `cause` goes to the log only. Of several
 * mistakes that were found at once `lines` has one each.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly lines: readonly string[];
  /** The field of the request that the error concerns, with dots between names. */
  readonly field: string | undefined;
  constructor(
    readonly code: ErrorCode,
    message: string | readonly string[],
    options?: ErrorOptions & { readonly field?: string },
  ) {
    super(typeof message === "string" ? message : message.join("\n"), options);
    this.lines = typeof message === "string" ? [message] : message;
    this.field = options?.field;
  }
}

/** Does `work`; a refusal of it is about `field`, or about a part of that. */
export function atField<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const within = error.field === undefined ? field : `${field}.${error.field}`;
    throw new AppError(error.code, error.lines, { cause: error.cause, field: within });
  }
}

/** The command line was used wrongly: exit code 2. `lines` as in {@link AppError}. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly lines: readonly string[];
  constructor(message: string | readonly string[], options?: ErrorOptions) {
    super(typeof message === "string" ? message : message.join("\n"), options);
    this.lines = typeof message === "string" ? [message] : message;
  }
}

/** The message of a caught value. It may have several lines. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The first line of a caught value's message: libraries add lines for programmers. */
export const firstLineOf = (thrown: unknown): string => messageOf(thrown).split("\n")[0]!;
