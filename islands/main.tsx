/** Hydrates the islands of the page, and handles what every page has: theme, copy, logout, shortcuts for navigation. */
import { type ComponentType, h, hydrate, render } from "preact";
import { api, prefix } from "./api.ts";
import { copyText } from "./clipboard.ts";
import { HostFlags, hostFlags } from "./host_command.ts";
import { KeysDialog } from "./KeysDialog.tsx";
import { isTyping } from "./keys.ts";
import { type IslandName, ISLANDS, PAGES } from "./registry.tsx";
import { announce } from "./announce.ts";

const flags = hostFlags();
for (const place of document.querySelectorAll<HTMLElement>("[data-island]")) {
  const island = ISLANDS[place.dataset.island as IslandName] as ComponentType<Record<string, unknown>>;
  const props = JSON.parse(place.dataset.props ?? "{}");
  hydrate(h(HostFlags.Provider, { value: flags, children: h(island, props) }), place);
}

document.addEventListener("click", async (event) => {
  const target = event.target as Element;
  if (target.closest("[data-theme-toggle]")) {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    // The server renders the next page in this theme, without a flash.
    document.cookie = `legend_theme=${root.dataset.theme}; path=${
      prefix() || "/"
    }; max-age=31536000; samesite=strict`;
    announce(`${root.dataset.theme} theme`);
  }
  const copy = target.closest<HTMLElement>("[data-copy]");
  if (copy) {
    if (await copyText(copy.dataset.copy!, copy)) {
      copy.dataset.done = "";
      setTimeout(() => delete copy.dataset.done, 1_200);
    }
  }
  if (target.closest("[data-logout]")) {
    await api("POST /api/auth/logout", {}).catch(() => {});
    location.assign(`${prefix()}/login`);
  }
});

const GO = new Map(PAGES.map(({ key, name }) => [key, name]));
/** How long after `g` the second key is accepted. */
const SECOND_KEY_MS = 1_000;
let went = -Infinity;

/** The list of shortcuts; closed in any way that closes a dialog. */
function showKeys(): void {
  const place = document.body.appendChild(document.createElement("div"));
  const close = () => {
    render(null, place);
    place.remove();
  };
  render(h(KeysDialog, { onClose: close }), place);
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  if (event.key === "?") return showKeys();
  const page = GO.get(event.key);
  if (page && performance.now() - went < SECOND_KEY_MS) {
    // Here the key has no other meaning.
    event.stopImmediatePropagation();
    location.assign(`${prefix()}/${page}`);
  }
  went = event.key === "g" ? performance.now() : -Infinity;
}, { capture: true });
