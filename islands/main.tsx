/** Wakes the islands of the page, and the few things that every page has: theme, copy, log out, keys to go somewhere. */
import { type ComponentType, h, hydrate } from "preact";
import { api, prefix } from "./api.ts";
import { type IslandName, ISLANDS } from "./registry.ts";

for (const place of document.querySelectorAll<HTMLElement>("[data-island]")) {
  const island = ISLANDS[place.dataset.island as IslandName] as ComponentType<Record<string, unknown>>;
  hydrate(h(island, JSON.parse(place.dataset.props ?? "{}")), place);
}

const say = (text: string) => {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
};

document.addEventListener("click", async (event) => {
  const target = event.target as Element;
  if (target.closest("[data-theme-toggle]")) {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    // The server draws the next page in it, without a flash.
    document.cookie = `legend_theme=${root.dataset.theme}; path=${
      prefix() || "/"
    }; max-age=31536000; samesite=strict`;
    say(`${root.dataset.theme} theme`);
  }
  const copy = target.closest<HTMLElement>("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy!);
      copy.dataset.done = "";
      setTimeout(() => delete copy.dataset.done, 1_200);
      say("Copied");
    } catch {
      say("The browser refused to copy. Select the text and copy it by hand.");
    }
  }
  if (target.closest("[data-logout]")) {
    await api("POST", "/api/auth/logout").catch(() => {});
    location.assign(`${prefix()}/login`);
  }
});

const GO: Record<string, string> = {
  o: "overview",
  a: "arbitrage",
  s: "sandwich",
  p: "settings",
  u: "audit",
};
let went = 0;
document.addEventListener("keydown", (event) => {
  if (
    (event.target as Element).closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey ||
    event.altKey
  ) return;
  const page = GO[event.key];
  if (page && performance.now() - went < 1_000) location.assign(`${prefix()}/${page}`);
  went = event.key === "g" ? performance.now() : 0;
});
