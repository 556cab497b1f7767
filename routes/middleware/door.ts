/**
 * Determines the true client of a request, and whether its page is ours. Headers added by a proxy are trusted only when
 * the configuration trusts that proxy.
 */
import { isIP } from "node:net";
import { AppError } from "../../core/platform/errors.ts";
import { type AddressRanges, isLoopback, plainAddress } from "../../core/platform/net.ts";
import type { RouteContext } from "../route.ts";

/** Header of the page's own requests: no form and no foreign page can set it. */
export const PAGE_HEADER = { name: "x-requested-with", value: "dashboard" } as const;
/** Maximum proxies in a chain that are evaluated. */
const HOPS_MAX = 20;

export interface DoorOptions {
  /** Where the API listens. */
  readonly listen: string;
  /** Origins of the page, besides the address that the API listens on. */
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

  /** The client's address: the right-most one in X-Forwarded-For that does not belong to a trusted proxy. */
  address(c: RouteContext): string {
    const peer = peerOf(c);
    if (!this.#options.proxies.has(peer)) return peer;
    const hops = (c.req.header("x-forwarded-for") ?? "").split(",").slice(-HOPS_MAX).reverse();
    let nearest = peer;
    for (const hop of hops) {
      const address = plainAddress(bare(hop.trim()));
      // What is left of this was not written by a trusted proxy.
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

  /**
   * Whether the host name in the request is one of ours: another name may be a foreign page's that resolves to this
   * host.
   */
  #isOwnHost(host: string): boolean {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const address = name.replace(/^\[(.*)\]$/, "$1");
    if (isLoopback(address) || this.#hosts.has(name)) return true;
    const { listen } = this.#options;
    // When listening on every address, each address is our own; a page cannot take an IP address as its name.
    return address === listen.toLowerCase() || (/^(0\.0\.0\.0|::)$/.test(listen) && isIP(address) !== 0);
  }

  /** Throws `forbidden` for a name that is not ours. */
  checkHost(c: RouteContext): void {
    const { host } = this.#seen(c);
    if (host === undefined || this.#isOwnHost(host)) return;
    throw new AppError(
      "forbidden",
      `Cannot answer under the name ${
        host.slice(0, 100)
      }: it is not a name of this installation, add it to \`api.origins\``,
    );
  }

  /** Throws `forbidden` when the browser's headers show that a foreign page sent the request. */
  checkOrigin(c: RouteContext): void {
    const origin = c.req.header("origin");
    if (origin === undefined || this.#options.origins.includes(origin.toLowerCase())) return;
    const { host, protocol } = this.#seen(c);
    const isOwn = host !== undefined && this.#isOwnHost(host) && sameOrigin(origin, protocol, host);
    if (isOwn) return;
    throw new AppError(
      "forbidden",
      `Cannot continue: a page of another host (${origin.slice(0, 100)}) may not do this; ` +
        "if this origin belongs to the installation, add it to `api.origins`",
    );
  }

  /** Throws `forbidden` for a request that our own page cannot have sent. */
  checkPage(c: RouteContext): void {
    if (!isFromPage(c)) {
      throw new AppError("forbidden", "Cannot continue: the header `X-Requested-With: dashboard` is missing");
    }
    this.checkOrigin(c);
  }
}

/** Whether a request claims to come from the page. */
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
