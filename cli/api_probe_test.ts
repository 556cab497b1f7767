import assert from "node:assert/strict";
import { AppError } from "../core/platform/errors.ts";
import { askApi } from "./api_probe.ts";

async function withServer(answer: () => Promise<Response> | Response, run: (port: number) => Promise<void>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await run(server.addr.port);
  } finally {
    await server.shutdown();
  }
}

const refusal = (says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError);
  assert.match(error.message, says);
  return true;
};

Deno.test("doctor asks the API: one that answers is well, also where it listens on every address", async () => {
  const paths: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    paths.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  try {
    const { port } = server.addr;
    assert.match(await askApi({ listen: "127.0.0.1", port }, "/legend", 60_000), /answers in \d+ ms$/);
    assert.match(await askApi({ listen: "0.0.0.0", port }, "", 60_000), /^http:\/\/127\.0\.0\.1:/);
    assert.deepEqual(paths, ["/legend/api/health", "/api/health"]);
  } finally {
    await server.shutdown();
  }
});

Deno.test("doctor asks the API: one that hangs, fails or is gone is not well, and the report says what to do", async () => {
  // Like a stopped process: the system accepts the connection, but nothing answers.
  const frozen = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = frozen.addr;
  try {
    await assert.rejects(
      askApi({ listen: "127.0.0.1", port, pid: 77 }, "", 200),
      refusal(/has not answered in 0\.2 s: it hangs; if process 77 still runs, end it .*`legend run`/),
    );
  } finally {
    frozen.close();
  }
  await assert.rejects(
    askApi({ listen: "127.0.0.1", port }, "", 60_000),
    refusal(/cannot be reached; if it still runs, end it/),
  );
  await withServer(
    () => new Response("", { status: 500 }),
    (port) =>
      assert.rejects(askApi({ listen: "127.0.0.1", port }, "", 60_000), refusal(/answers with HTTP 500/)),
  );
});
