/** Headers of every answer, pages without a login and below a prefix, and who sees the host's folder. */
import assert from "node:assert/strict";
import { bearer, withServer } from "./server.ts";

Deno.test("every answer carries the security headers, and the OpenAPI file names every route", () =>
  withServer(async ({ call, person, routes }) => {
    const { token } = await person("viewer");
    const answer = await call("GET", "/api/openapi.json", { headers: bearer(token) });
    const csp = answer.headers.get("content-security-policy")!;
    assert.ok(!csp.includes("unsafe") && csp.startsWith("default-src 'none'"));
    assert.equal(answer.headers.get("x-frame-options"), "DENY");
    const { paths, openapi } = await answer.json();
    assert.equal(openapi, "3.1.0");
    for (const { path, method } of routes.filter(({ path }) => path.startsWith("/api/"))) {
      assert.ok(paths[path.replaceAll(/:([a-z_]+)/g, "{$1}")]?.[method.toLowerCase()], `${method} ${path}`);
    }
    assert.equal((await call("GET", "/nowhere")).status, 404);
  }));

Deno.test("pages send strangers to the login and carry no inline style or script", () =>
  withServer(async ({ call, person }) => {
    for (const page of ["/", "/overview", "/arbitrage", "/sandwich", "/settings", "/audit"]) {
      const answer = await call("GET", page);
      const next = page === "/" || page === "/overview" ? "" : `?next=${encodeURIComponent(page)}`;
      assert.deepEqual([answer.status, answer.headers.get("location")], [302, `/login${next}`], page);
    }
    const { token } = await person("admin");
    for (const page of ["/login", "/overview", "/arbitrage", "/sandwich", "/settings", "/audit"]) {
      const html = await (await call("GET", page, { headers: { cookie: `legend_access=${token}` } })).text();
      assert.ok(html.startsWith("<!doctype html>"), page);
      assert.ok(!/ style=|<style|<script(?![^>]* src=)|onclick=/i.test(html), page);
    }
    const viewer = await person("viewer");
    const html =
      await (await call("GET", "/settings", { headers: { cookie: `legend_access=${viewer.token}` } })).text();
    assert.ok(!html.includes("data-open-kill") && !html.includes("Sign and send"), "no button for a viewer");
  }));

Deno.test("the page works below a prefix", () =>
  withServer(async ({ call, person }) => {
    assert.equal((await call("GET", "/legend/")).headers.get("location"), "/legend/login");
    assert.equal((await call("GET", "/overview")).status, 404);
    const { token } = await person("admin");
    const html =
      await (await call("GET", "/legend/overview", { headers: { cookie: `legend_access=${token}` } })).text();
    const links = [...html.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, link]) => link!);
    assert.ok(links.length > 5 && links.every((link) => link.startsWith("/legend/")), links.join(" "));
  }, { prefix: "/legend" }));

Deno.test("what to type on the host names its folder to those who are logged in, and to no one else", () =>
  withServer(async ({ call, person }) => {
    const read = async (path: string, cookie = "") =>
      await (await call("GET", path, { headers: cookie ? { cookie } : {} })).text();
    for (const role of ["admin", "auditor", "viewer"] as const) {
      const { token } = await person(role);
      const html = await read("/settings", `legend_access=${token}`);
      assert.match(html, /<code>legend kill arbitrage --data-dir \/srv\/desk<\/code>/);
      const commands = [...html.matchAll(/legend kill[^<"]*/g)].map(([command]) => command);
      assert.ok(commands.every((command) => command.includes(" --data-dir /srv/desk")), commands.join("; "));
    }
    for (const path of ["/", "/login", "/login?change", "/overview", "/api/health/ready"]) {
      assert.ok(!(await read(path)).includes("/srv/desk"), path);
    }
  }, { hostFlags: " --data-dir /srv/desk" }));
