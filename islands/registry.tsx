/** The islands by name (rendered by the server, hydrated by the browser) and the pages: one row each. */
import type { ComponentChildren } from "preact";
import type { FleetAgent } from "../core/control/fleet.ts";
import type { IconName } from "./_icons.tsx";
import AuditTable from "./AuditTable.tsx";
import Datasets from "./Datasets.tsx";
import KillDialog from "./KillDialog.tsx";
import LiveTable from "./LiveTable.tsx";
import LoginForm from "./LoginForm.tsx";
import LoginSheet from "./LoginSheet.tsx";
import Overview from "./Overview.tsx";
import Settings from "./Settings.tsx";
import StatusStrip from "./StatusStrip.tsx";
import Training from "./Training.tsx";
import type { CurrentUser } from "./current_user.ts";

export const ISLANDS = {
  AuditTable,
  Datasets,
  KillDialog,
  LiveTable,
  LoginForm,
  LoginSheet,
  Overview,
  Settings,
  StatusStrip,
  Training,
};
export type IslandName = keyof typeof ISLANDS;

/** What the server knows when it renders a page. */
export interface PageParts {
  readonly viewer: CurrentUser;
  readonly prefix: string;
  agents(): FleetAgent[];
}

/** A page: its address, its place in every menu, and the island that it shows. */
export interface PageRow {
  /** Its path. */
  readonly name: string;
  readonly title: string;
  /** The key that goes there, after `g`. */
  readonly key: string;
  /** Shown in a phone's bottom bar, which has room for four; the others are under its More, which is the settings. */
  readonly phone?: { readonly icon: IconName; readonly title?: string };
  /** Hidden from viewers. */
  readonly audit?: true;
  readonly island: IslandName;
  props(parts: PageParts): Record<string, unknown>;
  /** Content above the island. */
  before?(parts: PageParts): ComponentChildren;
}

/** In the order of the menus; a login leads to the first. */
export const PAGES: readonly PageRow[] = [
  {
    name: "overview",
    title: "Overview",
    key: "o",
    phone: { icon: "home" },
    island: "Overview",
    props: ({ viewer, prefix, agents }) => ({
      agents: agents(),
      admin: viewer.role === "admin",
      audit: viewer.role !== "viewer",
      prefix,
    }),
  },
  {
    name: "arbitrage",
    title: "Arbitrage",
    key: "a",
    phone: { icon: "arb" },
    island: "LiveTable",
    props: () => ({ module: "arbitrage" }),
  },
  {
    name: "sandwich",
    title: "Sandwich",
    key: "s",
    phone: { icon: "sand" },
    island: "LiveTable",
    props: () => ({ module: "mev" }),
    before: () => (
      <div class="notice" data-s="paper">
        <div class="grow s">
          Detected, scored and shadowed; nothing is submitted. Outcomes are inferred from what landed.
        </div>
      </div>
    ),
  },
  { name: "datasets", title: "Datasets", key: "d", island: "Datasets", props: isAdmin },
  { name: "training", title: "Training", key: "t", island: "Training", props: isAdmin },
  {
    name: "settings",
    title: "Settings",
    key: "p",
    phone: { icon: "more", title: "More" },
    island: "Settings",
    props: ({ viewer, agents }) => ({ agents: agents(), viewer }),
    before: ({ viewer, prefix }) => (
      <nav class="row only-s" aria-label="More pages">
        {pagesFor(viewer).filter(({ phone }) => !phone).map(({ name, title }) => (
          <a class="btn" key={name} href={`${prefix}/${name}`}>{title}</a>
        ))}
      </nav>
    ),
  },
  { name: "audit", title: "Audit", key: "u", audit: true, island: "AuditTable", props: () => ({}) },
];

function isAdmin({ viewer }: PageParts): Record<string, unknown> {
  return { admin: viewer.role === "admin" };
}

/** The pages that a user may see. */
export const pagesFor = (viewer: CurrentUser): readonly PageRow[] =>
  PAGES.filter(({ audit }) => !audit || viewer.role !== "viewer");
