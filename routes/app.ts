/** The HTTP application: takes the rows and makes one Hono app. */
import { Hono } from "hono";
import { TokenBuckets } from "../core/platform/limits/token_bucket.ts";
import { authRoutes } from "./auth.ts";
import { controlRoutes } from "./control.ts";
import type { ApiDeps } from "./deps.ts";
import { Door } from "./middleware/door.ts";
import { bodyOf, Guard } from "./middleware/guard.ts";
import { healthRoutes } from "./health.ts";
import { packed } from "./encoding.ts";
import { observeRoutes } from "./observe.ts";
import { jobRoutes } from "./jobs.ts";
import { modelRoutes } from "./models.ts";
import { scheduleRoutes } from "./schedules.ts";
import { storeRoutes } from "./store.ts";
import { openApiFile } from "./answers.ts";
import { openApi } from "./openapi.ts";
import { onError, problem } from "./problem.ts";
import { queryOf } from "./query.ts";
import { realtimeRoutes } from "./realtime.ts";
import { type Route, route, type RouteContext, type Variables } from "./route.ts";
import { userRoutes } from "./users.ts";

/** A burst: the requests of this many seconds at the full rate. */
const BURST_SECONDS = 2;

/** No script, style or frame from other origins, and none inline. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CSP,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
};

/** The files of rows, one per resource. */
const RESOURCES: readonly ((deps: ApiDeps, guard: Guard, door: Door) => Route[])[] = [
  authRoutes,
  userRoutes,
  controlRoutes,
  healthRoutes,
  observeRoutes,
  storeRoutes,
  jobRoutes,
  scheduleRoutes,
  modelRoutes,
  realtimeRoutes,
];

/** All rows of the API; `pages` adds those for the browser. */
export function apiRoutes(deps: ApiDeps, guard: Guard, door: Door): Route[] {
  // Made on first use, because it walks every schema.
  let file: ReturnType<typeof openApi> | undefined;
  const rows = RESOURCES.flatMap((routes) => routes(deps, guard, door));
  rows.push(route({
    method: "GET",
    path: "/api/openapi.json",
    right: "metrics",
    summary: "This file",
    answer: openApiFile,
    handle: (c) => c.json(file ??= openApi(rows, deps.version, deps.prefix)),
  }));
  return rows;
}

export interface App {
  readonly fetch: (request: Request, info?: unknown) => Response | Promise<Response>;
  readonly routes: readonly Route[];
}

/** One server's application. */
class Application {
  readonly #door: Door;
  readonly #guard: Guard;
  readonly #hono: Hono<{ Variables: Variables }>;
  /** Headers of every response. */
  readonly #headers: readonly (readonly [string, string])[];
  /** The first characters of this server's request ids. */
  readonly #run = crypto.randomUUID().slice(0, 4);
  readonly routes: readonly Route[];
  #requests = 0;

  constructor(private readonly deps: ApiDeps, pages: (deps: ApiDeps) => Route[]) {
    const perSecond = deps.ratePerSecond;
    this.#door = new Door(deps.door);
    this.#guard = new Guard({
      ...deps,
      door: this.#door,
      buckets: new TokenBuckets(perSecond, BURST_SECONDS * perSecond, deps.monotonic),
    });
    this.routes = [...apiRoutes(deps, this.#guard, this.#door), ...pages(deps)];
    this.#headers = Object.entries({
      ...HEADERS,
      ...(deps.secureCookies ? { "strict-transport-security": "max-age=31536000" } : {}),
    });
    this.#hono = new Hono<{ Variables: Variables }>({ strict: false }).basePath(deps.prefix);
    this.#mount();
  }

  fetch(request: Request, info?: unknown): Response | Promise<Response> {
    return this.#hono.fetch(request, info as object);
  }

  #mount(): void {
    this.#hono.notFound((c) =>
      this.#answer(
        c as RouteContext,
        () =>
          this.#guard.limit(c as RouteContext) ??
            problem(c, "not_found", `Cannot find ${new URL(c.req.url).pathname}`),
      )
    );
    for (const row of this.routes) {
      this.#hono.on(
        row.method,
        row.path,
        (c) => this.#answer(c as RouteContext, () => this.#serve(c as RouteContext, row)),
      );
    }
  }

  /** One handler per route instead of a chain of middleware: that halves the cost of a response. */
  async #answer(c: RouteContext, make: () => Response | Promise<Response>): Promise<Response> {
    const requestId = `${this.#run}${(++this.#requests).toString(36)}`;
    c.set("requestId", requestId);
    c.set("headers", this.#headers);
    let response: Response;
    try {
      const made = make();
      response = made instanceof Response ? made : await made;
    } catch (error) {
      response = onError(error instanceof Error ? error : new Error(String(error)), c, this.deps);
    }
    // A WebSocket response must not be changed, and one made by `jsonText` has these headers already.
    if (response.status === 101 || c.get("complete")) return response;
    for (const [name, value] of this.#headers) response.headers.set(name, value);
    response.headers.set("x-request-id", requestId);
    if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
    return packed(response, {
      accepts: c.req.header("accept-encoding"),
      has: c.req.header("if-none-match"),
      tagged: c.req.method === "GET",
    });
  }

  async #serve(c: RouteContext, row: Route): Promise<Response> {
    const refused = await this.#guard.judge(c, row);
    // A login, a user or a key may have changed: streams that depended on it end at once, however the handler ended.
    const changes = row.method !== "GET" && (row.right === "self" || row.right === "admin");
    // A refused request has changed nothing.
    if (refused || !changes) return refused ?? this.#reach(c, row);
    try {
      return await this.#reach(c, row);
    } finally {
      this.deps.streams.check();
    }
  }

  /** Parses the query and the body, and runs the handler. */
  async #reach(c: RouteContext, row: Route): Promise<Response> {
    const query = row.query ? queryOf(c, row.query) : {};
    if (query instanceof Response) return query;
    if (!row.body) return row.handle(c, undefined, query);
    const body = await bodyOf(c, row);
    const isFree = !row.unlimited || (!(body instanceof Response) && row.unlimited(c, body.body));
    const limited = isFree ? undefined : this.#guard.limit(c);
    return limited ?? (body instanceof Response ? body : row.handle(c, body.body, query));
  }
}

export function createApp(deps: ApiDeps, pages: (deps: ApiDeps) => Route[]): App {
  const application = new Application(deps, pages);
  return { fetch: (request, info) => application.fetch(request, info), routes: application.routes };
}
