import assert from "node:assert/strict";
import { reconnects, slowAndFast } from "./bridge.ts";
import { legend, lines, withFolder } from "./executable.ts";
import { pageRate } from "./page_rate.ts";
import { delay } from "../../core/platform/delay.ts";

Deno.test("stalled clients lose their oldest records and get the count; fast ones lose nothing; memory is bounded", () =>
  withFolder(async (folder) => {
    const { gaps, produced } = await slowAndFast(folder, {
      stalled: 6,
      fast: 6,
      seconds: 10,
      perSecond: 6_000,
    });
    assert.equal(produced, 60_000);
    assert.ok(gaps > 0, "the stalled ones were slow enough to lose something");
  }));

Deno.test("the live table takes 2,000 rows a second and drops none", () =>
  withFolder(async (folder) => {
    await pageRate(folder, 5, 2_000);
  }));

Deno.test("200 connections at once are served, go, and are served again", () =>
  withFolder((folder) => reconnects(folder, 200)));

Deno.test("a run's own secrets are in no log, topic, audit, metric or process list", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const secrets: Record<string, string> = {
      MASTER_API_KEY: `master-${crypto.randomUUID()}`,
      JWT_SECRET_KEY: `jwt-${crypto.randomUUID()}`,
      CTRL_SIGN_SK_HEX: crypto.randomUUID().replaceAll("-", "").repeat(2),
    };
    const { command } = await import("./executable.ts");
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    const child = command(["run", "--source", "sim:3", "--port", String(port), "--data-dir", data], {
      env: secrets,
    }).spawn();
    const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const url = `http://127.0.0.1:${port}`;
    try {
      for (const end = performance.now() + 60_000; performance.now() < end;) {
        const up = await fetch(`${url}/api/health/ready`).then(async (answer) => {
          await answer.body?.cancel();
          return answer.ok;
        }, () => false);
        if (up) break;
        await delay(50);
      }
      const headers = { "x-api-key": secrets.MASTER_API_KEY! };
      const stop = await fetch(`${url}/api/control/module/mev:stop?wait=receipt`, {
        method: "POST",
        headers,
        body: "{}",
      });
      assert.ok((await stop.json()).ok, "the agents obey the configured key");
      const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
      assert.match(metrics, /^legend_agent_transactions_total\{module="mev"/m);
      const processes = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
      const kept = [/password: (.+)/.exec(await Deno.readTextFile(`${data}/first-login`))![1]!];
      for (const key of ["control.key", "agent.key"]) {
        kept.push((await Deno.readTextFile(`${data}/keys/${key}`)).trim());
      }
      const seen = [metrics, new TextDecoder().decode(processes.stdout)];
      for (const file of ["agents/mev.status.json", "legend.db", "legend.db-wal"]) {
        seen.push(new TextDecoder("latin1").decode(await Deno.readFile(`${data}/${file}`)));
      }
      for (
        const topic of lines<{ data?: unknown }>(
          (await legend(["topics", "tail", "control-commands-proto", "--from", "start", "--data-dir", data]))
            .stdout,
        )
      ) {
        seen.push(JSON.stringify(topic));
      }
      child.kill("SIGTERM");
      seen.push(...await Promise.all(texts));
      for (const secret of [...Object.values(secrets), ...kept]) {
        assert.ok(seen.every((text) => !text.includes(secret)), "a secret was found where it must not be");
      }
      for (const file of ["first-login", "legend.db", "keys/control.key", "keys/agent.key"]) {
        const { mode } = await Deno.stat(`${data}/${file}`);
        assert.equal((mode ?? 0) & 0o077, 0, `${file} is private`);
      }
    } finally {
      try {
        child.kill("SIGTERM");
      } catch {
        // The process has already ended.
      }
      await child.status;
    }
  }));
