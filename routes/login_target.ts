/** Where a login leads: only to one of our pages. */
import { PAGES } from "../islands/registry.tsx";

const NEXT_MAX = 1_024;

/** `text` when it is the path of one of our pages with its query, else undefined. */
export function ownPage(text: string | undefined, prefix: string): string | undefined {
  if (!text || text.length > NEXT_MAX || !/^\/[\x21-\x7e]*$/.test(text) || text.includes("\\")) {
    return undefined;
  }
  const base = "http://own.invalid";
  if (!URL.canParse(text, base)) return undefined;
  const { origin, pathname, search, hash } = new URL(text, base);
  const isPage = PAGES.some(({ name }) => pathname === `${prefix}/${name}`);
  return origin === base && isPage ? `${pathname}${search}${hash}` : undefined;
}

/** `?next=…` for a requested page; "" for the page to which a login leads anyway. */
export function nextQuery(url: string, prefix: string): string {
  const { pathname, search } = new URL(url);
  const next = ownPage(`${pathname}${search}`, prefix);
  return next === undefined || next === `${prefix}/overview` ? "" : `?next=${encodeURIComponent(next)}`;
}
