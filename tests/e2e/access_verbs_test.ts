/** Users, keys, tokens and the audit on the command line, compared with a running API. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { command, legend, lines, withFolder } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

const LIMIT_MS = 60_000;

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

/** Runs with an API on a folder of its own. */
const withApi = (run: (url: string, data: string) => Promise<void>) =>
  withFolder(async (folder) => {
    const [data, port] = [`${folder}/data`, freePort()];
    const child = command(["run", "api", "--port", String(port), "--data-dir", data]).spawn();
    const printed = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    const url = `http://127.0.0.1:${port}`;
    try {
      for (const end = performance.now() + LIMIT_MS;;) {
        const up = await fetch(`${url}/api/health`).then((answer) => answer.body?.cancel(), () => "away");
        if (up === undefined) break;
        assert.ok(performance.now() < end, "the API answers");
        await delay(50);
      }
      await run(url, data);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await printed;
    }
  });

function whatWasDoneIsInTheAudit(entries: readonly { action: string; detail: string }[]): void {
  const actions = entries.map(({ action }) => action);
  // Refused requests have no effect: the last admin, unknown users and keys, a name in use, an expired key.
  const of = (action: string) => entries.filter((entry) => entry.action === action).length;
  const [added, removed, rotated] = ["user added", "user removed", "key rotated"].map(of);
  assert.deepEqual([added, removed, rotated], [1, 1, 1]);
  assert.ok(!entries.some(({ detail }) => /^(stranger|admin)/.test(detail)), JSON.stringify(entries));
  for (
    const action of [
      "key made",
      "key rotated",
      "key revoked",
      "token made",
      "user disabled",
      "user removed",
    ]
  ) {
    assert.ok(actions.includes(action), `${action} is in the audit`);
  }
}

Deno.test("operator 21: keys, tokens and users are made and ended on the host, and the API obeys", () =>
  withApi(async (url, data) => {
    const own = async (words: readonly string[], code = 0) => {
      const outcome = await legend([...words, "--data-dir", data]);
      assert.equal(outcome.code, code, `${words.join(" ")}: ${outcome.stderr}`);
      return outcome.stdout.trim();
    };
    const status = async (headers: Record<string, string>, path = "/api/agents") => {
      const answer = await fetch(url + path, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    const key = await own(["key", "new", "graphs", "--scope", "read", "--days", "3"]);
    assert.equal(await status({ "x-api-key": key }), 200);
    assert.equal(await status({ "x-api-key": key }, "/api/users"), 403, "no more than its scope");
    const next = await own(["key", "rotate", key.slice(4, 8)]);
    assert.equal(await status({ "x-api-key": key }), 401);
    assert.equal(await status({ "x-api-key": next }), 200);
    await own(["key", "revoke", "newest"]);
    assert.equal(await status({ "x-api-key": next }), 401);
    const listed = lines<{ state: string; scopes: string[] }>(await own(["key", "list", "--json"]));
    assert.deepEqual(listed.map(({ state, scopes }) => [state, scopes]), [["revoked", ["read"]], [
      "revoked",
      ["read"],
    ]]);
    assert.ok(!JSON.stringify(listed).includes(next.slice(-20)), "no secret is listed");

    await own(["key", "rotate", key.slice(4, 8)], 1);
    await own(["user", "passwd", "stranger"], 1);
    await own(["user", "enable", "stranger"], 1);
    await own(["user", "disable", "admin"], 1);
    const password = await own(["user", "add", "alice", "viewer"]);
    await own(["user", "add", "alice", "admin"], 1);
    assert.ok(password.length >= 20);
    const token = await own(["token", "alice"]);
    assert.equal(await status({ authorization: `Bearer ${token}` }, "/api/auth/me"), 200);
    await own(["user", "disable", "alice"]);
    const gone = async () => {
      for (const end = performance.now() + LIMIT_MS;;) {
        if (await status({ authorization: `Bearer ${token}` }, "/api/auth/me") === 401) return;
        assert.ok(performance.now() < end, "a disabled user's token ends");
        await delay(50);
      }
    };
    await gone();
    await own(["token", "alice"], 1);
    await own(["user", "enable", "alice"]);
    await own(["user", "remove", "alice"]);
    await own(["user", "remove", "admin"], 1);
    await own(["user", "add", "master", "admin"], 2);
    assert.deepEqual(lines<{ name: string }>(await own(["user", "list"])).map(({ name }) => name), ["admin"]);
    whatWasDoneIsInTheAudit(lines(await own(["audit", "show"])));
  }));

Deno.test("commands of the command line are in the audit by their own types, lists as lists", () =>
  withFolder(async (folder) => {
    const own = (...words: string[]) => legend([...words, "--data-dir", `${folder}/data`]);
    const block = new URL("../../examples/slot_285000037.json", import.meta.url).pathname;
    assert.equal((await own("run", "--source", `file:${block}`)).code, 0);
    const [one, other] = [
      "So11111111111111111111111111111111111111112",
      "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    ];
    const lists = [
      "--pools-deny",
      `${one}, ${other}`,
      "--mints-allow",
      "none",
      "--mint-refuse",
      "freeze,fee",
    ];
    const more = ["--liquidity-min", "5", "--unknown", "pass", "--tip-ladder", "0.1,0.2", "--reason", "12"];
    const sent = await own("control", "mev", "policy", ...lists, ...more);
    assert.equal(sent.code, 0, sent.stderr + sent.stdout);
    const entries = lines<{ action: string; detail: string }>((await own("audit", "show", "--json")).stdout);
    const policy = entries.find(({ action }) => action === "policy")!;
    assert.deepEqual(JSON.parse(policy.detail), {
      pools_deny: [one, other],
      mints_allow: [],
      mint_refuse: ["freeze", "fee"],
      liquidity_min: 5,
      unknown: "pass",
      tip_ladder: [0.1, 0.2],
      reason: "12",
    });
    assert.equal((await own("model", "pin", "mev", "baseline")).code, 0);
    assert.equal((await own("model", "pin", "mev")).code, 0);
    assert.equal((await own("model", "shadow", "mev")).code, 0);
    assert.equal((await own("model", "shadow", "mev", "000000000000")).code, 1);
    const pointed = lines<{ action: string; detail: string }>((await own("audit", "show")).stdout)
      .filter(({ action }) => action.startsWith("model ")).map(({ action, detail }) => `${action} ${detail}`);
    assert.deepEqual(pointed.sort(), ["model pin baseline", "model pin off ", "model shadow off "]);
  }));

Deno.test("operator 21: the audit is exported whole, with what proves it, and never over another file", () =>
  withFolder(async (folder) => {
    const own = (...words: string[]) => legend([...words, "--data-dir", `${folder}/data`], { cwd: folder });
    const block = new URL("../../examples/slot_285000037.json", import.meta.url).pathname;
    assert.equal((await own("run", "--source", `file:${block}`)).code, 0);
    for (const name of ["alice", "bob", "carol"]) {
      assert.equal((await own("user", "add", name, "viewer")).code, 0);
    }
    const { code, stdout } = await own("audit", "export", "--out", "a.ndjson", "--json");
    assert.equal(code, 0);
    const text = await Deno.readTextFile(`${folder}/a.ndjson`);
    assert.equal((await Deno.stat(`${folder}/a.ndjson`)).mode! & 0o777, 0o600);
    const rows = lines<Record<string, string | number>>(text);
    const summary = rows.pop()!;
    const body = text.trimEnd().split("\n").slice(0, -1).map((line) => `${line}\n`).join("");
    assert.equal(summary.sha256, createHash("sha256").update(body).digest("hex"));
    assert.deepEqual(JSON.parse(stdout), {
      file: "a.ndjson",
      entries: rows.length,
      from: 1,
      to: rows.at(-1)!.seq,
      sha256: summary.sha256,
    });
    assert.ok(rows.length >= 3);
    // The exported bytes alone are enough to verify the chain.
    let previous = rows[0]!.previous;
    for (const row of rows) {
      assert.equal(row.previous, previous, `entry ${row.seq}`);
      const bytes = new Uint8Array(await (await fetch(`data:;base64,${row.entry}`)).arrayBuffer());
      const hash = createHash("sha256").update(`legend-audit 2\n${row.previous}\n`).update(bytes);
      assert.equal(row.hash, hash.digest("hex"));
      previous = row.hash!;
    }
    const second = await own("audit", "export", "--out", "a.ndjson");
    assert.deepEqual([second.code, second.stderr], [
      1,
      "Cannot write a.ndjson: it exists, need another name\n",
    ]);
    assert.equal(await Deno.readTextFile(`${folder}/a.ndjson`), text);
    const later = await own("audit", "export", "--from", "3");
    assert.equal(lines<{ seq: number }>(later.stdout)[0]!.seq, 3);
  }));
