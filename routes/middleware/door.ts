/**
 * Who a request really comes from, and whether the page that sent it is ours. What a proxy adds is believed of the
 * proxies that the configuration trusts, and of nobody else.
 */
import { isIP } from "node:net";
import { AppError } from "../../core/platform/errors.ts";
import { type AddressRanges, isLoopback, plainAddress } from "../../core/platform/net.ts";
import type { RouteContext } from "../route.ts";

/** What the page's own requests carry: no form and no foreign page can set it. */
export const PAGE_HEADER = { name: "x-requested-with", value: "dashboard" } as const;
/** Proxies in a row that are looked through. */
const HOPS_MAX = 20;

export interface DoorOptions {
  /** Where the API listens. */
  readonly listen: string;
  /** Origins of the page beside the address it listens on. */
  readonly origins: readonly string[];
  readonly proxies: AddressRanges;
}

interface Seen {
  /** Host and port that the browser used; undefined where a proxy does not say. */
  readonly host: string | undefined;
  readonly protocol: string;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #hosts: ReadonlySet<string>;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#hosts = new Set(options.origins.map((origin) => new URL(origin).hostname));
  }

  /** The client's address: the right-most one of X-Forwarded-For that is no trusted proxy's. */
  address(c: RouteContext): string {
    const peer = peerOf(c);
    if (!this.#options.proxies.has(peer)) return peer;
    const hops = (c.req.header("x-forwarded-for") ?? "").split(",").slice(-HOPS_MAX).reverse();
    let nearest = peer;
    for (const hop of hops) {
      const address = plainAddress(bare(hop.trim()));
      // What is left of it was written by nobody who is trusted.
      if (isIP(address) === 0) break;
      nearest = address;
      if (!this.#options.proxies.has(address)) break;
    }
    return nearest;
  }

  /** Whether the request reached the last trusted proxy over TLS. */
  isSecure(c: RouteContext): boolean {
    return this.#seen(c).protocol === "https";
  }

  #seen(c: RouteContext): Seen {
    if (!this.#options.proxies.has(peerOf(c))) return { host: c.req.header("host"), protocol: "http" };
    const last = (name: string) => c.req.header(name)?.split(",").at(-1)?.trim().toLowerCase();
    return {
      host: last("x-forwarded-host"),
      protocol: last("x-forwarded-proto") === "https" ? "https" : "http",
    };
  }

  /** Whether the name in the address bar is one of ours: another one may be a foreign page's, pointed at this host. */
  #isOwnHost(host: string): boolean {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const address = name.replace(/^\[(.*)\]$/, "$1");
    if (isLoopback(address) || this.#hosts.has(name)) return true;
    const { listen } = this.#options;
    // On every address it listens on, each of them is its own; a page cannot give itself an address as its name.
    return address === listen.toLowerCase() || (/^(0\.0\.0\.0|::)$/.test(listen) && isIP(address) !== 0);
  }

  /** Throws `forbidden` for a name that is not ours. */
  checkHost(c: RouteContext): void {
    const { host } = this.#seen(c);
    if (host === undefined || this.#isOwnHost(host)) return;
    throw new AppError(
      "forbidden",
      `Cannot answer under the name ${host.slice(0, 100)}: it is not ours, need it in \`api.origins\``,
    );
  }

  /** Throws `forbidden` when a browser says that a foreign page sends this. */
  checkOrigin(c: RouteContext): void {
    const origin = c.req.header("origin");
    if (origin === undefined || this.#options.origins.includes(origin.toLowerCase())) return;
    const { host, protocol } = this.#seen(c);
    const isOwn = host !== undefined && this.#isOwnHost(host) && sameOrigin(origin, protocol, host);
    if (isOwn) return;
    throw new AppError(
      "forbidden",
      `Cannot go on: the page of another host (${origin.slice(0, 100)}) may not do this; ` +
        "if it is this one's, need it in `api.origins`",
    );
  }

  /** Throws `forbidden` for what the own page cannot have sent. */
  checkPage(c: RouteContext): void {
    if (!isFromPage(c)) {
      throw new AppError("forbidden", "Cannot go on: the header `X-Requested-With: dashboard` is missing");
    }
    this.checkOrigin(c);
  }
}

/** Whether a request says that it is the page's. */
export const isFromPage = (c: RouteContext): boolean => c.req.header(PAGE_HEADER.name) === PAGE_HEADER.value;

/** The other end of the connection. */
export function peerOf(c: RouteContext): string {
  const info = c.env as { remoteAddr?: { hostname?: string } } | undefined;
  return plainAddress(info?.remoteAddr?.hostname ?? "local");
}

/** Without port and brackets. */
function bare(text: string): string {
  const [, inBrackets] = /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(text) ?? [];
  return inBrackets ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}

function sameOrigin(origin: string, protocol: string, host: string): boolean {
  const [theirs, ours] = [origin, `${protocol}://${host}`];
  return URL.canParse(theirs) && URL.canParse(ours) && new URL(theirs).origin === new URL(ours).origin;
}
