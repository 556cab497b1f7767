/** The detail of an audit entry: JSON where it is, words where it is not. */

/** Its fields; none when it is no JSON object. */
export function detailOf(detail: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(detail);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    // Words, of a login for one.
    return {};
  }
}

/** All of it, to be read: JSON by its lines, anything else as it is. */
export function wholeDetail(detail: string): string {
  const fields = detailOf(detail);
  return Object.keys(fields).length > 0 ? JSON.stringify(fields, null, 1) : detail;
}
