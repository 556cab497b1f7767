/** Seeded fees of the Pump programs, as the fee program's account has them. */
import { Buffer } from "node:buffer";
import { little, packed, type Random } from "./sdk.ts";

export const FEE_PROGRAM = "pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ";

const rates = (random: Random) =>
  packed(24, ...[20n, 100n, 100n].map((most) => little(random.of([0n, 2n, 5n, random.below(most)]), 8)));

/** Tiers that ascend from 0. */
function tiers(random: Random, bits: number): Buffer {
  const starts = Array.from({ length: 1 + Number(random.below(25n)) }, () => random.sized(bits));
  starts.sort((a, b) => (a < b ? -1 : 1));
  const rows = starts.map((start, place) => packed(40, little(place === 0 ? 0n : start, 16), rates(random)));
  return packed(0, little(rows.length, 4), ...rows);
}

/** A fee program's account: for each state another. */
export function feeConfig(random: Random): Buffer {
  const stable = random.below(4n) === 0n ? Buffer.alloc(4) : tiers(random, 44);
  const other = random.below(2n) === 0n ? Buffer.alloc(24) : rates(random);
  const tag = [143, 52, 146, 187, 219, 123, 76, 155];
  return packed(4097, tag, Buffer.alloc(33), rates(random), tiers(random, 44), stable, other);
}
