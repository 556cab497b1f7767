/** What the back end reports must be true: reproductions against the executable. */
import assert from "node:assert/strict";
import { withApi } from "../e2e/bridge.ts";
import { freePort } from "../../tools/kafka.ts";
import { command, legend, lines, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";

const LIMIT_MS = 60_000;
const LIGHT = ["--source", "sim:7", "--speed", "20"];

async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  const begin = performance.now();
  while (!await done()) {
    assert.ok(performance.now() - begin < LIMIT_MS, what);
    await delay(50);
  }
}

/** A folder in which an agent has run for a moment and ended. */
async function traded(data: string): Promise<void> {
  const child = command(["run", "agent", "mev", ...LIGHT, "--data-dir", data]).spawn();
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  await until("the agent publishes nothing", () => {
    try {
      // Metrics are published every second.
      const { evidence, funnel, up_s } = JSON.parse(Deno.readTextFileSync(`${data}/agents/mev.status.json`));
      return evidence > 20 && funnel.window_s >= 4 && up_s >= funnel.window_s;
    } catch {
      // Not there yet.
      return false;
    }
  });
  child.kill("SIGTERM");
  const { code } = await child.status;
  const [, stderr] = await Promise.all(texts);
  assert.equal(code, 0, String(stderr));
}

Deno.test("operator 17: doctor and slo are not green where nothing runs", () =>
  withFolder(async (data) => {
    await withApi(data, () => Promise.resolve());
    const doctor = await legend(["doctor", "--data-dir", data]);
    assert.equal(doctor.code, 1, doctor.stdout);
    for (const part of ["agent arbitrage", "agent mev"]) {
      assert.match(doctor.stdout, new RegExp(`^BAD {2}${part}: it has never run here`, "m"));
    }
    const slo = await legend(["slo", "--json", "--data-dir", data]);
    assert.equal(slo.code, 1, slo.stdout);
    const rows = lines<{ name: string; value: number | null; met: boolean; why: string }>(slo.stdout);
    assert.ok(rows.length >= 2, "nothing printed is never success");
    for (const { name, value, met, why } of rows) {
      assert.deepEqual([value, met, why !== ""], [null, false, true], name);
    }
  }));

Deno.test("operator 17: slo with the store away names each objective that is not known", () =>
  withFolder(async (data) => {
    await withApi(data, () => Promise.resolve());
    const env = { CLICKHOUSE_URL: "http://127.0.0.1:9/" };
    const { code, stdout } = await legend(["slo", "--data-dir", data], { env });
    assert.equal(code, 1);
    for (const name of ["sink lag", "age of the newest row", "records lost or duplicated"]) {
      assert.match(stdout, new RegExp(`^UNKNOWN ${name}: .+`, "m"));
    }
  }));

Deno.test("L4: a stranger reads which parts are well and no address, path or text of an error; a reader reads why", () =>
  withFolder(async (data) => {
    await withApi(data, async (port, key) => {
      const ready = async (headers: Record<string, string>) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/health/ready`, { headers });
        return { status: answer.status, text: await answer.text() };
      };
      const stranger = await ready({});
      assert.equal(stranger.status, 503);
      const { reasons } = JSON.parse(stranger.text);
      assert.deepEqual(reasons.find(({ part }: { part: string }) => part === "agents"), {
        part: "agents",
        ok: false,
        detail: "none has run yet",
      });
      assert.doesNotMatch(
        stranger.text,
        /\/|:\d{2,5}|MiB|http/,
        "no address, no path, no figure of the host",
      );
      assert.match((await ready({ "x-api-key": key })).text, /MiB free/);
      const login = await (await fetch(`http://127.0.0.1:${port}/login`)).text();
      assert.ok(!login.includes(Deno.hostname()) || Deno.hostname().length < 4, "the host's name");
    });
  }));

interface Damage {
  readonly file: string;
  readonly bytes: (bytes: Uint8Array) => Uint8Array;
  /** What the start of an agent or the API, or doctor, reports. */
  readonly says: RegExp;
  readonly by: "agent" | "api" | "doctor";
  readonly code: number;
}

const noise = (bytes: Uint8Array) => bytes.map((byte, at) => at < 4 ? 0xf8 + at : byte);
const middle = (bytes: Uint8Array) =>
  bytes.map((byte, at) => at >= bytes.length >> 1 && at < (bytes.length >> 1) + 4 ? byte ^ 0x5a : byte);
const half = (bytes: Uint8Array) => bytes.slice(0, bytes.length >> 1);

const DAMAGES: readonly Damage[] = [
  {
    file: "keys/jwt.key",
    bytes: noise,
    by: "api",
    code: 3,
    says: /keys\/jwt\.key: it is damaged, need .*put it back, or remove/,
  },
  {
    file: "keys/control.key",
    bytes: noise,
    by: "agent",
    code: 1,
    says: /keys\/control\.key: it is damaged, need 64 hex digits/,
  },
  {
    file: "keys/agent.key",
    bytes: half,
    by: "agent",
    code: 1,
    says: /keys\/agent\.key: it is damaged, need 64 hex digits/,
  },
  {
    file: "log/FORMAT",
    bytes: noise,
    by: "agent",
    code: 3,
    says: /log\/FORMAT: its format is .* if the file is damaged, restore it from a copy/,
  },
  { file: "log/id", bytes: noise, by: "agent", code: 3, says: /log\/id: it is damaged, need 32 hex digits/ },
  {
    file: "legend.db",
    bytes: half,
    by: "doctor",
    code: 1,
    says: /^BAD {2}legend\.db: Cannot use .*legend\.db: .+put back a copy/m,
  },
  {
    file: "log/decision-evidence",
    bytes: middle,
    by: "doctor",
    code: 1,
    says: /^BAD {2}log: records are damaged and left out: decision-evidence \d+\.\.\d+/m,
  },
  {
    file: "log/metrics-proto",
    bytes: middle,
    by: "doctor",
    code: 1,
    says: /^BAD {2}log: records are damaged and left out: metrics-proto \d+\.\.\d+/m,
  },
];

/** The largest file of a topic, a segment or a pack, cut to its contents: a new segment is preallocated. */
function damage(path: string, bytes: Damage["bytes"]): void {
  if (Deno.statSync(path).isFile) return Deno.writeFileSync(path, bytes(Deno.readFileSync(path)));
  const files = [...Deno.readDirSync(path)].filter(({ name }) => /\.(seg|pack)$/.test(name))
    .map(({ name }) => `${path}/${name}`);
  const [segment] = files.sort((a, b) => Deno.statSync(b).size - Deno.statSync(a).size);
  const whole = Deno.readFileSync(segment!);
  let used = whole.length;
  while (used > 0 && whole[used - 1] === 0) used -= 1;
  whole.set(bytes(whole.slice(0, used)), 0);
  Deno.writeFileSync(segment!, whole);
}

Deno.test("section 3: each damaged file is reported in one line that names it and what to do", async (t) => {
  await withFolder(async (folder) => {
    const whole = `${folder}/whole`;
    await traded(whole);
    await withApi(whole, () => Promise.resolve());
    for (const { file, bytes, says, by, code } of DAMAGES) {
      await t.step(file, async () => {
        const data = `${folder}/damaged`;
        await new Deno.Command("cp", { args: ["-a", whole, data] }).output();
        damage(`${data}/${file}`, bytes);
        const words = {
          agent: ["run", "agent", "mev", ...LIGHT, "--data-dir", data],
          api: ["run", "api", "--port", String(freePort()), "--data-dir", data],
          doctor: ["doctor", "--data-dir", data],
        }[by];
        const outcome = await legend(words).finally(() => Deno.remove(data, { recursive: true }));
        const printed = outcome.stdout + outcome.stderr;
        assert.match(printed, says);
        assert.equal(outcome.code, code, printed);
        assert.doesNotMatch(printed, /this is a bug in legend|valid UTF-8/);
      });
    }
  });
});
