/** Reads a page's address, and reports what it cannot use. */

/** Parameters that the UI contract reserves; it is not the reader's mistake that they do nothing yet. */
const LATER: ReadonlySet<string> = new Set([
  "dex",
  "out",
  "kind",
  "tier",
  "t",
  "chart",
  "tab",
  "model",
  "job",
  "from",
  "who",
]);

/** One line for each parameter that the page does not use. */
export function ignored(search: string, known: readonly string[]): string[] {
  const names = [...new Set(new URLSearchParams(search).keys())].filter((name) => !known.includes(name));
  return names.map((name) =>
    `${name.slice(0, 40)}: ${LATER.has(name) ? "this page cannot filter by it yet" : "not known"}`
  );
}

/** What the live table shows, according to the address. */
export interface TableAddress {
  readonly query: string;
  /** Only rows that this term refused, among others; "": published rows. */
  readonly gate: string;
  /** Tiers of evidence that are never published; empty: published rows. */
  readonly tiers: readonly string[];
  /** The decision in the drawer. */
  readonly selected: string | null;
  /** What was ignored, and why. */
  readonly notes: readonly string[];
}

const EVIDENCE_TIERS: readonly string[] = ["B", "C"];

/** Never throws; lists what it cannot use. */
export function tableAddress(search: string, isSandwich: boolean): TableAddress {
  const params = new URLSearchParams(search);
  const notes = ignored(search, ["q", "gate", "sel", ...(isSandwich ? ["tier"] : [])]);
  const gate = params.get("gate") ?? "";
  let tiers: string[] = [];
  if (isSandwich && params.get("tier")) {
    const names = params.get("tier")!.split(",");
    const odd = names.filter((tier) => !EVIDENCE_TIERS.includes(tier));
    if (odd.length > 0) notes.push(`tier: \`${odd.join(",").slice(0, 40)}\`, need B, C or B,C`);
    else if (gate) notes.push("tier: ignored, because gate is set");
    else tiers = EVIDENCE_TIERS.filter((tier) => names.includes(tier));
  }
  return { query: params.get("q") ?? "", gate, tiers, selected: params.get("sel") || null, notes };
}

/** The page's address with one parameter changed; "" removes it. */
export function withParam(search: string, name: string, value: string): string {
  const params = new URLSearchParams(search);
  if (value) params.set(name, value);
  else params.delete(name);
  const text = params.toString();
  return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
}
