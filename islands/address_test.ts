import assert from "node:assert/strict";
import { ignored, tableAddress } from "./address.ts";

Deno.test("an address says what is shown, and every parameter that does nothing is named", () => {
  const rows: [string, boolean, Partial<ReturnType<typeof tableAddress>>][] = [
    ["", true, { query: "", gate: "", tiers: [], selected: null, notes: [] }],
    ["?q=BORK&gate=ev_min&sel=ab12", false, { query: "BORK", gate: "ev_min", selected: "ab12", notes: [] }],
    ["?tier=B,C", true, { tiers: ["B", "C"], notes: [] }],
    ["?tier=C", true, { tiers: ["C"], notes: [] }],
    ["?tier=A", true, { tiers: [], notes: ["tier: `A`, need B, C or B,C"] }],
    ["?tier=B", false, { tiers: [], notes: ["tier: this page cannot filter by it yet"] }],
    ["?tier=B&gate=ev_min", true, {
      tiers: [],
      gate: "ev_min",
      notes: ["tier: ignored, because gate is set"],
    }],
    ["?foo=1&dex=dlmm&foo=2", true, {
      notes: ["foo: not known", "dex: this page cannot filter by it yet"],
    }],
  ];
  for (const [search, isSandwich, names] of rows) {
    const found = tableAddress(search, isSandwich);
    for (const [name, value] of Object.entries(names)) {
      assert.deepEqual(found[name as keyof typeof found], value, `${search} ${name}`);
    }
  }
  assert.deepEqual(ignored("?m=mev", ["m"]), []);
});
