/** Checks whether a running API answers: a stopped process keeps its port, but answers nothing. */
import { AppError } from "../core/platform/errors.ts";

const LIMIT_MS = 2_000;
const ANY = /^(0\.0\.0\.0|::)$/;

/** Describes its answer. Throws `AppError` with what to do when there is none within `limitMs`. */
export async function askApi(
  at: { listen: string; port: number; pid?: number },
  prefix: string,
  limitMs = LIMIT_MS,
): Promise<string> {
  const address = ANY.test(at.listen) ? at.listen === "::" ? "::1" : "127.0.0.1" : at.listen;
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${at.port}${prefix}/api/health`;
  const begin = performance.now();
  const bad = (what: string, cause?: unknown): never => {
    const one = at.pid === undefined ? "it" : `process ${at.pid}`;
    throw new AppError(
      "unavailable",
      `${url} ${what}; if ${one} still runs, end it and \`legend run\` restarts it; otherwise start \`legend run\``,
      { cause },
    );
  };
  let status = 0;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs), redirect: "manual" });
    await response.body?.cancel();
    status = response.status;
  } catch (cause) {
    const isLate = cause instanceof DOMException && cause.name === "TimeoutError";
    bad(isLate ? `has not answered in ${limitMs / 1000} s: it hangs` : "cannot be reached", cause);
  }
  // A client that asks too often gets an answer too.
  if (status !== 200 && status !== 429) bad(`answers with HTTP ${status}`);
  return `${url} answers in ${(performance.now() - begin).toFixed(0)} ms`;
}
