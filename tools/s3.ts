/** A real S3 server for tests: versitygw, built from its Go module, over a folder. Needs Go. */
import { must } from "./command.ts";
import { CACHE } from "./paths.ts";
import { VERSITYGW } from "./pins.ts";
import { delay } from "../core/platform/delay.ts";

const MODULE = "github.com/versity/versitygw/cmd/versitygw";
const READY_MS = 20_000;

/** Builds the server once. Returns its path. */
export async function installS3(): Promise<string> {
  const folder = `${CACHE}/versitygw-${VERSITYGW}`;
  const program = `${folder}/versitygw`;
  if (await Deno.stat(program).then(() => true, () => false)) return program;
  await Deno.mkdir(folder, { recursive: true });
  await must("go", ["install", `${MODULE}@${VERSITYGW}`], { env: { GOBIN: folder, GOFLAGS: "-p=2" } });
  return program;
}

export interface S3Server {
  readonly endpoint: string;
  /** Names as in the configuration's environment. */
  readonly env: Record<string, string>;
  /** Its folder, in which buckets are subfolders. */
  readonly folder: string;
  end(): Promise<void>;
}

/** Starts a server with these buckets in `folder`. */
export async function startS3(folder: string, port: number, buckets: readonly string[]): Promise<S3Server> {
  const program = await installS3();
  for (const bucket of buckets) await Deno.mkdir(`${folder}/${bucket}`, { recursive: true });
  const keys = { id: "legend-test", secret: "legend-test-secret" };
  const child = new Deno.Command(program, {
    args: ["--port", `127.0.0.1:${port}`, "--access", keys.id, "--secret", keys.secret, "posix", folder],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const endpoint = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  for (;;) {
    const up = await fetch(endpoint).then((answer) => answer.body?.cancel().then(() => true), () => false);
    if (up) break;
    if (performance.now() - begin > READY_MS) throw new Error("Cannot start versitygw: it does not answer");
    await delay(50);
  }
  return {
    endpoint,
    env: {
      AWS_ACCESS_KEY_ID: keys.id,
      AWS_SECRET_ACCESS_KEY: keys.secret,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: "us-east-1",
    },
    folder,
    async end() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
