/** The pages: rendered here, woken in the browser. No style attribute anywhere: the CSP would refuse it. */
import { getCookie } from "hono/cookie";
import { type ComponentType, h } from "preact";
import { renderToString } from "preact-render-to-string";
import { z } from "zod";
import { HostFlags } from "../../islands/host_command.ts";
import { Layout } from "../../islands/Layout.tsx";
import { IconDefs } from "../../islands/_icons.tsx";
import { type IslandName, ISLANDS, type PageRow, PAGES } from "../../islands/registry.tsx";
import type { ApiDeps } from "../deps.ts";
import { encodingOf } from "../encoding.ts";
import { DEVICE_COOKIE } from "../middleware/guard.ts";
import { nextQuery, ownPage } from "../login_target.ts";
import { maybeText } from "../query.ts";
import { type Route, route, type RouteContext } from "../route.ts";
import type { ComponentChildren } from "preact";

/** Rendered now, and marked so that the browser wakes it with the same props. */
function Island({ name, props }: { name: IslandName; props: Record<string, unknown> }) {
  const island = ISLANDS[name] as ComponentType<Record<string, unknown>>;
  return <div data-island={name} data-props={JSON.stringify(props)}>{h(island, props)}</div>;
}

function document(c: RouteContext, deps: ApiDeps, title: string, body: ComponentChildren): Response {
  const theme = getCookie(c, "legend_theme");
  // Where this host keeps its files is nothing for a stranger.
  const flags = c.get("principal")?.role ? deps.hostFlags : "";
  const asset = (name: string) =>
    `${deps.prefix}/assets/${name}?v=${deps.asset(name)?.etag.replaceAll('"', "") ?? "none"}`;
  const html = renderToString(
    <html lang="en" {...(theme === "light" || theme === "dark" ? { "data-theme": theme } : {})}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="prefix" content={deps.prefix} />
        {flags !== "" && <meta name="host-flags" content={flags} />}
        <meta name="plot" content={asset("plot.js")} />
        <title>{`${title} · legend`}</title>
        <link rel="icon" href={asset("icon.svg")} />
        <link rel="stylesheet" href={asset("page.css")} />
        <script src={asset("main.js")} type="module"></script>
      </head>
      <body>
        <HostFlags.Provider value={flags}>{body}</HostFlags.Provider>
      </body>
    </html>,
  );
  return c.html(`<!doctype html>${html}`);
}

const go = (deps: ApiDeps, c: RouteContext, page: string) => c.redirect(`${deps.prefix}/${page}`, 302);

/** A page behind the login. */
function page(deps: ApiDeps, { name, title, audit, island, props, before }: PageRow): Route {
  return route({
    method: "GET",
    path: `/${name}`,
    right: "open",
    early: true,
    summary: `The page ${title}`,
    answer: { media: "text/html" },
    handle: (c) => {
      const principal = c.get("principal");
      const next = nextQuery(c.req.url, deps.prefix);
      if (!principal?.role) {
        // A browser that has logged in before may have a login that is only to be renewed.
        return go(deps, c, `${getCookie(c, DEVICE_COOKIE) ? "api/auth/renew" : "login"}${next}`);
      }
      if (deps.accounts.user(principal.name)?.must_change) {
        return go(deps, c, `login?change${next.replace("?", "&")}`);
      }
      const viewer = { user: principal.name, role: principal.role };
      if (audit && viewer.role === "viewer") return go(deps, c, "overview");
      const parts = { viewer, prefix: deps.prefix, agents: () => deps.agents() };
      return document(
        c,
        deps,
        title,
        <Layout page={name} viewer={viewer} prefix={deps.prefix}>
          <Island name="StatusStrip" props={{ agents: deps.agents(), admin: viewer.role === "admin" }} />
          <main class="page" id="main">
            <div class="page-h">
              <h1>{title}</h1>
            </div>
            {before?.(parts)}
            <Island name={island} props={props(parts)} />
          </main>
          {viewer.role === "admin" && <Island name="KillDialog" props={{}} />}
          <Island name="LoginSheet" props={{ user: viewer.user }} />
        </Layout>,
      );
    },
  });
}

export function pageRoutes(deps: ApiDeps): Route[] {
  return [
    home(deps),
    loginPage(deps),
    ...PAGES.map((row) => page(deps, row)),
    assets(deps),
  ];
}

function home(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/",
    right: "open",
    early: true,
    summary: "To the page",
    answer: { media: "text/html" },
    status: 302,
    handle: (c) =>
      go(deps, c, c.get("principal") ? "overview" : getCookie(c, DEVICE_COOKIE) ? "api/auth/renew" : "login"),
  });
}

function loginPage(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/login",
    right: "open",
    early: true,
    summary: "The login page",
    answer: { media: "text/html" },
    query: z.looseObject({ change: maybeText, next: maybeText }),
    handle: (c, _, query) => {
      // Which host and version it is, is nothing for a stranger.
      const known = c.get("principal") !== undefined;
      const change = query.change !== undefined && c.get("principal")?.role !== undefined;
      const next = ownPage(query.next, deps.prefix) ?? `${deps.prefix}/overview`;
      return document(
        c,
        deps,
        "Log in",
        <>
          <IconDefs />
          <Island
            name="LoginForm"
            props={{ host: known ? deps.host : "", version: known ? deps.version : "", change, next }}
          />
          <div id="say" class="sr" role="status" aria-live="polite"></div>
        </>,
      );
    },
  });
}

function assets(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/assets/:name",
    right: "open",
    early: true,
    summary: "The page's files",
    answer: { media: "*/*" },
    query: z.looseObject({ v: maybeText }),
    handle: (c, _, { v }) => {
      const asset = deps.asset(c.req.param("name")!);
      if (!asset) return c.notFound();
      const tag = `W/${asset.etag}`;
      const cached = v ? "public, max-age=31536000, immutable" : "no-cache";
      const known = c.req.header("if-none-match")?.split(",").map((one) => one.trim().replace(/^W\//, ""));
      const headers = { etag: tag, "cache-control": cached, vary: "accept-encoding" };
      if (known?.includes(asset.etag)) return c.body(null, 304, headers);
      const encoding = encodingOf(c.req.header("accept-encoding"));
      const packed = encoding && asset.packed[encoding];
      return c.body(packed || asset.bytes, 200, {
        ...headers,
        "content-type": asset.type,
        ...(packed ? { "content-encoding": encoding } : {}),
      });
    },
  });
}
