/** legend behind the proxies of deploy/, each with its example unchanged except for name, ports and certificate. */
import assert from "node:assert/strict";
import { command, withFolder } from "../e2e/executable.ts";
import { freePort } from "../../tools/kafka.ts";
import { ROOT } from "../../tools/paths.ts";
import { delay } from "../../core/platform/delay.ts";

const KEY = "master-key-of-the-test-01234567";
const PATIENCE_MS = 60_000;

/** Name and version of a program; undefined if it is missing. */
async function there(program: string): Promise<boolean> {
  const words = ["-c", `command -v ${program} && command -v openssl && command -v curl`];
  return (await new Deno.Command("sh", { args: words, stdout: "null", stderr: "null" }).output()).success;
}

const PROXIES = {
  nginx: async (folder: string, port: number, upstream: number) => {
    const example = (await Deno.readTextFile(`${ROOT}/deploy/nginx.conf`))
      .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`).replaceAll("legend.example", "localhost")
      .replace("127.0.0.1:8080", `127.0.0.1:${upstream}`)
      .replace("/etc/ssl/legend.crt", `${folder}/tls.crt`).replace(
        "/etc/ssl/legend.key",
        `${folder}/tls.key`,
      );
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    await Deno.writeTextFile(`${folder}/example.conf`, example);
    await Deno.writeTextFile(
      `${folder}/main.conf`,
      `daemon off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${places} include ${folder}/example.conf; }\n`,
    );
    return ["nginx", "-p", folder, "-e", "stderr", "-c", `${folder}/main.conf`];
  },
  caddy: async (folder: string, port: number, upstream: number) => {
    const example = (await Deno.readTextFile(`${ROOT}/deploy/Caddyfile`))
      .replace(
        "\nlegend.example {",
        `\nhttps://localhost:${port} {\n\ttls ${folder}/tls.crt ${folder}/tls.key`,
      )
      .replace("127.0.0.1:8080", `127.0.0.1:${upstream}`);
    const global = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
    await Deno.writeTextFile(`${folder}/Caddyfile`, global + example);
    return ["caddy", "run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"];
  },
} as const;

async function certificate(folder: string): Promise<void> {
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...args.split(" "),
      ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", `${folder}/tls.key`, "-out", `${folder}/tls.crt`],
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The status of a URL's answer. */
async function curl(words: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("curl", {
    args: ["-sk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", ...words],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/**
 * The status of a WebSocket upgrade, requested as by a browser of `origin`; curl waits on the stream until its time
 * limit.
 */
const upgrade = (url: string, origin: string): Promise<string> =>
  curl([
    ...["-m", "4", "--http1.1", "-H", `Origin: ${origin}`, "-H", `X-API-Key: ${KEY}`],
    ...["-H", "Upgrade: websocket", "-H", "Connection: Upgrade", "-H", "Sec-WebSocket-Version: 13"],
    ...["-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", `${url}/api/realtime/ws`],
  ]);

/** The live stream opens only for the page's own origin. */
async function streamOpensForOwnOriginAlone(url: string, end: number): Promise<void> {
  let status = "";
  do status = await upgrade(url, url); while (
    status !== "101" && status !== "403" && performance.now() < end
  );
  assert.equal(status, "101");
  for (const origin of ["https://evil.example", "https://localhost", "null"]) {
    assert.equal(await upgrade(url, origin), "403", origin);
  }
}

/** The audit has the client's address, whatever address the client claims. */
async function auditHasTheClient(folder: string, url: string, upstream: number): Promise<void> {
  const login = ["-X", "POST", "-H", "content-type: application/json", `${url}/api/auth/login`];
  const [, password] = /password: (.+)/.exec(await Deno.readTextFile(`${folder}/data/first-login`))!;
  const body = ["--data", JSON.stringify({ user: "admin", password })];
  assert.equal(await curl([...login, ...body, "-H", "Origin: https://evil.example"]), "403");
  const from = ["--interface", "127.0.0.2", "-H", "X-Forwarded-For: 203.0.113.9"];
  assert.equal(await curl([...from, ...login, ...body]), "200");
  const answer = await fetch(`http://127.0.0.1:${upstream}/api/control/audit-log?action=login`, {
    headers: { "x-api-key": KEY },
  });
  const { entries } = await answer.json();
  assert.match(entries[0].detail, /127\.0\.0\.2/);
  assert.ok(!/203\.0\.113\.9/.test(JSON.stringify(entries)));
}

async function behindProxy(kind: keyof typeof PROXIES, folder: string): Promise<void> {
  const [port, upstream] = [freePort(), freePort()];
  await certificate(folder);
  const config = `${folder}/legend.toml`;
  await Deno.writeTextFile(
    config,
    `[api]\nport = ${upstream}\norigins = "https://localhost:${port}"\ntrusted_proxies = "127.0.0.1"\n`,
  );
  const api = command(["run", "api", "--config", config, "--data-dir", `${folder}/data`], {
    env: { MASTER_API_KEY: KEY },
  }).spawn();
  const [program, ...args] = await PROXIES[kind](folder, port, upstream);
  const proxy = new Deno.Command(program!, {
    args,
    env: { HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const printed = Promise.all([api.stdout, api.stderr, proxy.stderr].map((one) => new Response(one).text()));
  let done = false;
  try {
    const url = `https://localhost:${port}`;
    const end = performance.now() + PATIENCE_MS;
    while (await curl([`${url}/api/health/`]) !== "200") {
      assert.ok(performance.now() < end, `${kind} does not answer`);
      await delay(100);
    }
    await streamOpensForOwnOriginAlone(url, end);
    await auditHasTheClient(folder, url, upstream);
    done = true;
  } finally {
    for (const child of [api, proxy]) {
      try {
        child.kill("SIGTERM");
      } catch {
        // The process has already ended.
      }
      await child.status;
    }
    const lines = await printed;
    if (!done) await Deno.stderr.write(new TextEncoder().encode(lines.join("\n")));
  }
}

for (const kind of ["nginx", "caddy"] as const) {
  Deno.test({
    name: `operator 19: behind ${kind} the page's stream opens and the audit knows the client`,
    ignore: !await there(kind),
    fn: () => withFolder((folder) => behindProxy(kind, folder)),
  });
}
