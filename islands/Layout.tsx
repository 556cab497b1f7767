/**
 * The frame of every page: bar, status strip, phone bar. Rendered by the server; the strip and the dialogs are
 * hydrated.
 */
import type { ComponentChildren } from "preact";
import { Icon, IconDefs } from "./_icons.tsx";
import { pagesFor } from "./registry.tsx";
import type { CurrentUser } from "./current_user.ts";

export interface LayoutProps {
  /** The name of the page. */
  page: string;
  viewer: CurrentUser;
  prefix: string;
  children: ComponentChildren;
}

export function Layout({ page, viewer, prefix, children }: LayoutProps) {
  const shown = pagesFor(viewer);
  return (
    <>
      <IconDefs />
      <a class="skip" href="#main">Skip to content</a>
      <header class="top">
        <a class="brand" href={`${prefix}/overview`}>legend</a>
        <nav class="nav" aria-label="Main">
          {shown.map(({ name, title }) => (
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
        {shown.flatMap(({ name, title, phone }) =>
          phone
            ? [
              <a
                href={`${prefix}/${name}`}
                key={name}
                {...(name === page ? { "aria-current": "page" as const } : {})}
              >
                <Icon name={phone.icon} />
                {phone.title ?? title}
              </a>,
            ]
            : []
        )}
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
