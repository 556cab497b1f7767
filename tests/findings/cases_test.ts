/** Inputs that were once read wrongly or not at all: each file alone, against the legs that are true. */
import assert from "node:assert/strict";
import { legend, lines, shared, skipShared } from "../e2e/executable.ts";
import { replay } from "../e2e/replay.ts";

type Leg = Record<string, string | number | boolean>;

interface Truth {
  file: string;
  legs?: Leg[];
}

/** Said of a leg in words, not a field of ours. */
const REMARKS = ["witness", "note"];
/**
 * Legs that truth.ndjson does not list and that are true all the same. 6RCm… takes 1,066,600,707 wrapped lamports
 * (its vault Az7WRd… holds just so many more afterwards) and pays 110,811,947 USDC: as in damm_v2.json, which lists it.
 */
const MORE: Record<string, Leg[]> = {
  "pump_exact_quote_in_v3.json": [
    { dex: "6RCmQ8XMQCJnPbNDQa8U9ucAS9hk4tXQeps96V7p6aRY", in_amount: "1066600707", out_amount: "110811947" },
  ],
};

const file = (name: string) => shared(`cases/${name}`);

function isThatLeg(want: Leg, got: Leg): boolean {
  return Object.entries(want).every(([field, value]) => {
    if (REMARKS.includes(field)) return true;
    if (field === "pool_prefix") return String(got.pool).startsWith(String(value));
    // A program without a name.
    if (field === "dex" && String(value).length > 30) return got.dex === `unknown:${value}`;
    return got[field] === value;
  });
}

async function legsOf(name: string): Promise<Leg[]> {
  const { code, stdout, stderr } = await legend(["decode", file(name)]);
  assert.equal(code, 0, `${name}: ${stderr}`);
  return lines<Leg>(stdout);
}

const truth: Truth[] = skipShared ? [] : lines<Truth>(Deno.readTextFileSync(file("truth.ndjson")));

for (const { file: name, legs } of truth) {
  // What cannot be read has a test of its own.
  if (legs === undefined || name === "broken.json") continue;
  Deno.test(`engine: ${name} gives its true legs and no other`, async () => {
    const left = await legsOf(name);
    for (const want of [...legs, ...MORE[name] ?? []]) {
      const at = left.findIndex((got) => isThatLeg(want, got));
      assert.notEqual(at, -1, `no leg ${JSON.stringify(want)} in ${JSON.stringify(left)}`);
      left.splice(at, 1);
    }
    assert.deepEqual(left, [], "a leg too many");
  });
}

const ignore = skipShared;

Deno.test("engine 4: t22_two_legs.json gives 344448 twice, exactly", { ignore }, async () => {
  const [first, second] = await legsOf("t22_two_legs.json");
  for (const leg of [first!, second!]) {
    assert.deepEqual([leg.in_amount, leg.trader_in, leg.exact], ["344448", "358800", undefined]);
  }
});

for (const number of [1, 2, 3]) {
  Deno.test(
    `engine 2: simulated_multi_hop_${number}.json gives one leg for each hop`,
    { ignore },
    async () => {
      const legs = await legsOf(`simulated_multi_hop_${number}.json`);
      assert.deepEqual(legs.map(({ dex, leg }) => [dex, leg]), [["pump_fun", 0], ["pump_fun", 1]]);
      // What one hop pays is what the next one takes, in the same mint.
      assert.deepEqual([legs[1]!.in_mint, legs[1]!.in_amount], [legs[0]!.out_mint, legs[0]!.trader_out]);
      assert.notEqual(legs[0]!.in_mint, legs[1]!.out_mint);
    },
  );
}

Deno.test(
  "engine 3: two strangers behind one router account are no sandwich of any tier",
  { ignore },
  async () => {
    const { events } = await replay([file("router_two_strangers.json")]);
    assert.deepEqual(events, []);
  },
);

Deno.test(
  "engine 3: attacker and victim behind one router account are one sandwich",
  { ignore },
  async () => {
    const { events } = await replay([file("router_attack_and_victim.json")]);
    assert.equal(events.length, 1);
    const [{ kind, front, victims, back }] = events as [typeof events[0]];
    assert.deepEqual([kind, front.length, victims.length, back.length], ["sandwich", 1, 1, 1]);
  },
);

Deno.test("engine 11: the same block given twice counts once", { ignore }, async () => {
  const block = shared("blocks/slot_285000037.json.zst");
  const once = await replay([block]);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.copyFile(block, `${folder}/block_285000037.json.zst`);
    const twice = await replay([block, folder]);
    assert.equal(twice.summary.sha256, once.summary.sha256);
    assert.deepEqual(twice.events, once.events);
    const { repeated, transactions } = twice.summary as typeof twice.summary & { repeated: number };
    assert.deepEqual([transactions, repeated], [557, 557]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
