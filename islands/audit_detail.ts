/** The detail of an audit entry: JSON or plain text. */

/** Its fields; empty if it is not a JSON object. */
export function detailOf(detail: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(detail);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    // Plain text, for example of a login.
    return {};
  }
}

/** The whole detail, for reading: JSON with line breaks, other text unchanged. */
export function wholeDetail(detail: string): string {
  const fields = detailOf(detail);
  return Object.keys(fields).length > 0 ? JSON.stringify(fields, null, 1) : detail;
}
