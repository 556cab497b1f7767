/** The API's port. It stays open whatever happens to a connection, and the doorkeeper limits all connections. */
import { AppError, messageOf } from "../core/platform/errors.ts";
import { descriptors, type Doorkeeper, type Peer } from "../ffi/door.ts";
import type { Library } from "../ffi/library.ts";
import { delay } from "../core/platform/delay.ts";

/** How long open connections may take to end. */
const SHUTDOWN_MS = 2_000;
/** How often the doorkeeper learns which clients are inside a handler. */
const STATUS_EVERY_MS = 1_000;
/** Pause before the port is opened again. */
const RETRY_MS = 200;

/** File descriptors that the API needs without any client, and the reserve that each process must keep. */
export const DESCRIPTORS_MIN = 128;
export const DESCRIPTORS_KEPT = 32;

/** Throws `unavailable` when this process may open too few files and sockets for its work. */
export function needDescriptors(library: Library, what: string, least: number): void {
  const { limit } = descriptors(library);
  if (limit >= least) return;
  throw new AppError(
    "unavailable",
    `Cannot start ${what}: a process may have ${limit} open files here, need ${least}; ` +
      "raise `ulimit -n`, or LimitNOFILE= of the unit",
  );
}

type Handler = (request: Request, info: unknown) => Response | Promise<Response>;

export interface ApiServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly handler: Handler;
  readonly keeper: Doorkeeper;
  readonly signal: AbortSignal;
  say(line: string): void;
}

interface Info {
  readonly remoteAddr: Peer;
}

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #inside = new Set<Info>();
  readonly #timer: ReturnType<typeof setInterval>;
  #server: Deno.HttpServer;

  /** Throws `unavailable` when the port cannot be opened. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#server = this.#listen();
    this.#timer = setInterval(
      () => options.keeper.busy([...this.#inside].map((info) => info.remoteAddr)),
      STATUS_EVERY_MS,
    );
  }

  #listen(): Deno.HttpServer {
    const { hostname, port, say } = this.#options;
    let server: Deno.HttpServer;
    try {
      server = Deno.serve({
        hostname,
        port,
        onListen: () => {},
        onError: (error) => {
          say(`Cannot answer a request: ${messageOf(error)}`);
          return new Response("Cannot answer: an internal error, see the log", { status: 500 });
        },
      }, (request, info) => this.#handle(request, info as Info));
    } catch (cause) {
      const why = cause instanceof Deno.errors.AddrInUse
        ? "another program listens there, use another --port"
        : messageOf(cause);
      throw new AppError("unavailable", `Cannot listen on ${hostname}:${port}: ${why}`, { cause });
    }
    // The server ends by itself when no descriptor is left for a connection; open connections are still served.
    server.finished.catch((error) => this.#retry(messageOf(error)));
    return server;
  }

  #handle(request: Request, info: Info): Response | Promise<Response> {
    const made = this.#options.handler(request, info);
    if (made instanceof Response) return made;
    this.#inside.add(info);
    const over = () => void this.#inside.delete(info);
    made.then(over, over);
    return made;
  }

  async #retry(why: string): Promise<void> {
    const { signal, say } = this.#options;
    say(`Cannot accept connections, trying again: ${why}`);
    while (!signal.aborted) {
      await delay(RETRY_MS);
      if (signal.aborted) return;
      try {
        this.#server = this.#listen();
        return;
      } catch {
        // Still no descriptor is free; the line above has reported it.
      }
    }
  }

  /** Ends the server. Without the limit, a client that does not read would delay the end for ever. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const over = new AbortController();
    await Promise.race([this.#server.shutdown().catch(() => {}), delay(SHUTDOWN_MS, over.signal)]);
    over.abort();
  }
}
