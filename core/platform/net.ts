/** Addresses and origins as the configuration gives them. */
import { BlockList, isIP } from "node:net";

const LISTED_MAX = 100;

/** The parts of a comma-separated list. */
export const listOf = (text: string): string[] => text.split(",").map((one) => one.trim()).filter(Boolean);

/** Converts an IPv4 address that came through an IPv6 socket to plain IPv4. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** Whether a name or an address without brackets means only this host. */
export const isLoopback = (host: string): boolean => /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);

/** The network of one household: the first 64 bits of an IPv6 address; an IPv4 address as it is. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":").length : 0;
  if (tail !== undefined) { while (groups.length + after < 8) groups.push("0"); }
  return `${
    groups.concat(tail ? tail.split(":") : []).slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(
      ":",
    )
  }::/64`;
}

export class AddressRanges {
  readonly #list = new BlockList();
  readonly isEmpty: boolean;
  /** Address and prefix length of each range. */
  readonly entries: readonly (readonly [address: string, bits: number])[];

  /** `10.0.0.0/8,::1`. Throws with the entry that is not a range. */
  constructor(text: string) {
    const listed = listOf(text);
    if (listed.length > LISTED_MAX) throw new Error(`need at most ${LISTED_MAX} addresses`);
    this.isEmpty = listed.length === 0;
    this.entries = listed.map((entry) => {
      const [address = "", bits, ...more] = entry.split("/");
      const family = isIP(address);
      const bitsMax = family === 4 ? 32 : 128;
      const isRight = family !== 0 && more.length === 0 &&
        (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax));
      if (!isRight) throw new Error(`\`${entry}\` is not an address or a range like 10.0.0.0/8`);
      const counted = bits === undefined ? bitsMax : Number(bits);
      this.#list.addSubnet(address, counted, `ipv${family as 4 | 6}`);
      return [address, counted] as const;
    });
  }

  has(address: string): boolean {
    const family = isIP(address);
    return !this.isEmpty && family !== 0 && this.#list.check(address, `ipv${family as 4 | 6}`);
  }
}

/** `https://legend.example,http://10.0.0.5:8080`. Throws with the entry that is not an origin. */
export function originsOf(text: string): string[] {
  const entries = listOf(text);
  if (entries.length > LISTED_MAX) throw new Error(`need at most ${LISTED_MAX} origins`);
  return entries.map((entry) => {
    const url = URL.canParse(entry) ? new URL(entry) : null;
    const isRight = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !/[?#@]/.test(entry);
    if (!isRight) throw new Error(`\`${entry}\` is not an origin like https://legend.example`);
    return url.origin;
  });
}
