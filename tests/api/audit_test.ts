/** A change by a route is in the audit before it is done, and is not done when the entry cannot be written. */
import assert from "node:assert/strict";
import { AppError } from "../../core/platform/errors.ts";
import { scrape as scrapeKind } from "../../workers/kinds/scrape.ts";
import { bearer, PASSWORD, type Server, withServer } from "./server.ts";

type Answer = Promise<Response>;
type Asked = (method: string, path: string, body?: unknown) => Answer;

interface Row {
  /** The entry's action and detail, written by hand. */
  readonly action: string;
  readonly detail: RegExp;
  /** Prepares what is needed; returns the request, and a text that shows whether it was done. */
  ready(server: Server, ask: Asked, who: { name: string; session: string }): Promise<{
    asked(): Answer;
    seen(): unknown;
  }>;
}

const RANGE = { start: "2026-11-01", end: "2026-11-02" };
/** For what normally takes no time; the machine may be loaded. */
const LIMIT_MS = 60_000;
const TRAINING = { module: "mev", range: RANGE, model: "torch" };

const jobsEnd = async ({ log }: Server) => {
  if (!(await log.topics()).includes("jobs-proto")) return 0n;
  using topic = await log.topic("jobs-proto");
  return (await topic.info()).end;
};

const job = (body: unknown, path: string): Row["ready"] => (server, ask) =>
  Promise.resolve({ asked: () => ask("POST", path, body), seen: () => jobsEnd(server) });

/** A change of an existing job. */
const change = (verb: "cancel" | "retry"): Row["ready"] => async (server, ask) => {
  const { jobs } = server.deps;
  const id = await jobs.submit("scrape", scrapeKind.asked.parse({ ...RANGE, output: "x" }), {
    issuer: "ann",
  });
  const end = new AbortController();
  const running = jobs.follow(end.signal);
  await jobs.sync(LIMIT_MS);
  if (verb === "retry") {
    await jobs.cancel(id);
    await jobs.sync(LIMIT_MS);
  }
  end.abort();
  await running;
  return { asked: () => ask("POST", `/api/jobs/${id}/${verb}`, {}), seen: () => jobsEnd(server) };
};

const command = (path: string, body: unknown): Row["ready"] => ({ log }, ask) =>
  Promise.resolve({
    asked: () => ask("POST", path, body),
    seen: async () => {
      if (!(await log.topics()).includes("control-commands-proto")) return 0n;
      using topic = await log.topic("control-commands-proto");
      return (await topic.info()).end;
    },
  });

const ROWS: Readonly<Record<string, Row>> = {
  "POST /api/auth/login": {
    action: "login",
    detail: /^192\.0\.2\.1$/,
    ready: ({ deps }, ask, { name }) =>
      Promise.resolve({
        asked: () => ask("POST", "/api/auth/login", { user: name, password: PASSWORD }),
        seen: () => deps.accounts.sessions(name).length,
      }),
  },
  "POST /api/auth/logout": {
    action: "logout",
    detail: /^$/,
    ready: ({ deps }, ask, { session }) =>
      Promise.resolve({
        asked: () => ask("POST", "/api/auth/logout", {}),
        seen: () => deps.accounts.isOpen(session),
      }),
  },
  "POST /api/auth/password": {
    action: "password changed",
    detail: /^$/,
    ready: async ({ deps }, ask, { name }) => {
      const other = await deps.accounts.begin(name, "another browser");
      return {
        asked: () => ask("POST", "/api/auth/password", { current: PASSWORD, next: "another good password" }),
        seen: () => deps.accounts.isOpen(other.session),
      };
    },
  },
  "DELETE /api/auth/sessions/:id": {
    action: "login ended",
    detail: /^viewer-/,
    ready: async ({ deps, person }, ask) => {
      const { session } = await person("viewer");
      return {
        asked: () => ask("DELETE", `/api/auth/sessions/${session}`),
        seen: () => deps.accounts.isOpen(session),
      };
    },
  },
  "DELETE /api/realtime/connections/:id": {
    action: "connection ended",
    detail: /^c1$/,
    ready: ({ deps }, ask) => {
      let kicked = 0;
      deps.realtime.connections =
        () => [{ id: "c1" } as ReturnType<typeof deps.realtime.connections>[number]];
      deps.realtime.kick = () => (kicked += 1) > 0;
      return Promise.resolve({
        asked: () => ask("DELETE", "/api/realtime/connections/c1"),
        seen: () => kicked,
      });
    },
  },
  "POST /api/realtime/settings": {
    action: "transport tuned",
    detail: /^17 ms, 99$/,
    ready: ({ deps }, ask) => {
      const tuned: number[] = [];
      deps.realtime.tune = (...values) => tuned.push(...values);
      return Promise.resolve({
        asked: () => ask("POST", "/api/realtime/settings", { batch_window_ms: 17, batch_max_size: 99 }),
        seen: () => [{ ...deps.batch }, [...tuned]],
      });
    },
  },
  "POST /api/datasets/scrape": {
    action: "scrape",
    detail: /^a\.parquet$/,
    ready: job({ ...RANGE, output: "a.parquet" }, "/api/datasets/scrape"),
  },
  "POST /api/datasets/export": {
    action: "scrape",
    detail: /^b\.jsonl$/,
    ready: job({ ...RANGE, output: "b.jsonl", format: "jsonl" }, "/api/datasets/export"),
  },
  "POST /api/training/start": {
    action: "train",
    detail: /^mev torch, promote never$/,
    ready: job(TRAINING, "/api/training/start"),
  },
  "POST /api/training/train": {
    action: "train",
    detail: /^mev torch, promote shadow$/,
    ready: job({ ...TRAINING, promote: "shadow" }, "/api/training/train"),
  },
  "POST /api/jobs/:id/cancel": { action: "job cancel", detail: /^[0-9a-f-]{36}$/, ready: change("cancel") },
  "POST /api/jobs/:id/retry": { action: "job retry", detail: /^[0-9a-f-]{36}$/, ready: change("retry") },
  "PUT /api/schedules": {
    action: "schedules",
    detail: /^{"schedules":\[{"name":"n"/,
    ready: ({ deps }, ask) =>
      Promise.resolve({
        asked: () =>
          ask("PUT", "/api/schedules", {
            schedules: [{ name: "n", cron: "0 * * * *", kind: "train", args: { module: "mev" } }],
          }),
        seen: () => deps.schedules.read(),
      }),
  },
  "POST /api/control/module/:target": {
    action: "stop",
    detail: /^{"reason":"why"}$/,
    ready: command("/api/control/module/mev:stop", { reason: "why" }),
  },
  "POST /api/control/policy": {
    action: "policy",
    detail: /^{"ev_min":0\.1}$/,
    ready: command("/api/control/policy", { module: "mev", ev_min: 0.1 }),
  },
  "POST /api/policy/update": {
    action: "policy",
    detail: /^{"score_min":0\.2}$/,
    ready: command("/api/policy/update", { module: "mev", score_min: 0.2 }),
  },
  "POST /api/control/command": {
    action: "throttle",
    detail: /^{"throttle_pct":5}$/,
    ready: command("/api/control/command", { module: "mev", action: "throttle", args: { throttle_pct: 5 } }),
  },
};

/**
 * The other routes: users and keys change in one transaction with their entry, the entry of a kill is written after it
 * was sent, models go live in one way (core/models/going_live_test.ts, answers_test.ts), and the rest changes nothing
 * that needs an entry.
 */
const OTHERS = [
  "POST /api/users",
  "PATCH /api/users/:name",
  "POST /api/keys",
  "DELETE /api/keys/:id",
  "POST /api/control/kill-switch",
  "POST /api/auth/refresh",
  "POST /api/realtime/ticket",
  "POST /api/clickhouse/query",
  "POST /api/training/models/:id/deploy",
  "POST /api/training/models/:id/rollback",
  "POST /api/training/models/:id/shadow",
  "POST /api/control/model-swap",
];

/** Runs one row as an admin; `audit`: what happens to its entry. */
async function asAdmin(
  row: Row,
  more: Parameters<typeof withServer>[1],
  check: (
    server: Server,
    who: { name: string },
    before: unknown,
    ready: Awaited<ReturnType<Row["ready"]>>,
  ) => Promise<void>,
): Promise<void> {
  await withServer(async (server) => {
    const admin = await server.person("admin");
    const headers = bearer(admin.token);
    const ask: Asked = (method, path, body) =>
      server.call(method, path, { headers, ...(body ? { body } : {}) });
    const ready = await row.ready(server, ask, admin);
    await check(server, admin, await ready.seen(), ready);
  }, more);
}

Deno.test("each route that changes something has its row here", () =>
  withServer(({ routes }) => {
    const changing = routes.filter(({ method }) => method !== "GET").map(({ method, path }) =>
      `${method} ${path}`
    );
    assert.deepEqual(changing.sort(), [...Object.keys(ROWS), ...OTHERS].sort());
    return Promise.resolve();
  }));

for (const [name, row] of Object.entries(ROWS)) {
  Deno.test(`${name} is not done when its entry cannot be written`, () =>
    asAdmin(
      row,
      {
        audit: () => Promise.reject(new AppError("unavailable", "Cannot write legend.db: the disk is full")),
      },
      async (_, __, before, { asked, seen }) => {
        const answer = await asked();
        assert.equal(answer.status, 503, await answer.text());
        assert.deepEqual(await seen(), before);
      },
    ));

  Deno.test(`${name} is done once, and the audit says who did what`, () =>
    asAdmin(row, {}, async ({ deps }, who, before, { asked, seen }) => {
      const entries = deps.chain.count();
      const answer = await asked();
      assert.ok(answer.ok, await answer.text());
      assert.notDeepEqual(await seen(), before);
      assert.equal(deps.chain.count(), entries + 1);
      const [entry] = deps.chain.list();
      assert.deepEqual([entry!.who, entry!.action], [who.name, row.action]);
      assert.match(entry!.detail, row.detail);
    }));
}

Deno.test("what a foreign page tries to change is refused and audited; what it only reads is refused without an entry", () =>
  withServer(async ({ call, deps, refusalsWritten }) => {
    const foreign = { host: "evil.example" };
    assert.equal((await call("GET", "/api/agents", { headers: foreign })).status, 403);
    await refusalsWritten();
    assert.equal(deps.chain.count(), 0);
    assert.equal(
      (await call("POST", "/api/control/module/mev:stop", { headers: foreign, body: {} })).status,
      403,
    );
    await refusalsWritten();
    const [entry] = deps.chain.list();
    assert.equal(deps.chain.count(), 1);
    assert.equal(entry!.action, "refused");
    assert.match(
      entry!.detail,
      /^POST \/api\/control\/module\/:target: Cannot answer under the name evil\.example/,
    );
  }));
