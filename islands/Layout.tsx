/** What every page has around it: bar, status strip, phone bar. Rendered by the server; the strip and the dialogs wake up. */
import type { ComponentChildren } from "preact";
import { Icon, IconDefs } from "./_icons.tsx";

export const PAGES = [
  ["overview", "Overview"],
  ["arbitrage", "Arbitrage"],
  ["sandwich", "Sandwich"],
  ["datasets", "Datasets"],
  ["training", "Training"],
  ["settings", "Settings"],
  ["audit", "Audit"],
] as const;
export type PageName = (typeof PAGES)[number][0];

export interface Viewer {
  user: string;
  role: "admin" | "auditor" | "viewer";
}

export interface LayoutProps {
  page: PageName;
  viewer: Viewer;
  prefix: string;
  children: ComponentChildren;
}

export function Layout({ page, viewer, prefix, children }: LayoutProps) {
  const shown = PAGES.filter(([name]) => name !== "audit" || viewer.role !== "viewer");
  return (
    <>
      <IconDefs />
      <a class="skip" href="#main">Skip to content</a>
      <header class="top">
        <a class="brand" href={`${prefix}/overview`}>legend</a>
        <nav class="nav" aria-label="Main">
          {shown.map(([name, title]) => (
            <a
              href={`${prefix}/${name}`}
              key={name}
              {...(name === page ? { "aria-current": "page" as const } : {})}
            >
              {title}
            </a>
          ))}
        </nav>
        <div class="end">
          <span class="s t2 hide-s">{viewer.user}</span>
          <span class="badge">{viewer.role}</span>
          <button
            type="button"
            class="btn btn-q btn-i"
            data-theme-toggle
            aria-label="Switch between light and dark"
          >
            <Icon name="theme" />
          </button>
          <button type="button" class="btn btn-q" data-logout>Log out</button>
        </div>
      </header>
      {children}
      <nav class="botnav" aria-label="Main, phone">
        {([["overview", "home"], ["arbitrage", "arb"], ["sandwich", "sand"], ["settings", "more"]] as const)
          .map(([name, icon]) => (
            <a
              href={`${prefix}/${name}`}
              key={name}
              {...(name === page ? { "aria-current": "page" as const } : {})}
            >
              <Icon name={icon} />
              {name === "settings" ? "More" : PAGES.find(([one]) => one === name)![1]}
            </a>
          ))}
        {viewer.role === "admin" && (
          <button type="button" class="btn btn-d kill" data-open-kill>
            <Icon name="kill" />Kill…
          </button>
        )}
      </nav>
      <div id="say" class="sr" role="status" aria-live="polite"></div>
    </>
  );
}
