/** Answers that outlive their request: a job's log as it grows, and the position of the live stream. */
import assert from "node:assert/strict";
import { type Job, type ReportedStatus, statusRecord } from "../../core/jobs/projection.ts";
import type { StoredRecord } from "../../core/log/log.ts";
import { scrape as scrapeKind } from "../../workers/kinds/scrape.ts";
import { createApp } from "../../routes/app.ts";
import { bearer, eventually, type Server, withServer } from "./server.ts";
import { withHeldTimers } from "./timers.ts";

const RANGE = { start: "2026-11-01", end: "2026-11-02" };

interface Desk {
  server: Server;
  job: Job;
  /** One more record of the job, as from its worker. */
  say(status: Partial<ReportedStatus>): void;
  /** Opens the job's log. */
  open(signal?: AbortSignal): Promise<ReadableStreamDefaultReader<Uint8Array>>;
}

/** A job whose records are added to the book directly, so that none is late. */
async function withJob(run: (desk: Desk) => Promise<void>): Promise<void> {
  await withServer(async (server) => {
    const { deps, person } = server;
    const { jobs } = deps;
    const listeners: ((job: Job) => void)[] = [];
    const onChange = jobs.onChange.bind(jobs);
    jobs.onChange = (listener) => {
      listeners.push(listener);
      return onChange(listener);
    };
    const id = await jobs.submit("scrape", scrapeKind.asked.parse({ ...RANGE, output: "x" }), {
      issuer: "ann",
    });
    const end = new AbortController();
    const following = jobs.follow(end.signal);
    await jobs.sync(60_000);
    end.abort();
    await following;
    const job = jobs.projection.get(id)!;
    const { token } = await person("viewer");
    await run({
      server,
      job,
      say: (status) => {
        const record = statusRecord(job, { state: "running", token: 1, worker: "w", atMs: 5, ...status });
        const changed = jobs.projection.apply(
          { key: null, headers: [], timestampMs: 0n, ...record } as unknown as StoredRecord,
        );
        assert.ok(changed);
        for (const listener of listeners) listener(changed);
      },
      open: async (signal) => {
        const request = new Request(`http://test/api/jobs/${id}/logs`, {
          headers: bearer(token),
          ...(signal ? { signal } : {}),
        });
        const answer = await createApp(deps, () => []).fetch(request, {});
        assert.equal(answer.headers.get("content-type"), "text/event-stream");
        return answer.body!.getReader();
      },
    });
  });
}

/** Everything until the stream ends, as one text. */
async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += new TextDecoder().decode(read.value);
  }
  return text;
}

const lines = (text: string) =>
  [...text.matchAll(/^data: ({"at_ms.*)$/gm)].map(([, data]) => JSON.parse(data!).line);

Deno.test("a job's log has each line once, those of one millisecond too, and ends with the job", () =>
  withJob(async ({ server, say, open }) => {
    say({});
    say({ message: "one" });
    const reader = await open();
    assert.equal(server.deps.streams.count("events"), 1);
    say({ message: "two" });
    say({ message: "three" });
    say({ message: "four", atMs: 6 });
    say({ state: "done", message: "made", atMs: 6 });
    const text = await rest(reader);
    assert.deepEqual(lines(text), ["try 1 by w", "one", "two", "three", "four", "made"]);
    assert.match(text, /event: end\ndata: {"state":"done"}\n\n$/);
    assert.equal(server.deps.streams.count("events"), 0);
  }));

Deno.test("the log of a job that is over is sent whole and ends at once", () =>
  withJob(async ({ server, say, open }) => {
    say({});
    say({ state: "error", final: true, message: "broken" });
    const text = await rest(await open());
    assert.deepEqual(lines(text), ["try 1 by w", "broken"]);
    assert.match(text, /event: end\ndata: {"state":"error"}\n\n$/);
    assert.equal(server.deps.streams.count("events"), 0);
  }));

Deno.test("a log without news shows every 15 s that it lives, and is closed after ten minutes", () =>
  withHeldTimers(10_000, (pass) =>
    withJob(async ({ server, say, open }) => {
      say({});
      const reader = await open();
      pass(14_999);
      say({ message: "one" });
      pass(1);
      pass(15_000);
      pass(10 * 60_000 - 30_001);
      assert.equal(server.deps.streams.count("events"), 1);
      pass(1);
      assert.equal(server.deps.streams.count("events"), 0);
      const text = await rest(reader);
      assert.ok(text.indexOf('"one"') < text.indexOf(": alive"));
      const beats = [...text.matchAll(/^: alive\n\n/gm)].length;
      assert.ok(beats === 39 || beats === 40, `${beats}`);
      assert.doesNotMatch(text, /event:/);
      pass(60_000);
    })));

Deno.test("a reader of a log who goes away frees the place, whether it ends the request or the body", () =>
  withJob(async ({ server, say, open }) => {
    const { streams } = server.deps;
    const gone = new AbortController();
    await open(gone.signal);
    const reader = await open();
    assert.equal(streams.count("events"), 2);
    gone.abort();
    assert.equal(streams.count("events"), 1);
    await reader.cancel();
    assert.equal(streams.count("events"), 0);
    // There are no listeners left.
    say({});
  }));

Deno.test("a reader who loses the right gets the reason, and the log ends", () =>
  withJob(async ({ server, open }) => {
    const { accounts, streams } = server.deps;
    const reader = await open();
    for (const { id } of accounts.sessions()) await accounts.end(id);
    streams.check();
    assert.match(
      await rest(reader),
      /^event: closed\ndata: {"code":\d+,"reason":"the login has ended"}\n\n$/,
    );
    assert.equal(streams.count("events"), 0);
  }));

Deno.test("a ticket is for one connection within 30 s, and the live stream accepts only valid filters", () =>
  withServer(async (server) => {
    const { deps, person, call } = server;
    const { token } = await person("viewer");
    const answer = await call("POST", "/api/realtime/ticket", { headers: bearer(token), body: {} });
    const { ticket, expires_in } = await answer.json();
    assert.equal(expires_in, 30);
    deps.realtime.reads = () => Promise.resolve(true);
    const refused = async (query: string) => {
      const path = `/api/realtime/ws?${query}`;
      const asked = await call("GET", path, { headers: { ...bearer(token), upgrade: "websocket" } });
      return [asked.status, (await asked.json()).detail?.split(":")[0]];
    };
    assert.deepEqual(await refused("mode=xml"), [422, "mode"]);
    assert.deepEqual(await refused("min_net=much"), [422, "min_net"]);
    assert.equal((await refused("mode=json"))[0], 500, "no connection that could become one");
    assert.equal(deps.streams.count("websocket"), 0);

    const served: unknown[] = [];
    deps.realtime.serve = (_, { mode, filter, resume, principal }) =>
      void served.push({ mode, filter, resume, lives: principal.expires * 1_000 - server.clock.now });
    await using http = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      createApp(deps, () => []).fetch,
    );
    const open = async (query: string) => {
      const socket = new WebSocket(`ws://127.0.0.1:${http.addr.port}/api/realtime/ws?${query}`);
      const isOpen = await new Promise((resolve) => {
        socket.addEventListener("open", () => resolve(true));
        socket.addEventListener("error", () => resolve(false));
      });
      socket.close();
      return isOpen;
    };
    const filters = "mode=json&type=arb,mev&module=mev&dex=a,,b&min_net=-0.5&resume=7.9";
    assert.equal(await open(`token=${ticket}&${filters}`), true);
    const [{ lives, ...one }] = served as [{ lives: number }];
    assert.deepEqual(one, {
      mode: "json",
      filter: { types: ["arb", "mev"], modules: ["mev"], dexes: ["a", "b"], minNet: -0.5 },
      resume: { epoch: 7n, position: 9n },
    });
    // The lifetime of an access token, in whole seconds.
    assert.ok(lives > 929_000 - 1_000 && lives <= 930_000, `${lives}`);
    assert.equal(await open(`token=${ticket}`), false, "taken once");
    assert.equal(served.length, 1);
  }));

Deno.test("an admin ends an existing connection, and gets 404 for an unknown one", () =>
  withServer(async ({ deps, person, call }) => {
    const headers = bearer((await person("admin")).token);
    const kicked: string[] = [];
    deps.realtime.kick = (id) => kicked.push(id) > 0;
    deps.realtime.connections = () => [{ id: "c1" } as ReturnType<typeof deps.realtime.connections>[number]];
    const end = async (id: string) =>
      (await call("DELETE", `/api/realtime/connections/${id}`, { headers })).status;
    assert.deepEqual([await end("c1"), await end("c2")], [200, 404]);
    assert.deepEqual(kicked, ["c1"]);
    const ended = deps.chain.list().filter(({ action }) => action === "connection ended");
    assert.deepEqual(ended.map(({ detail }) => detail), ["c1"], "what was refused is not an act");
  }));

Deno.test("a live stream has its place while its socket is open, and frees it when it closes", () =>
  withServer(async (server) => {
    const { deps, person } = server;
    const { token } = await person("viewer");
    deps.realtime.reads = () => Promise.resolve(true);
    const app = createApp(deps, () => []);
    await using http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
    const url = `ws://127.0.0.1:${http.addr.port}/api/realtime/ws`;
    const socket = new WebSocket(url, ["legend", `bearer.${token}`]);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    assert.equal(socket.protocol, "legend");
    assert.equal(deps.streams.count("websocket"), 1);
    await eventually(() => deps.realtime.connections().length === 1, "the connection");
    socket.close();
    await eventually(() => deps.streams.count("websocket") === 0, "the free place");
  }));

Deno.test("only a change that was let through looks at all streams", () =>
  withServer(async ({ call, deps, person }) => {
    let checks = 0;
    deps.streams.check = () => void (checks += 1);
    const admin = bearer((await person("admin")).token);
    const viewer = bearer((await person("viewer")).token);
    const add = (headers: Record<string, string>) =>
      call("POST", "/api/keys", { headers, body: { label: "k", scopes: ["read"] } });
    assert.deepEqual([(await add({})).status, (await add(viewer)).status, checks], [401, 403, 0]);
    assert.ok((await add(admin)).ok);
    assert.equal(checks, 1);
    assert.equal((await call("POST", "/api/keys", { headers: admin, body: { odd: 1 } })).status, 422);
    assert.equal(checks, 2);
    assert.ok((await call("PUT", "/api/schedules", { headers: admin, body: { schedules: [] } })).ok);
    assert.ok((await call("GET", "/api/auth/me", { headers: viewer })).ok);
    assert.ok((await call("GET", "/api/users", { headers: admin })).ok);
    assert.equal(checks, 2, "no login, user or key has changed");
    assert.ok((await call("POST", "/api/auth/logout", { headers: viewer, body: {} })).ok);
    assert.equal(checks, 3);
  }));
