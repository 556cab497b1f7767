/** What a page takes from its address, and what it has to say of the rest. */

/** What an address may say one day, by UI contract; it is not an error of the reader's that it does nothing yet. */
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

/** One line on each parameter that the page does not use. */
export function ignored(search: string, known: readonly string[]): string[] {
  const names = [...new Set(new URLSearchParams(search).keys())].filter((name) => !known.includes(name));
  return names.map((name) =>
    `${name.slice(0, 40)}: ${LATER.has(name) ? "this page does not filter by it yet" : "not known"}`
  );
}

/** What the live table shows. */
export interface TableAddress {
  readonly query: string;
  /** Rows of which this term is among those that refused; "": what is published. */
  readonly gate: string;
  /** Tiers of evidence that are never published; none: what is published. */
  readonly tiers: readonly string[];
  /** The decision in the drawer. */
  readonly selected: string | null;
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

const EVIDENCE_TIERS: readonly string[] = ["B", "C"];

/** Never throws: what it cannot use it names. */
export function tableAddress(search: string, isSandwich: boolean): TableAddress {
  const params = new URLSearchParams(search);
  const notes = ignored(search, ["q", "gate", "sel", ...(isSandwich ? ["tier"] : [])]);
  const gate = params.get("gate") ?? "";
  let tiers: string[] = [];
  if (isSandwich && params.get("tier")) {
    const wanted = params.get("tier")!.split(",");
    const odd = wanted.filter((tier) => !EVIDENCE_TIERS.includes(tier));
    if (odd.length > 0) notes.push(`tier: \`${odd.join(",").slice(0, 40)}\`, need B, C or B,C`);
    else if (gate) notes.push("tier: not used beside gate");
    else tiers = EVIDENCE_TIERS.filter((tier) => wanted.includes(tier));
  }
  return { query: params.get("q") ?? "", gate, tiers, selected: params.get("sel") || null, notes };
}

/** The page's address with a parameter changed; "" takes it away. */
export function withParam(search: string, name: string, value: string): string {
  const params = new URLSearchParams(search);
  if (value) params.set(name, value);
  else params.delete(name);
  const text = params.toString();
  return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
}
