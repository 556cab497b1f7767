/** The browser's way to the API: the header against forgery, problems as errors, one refresh when the token has expired. */

/** What a `problem+json` says. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly field?: string,
    readonly requestId?: string,
  ) {
    super(detail);
  }
}

export const prefix = (): string =>
  typeof document === "undefined"
    ? ""
    : document.querySelector<HTMLMetaElement>("meta[name=prefix]")?.content ?? "";

let refreshing: Promise<boolean> | undefined;

/** Gets the next access token; false when the login has ended. */
export function refresh(): Promise<boolean> {
  refreshing ??= fetch(`${prefix()}/api/auth/refresh`, {
    method: "POST",
    headers: { "x-requested-with": "dashboard" },
  })
    .then(({ ok }) => ok, () => false)
    .finally(() => (refreshing = undefined));
  return refreshing;
}

export async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const call = () =>
    fetch(`${prefix()}${path}`, {
      method,
      headers: {
        "x-requested-with": "dashboard",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  let answer: Response;
  try {
    answer = await call();
    if (answer.status === 401 && !path.startsWith("/api/auth/") && await refresh()) answer = await call();
  } catch {
    throw new Problem(
      0,
      "The server does not answer. Agents go on; a kill works with `legend kill` on the host.",
    );
  }
  if (answer.ok) return await answer.json() as T;
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(
    answer.status,
    problem.detail ?? `The server answered ${answer.status}`,
    problem.field,
    problem.request_id,
  );
}
