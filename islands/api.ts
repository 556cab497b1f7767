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

/** The next access token is there; the login has ended; nobody answered. */
export type Refreshed = "ok" | "ended" | "offline";

/** Told to the page when the login has ended, and when somebody has logged in again over the kept page. */
export const LOGIN_ENDED = "legend:login-ended";
export const LOGIN_BACK = "legend:login-back";

let refreshing: Promise<Refreshed> | undefined;
let logins = 0;

/** Somebody has logged in over the kept page: what waited for it goes on. */
export function loggedIn(): void {
  logins += 1;
  document.dispatchEvent(new Event(LOGIN_BACK));
}

/** Gets the next access token. */
export function refresh(): Promise<Refreshed> {
  // A refresh that was on its way when somebody logged in says nothing of the new login.
  const before = logins;
  refreshing ??= fetch(`${prefix()}/api/auth/refresh`, {
    method: "POST",
    headers: { "x-requested-with": "dashboard" },
  })
    .then(({ status }): Refreshed => status === 200 ? "ok" : status === 401 ? "ended" : "offline")
    .catch((): Refreshed => "offline")
    .then((refreshed) => {
      if (refreshed === "ended" && logins === before) document.dispatchEvent(new Event(LOGIN_ENDED));
      return refreshed;
    })
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
    if (answer.status === 401 && !path.startsWith("/api/auth/") && await refresh() === "ok") {
      answer = await call();
    }
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
