/**
 * The markets against the DEXes' own SDKs on seeded states. An SDK that cannot be installed skips its test;
 * `LEGEND_ORACLES=none` skips all.
 */
import assert from "node:assert/strict";
import { say } from "../../tools/command.ts";
import { messageOf } from "../../core/platform/errors.ts";
import { ORACLES } from "./rows.ts";
import { compare, install, isEqual, tallyOf } from "./run.ts";

/** Whether a variable leaves out what it is about. */
const isLeftOut = (variable: string) => Deno.env.get(variable) === "none";

for (const oracle of ORACLES) {
  const isOff = isLeftOut("LEGEND_ORACLES") || (oracle.isOfSnapshots === true && isLeftOut("LEGEND_SHARED"));
  const folder = isOff ? undefined : await install(oracle).catch((error) => {
    say(`${oracle.id}: skipped, its SDK cannot be installed: ${messageOf(error)}`);
    return undefined;
  });
  Deno.test({
    name: `${oracle.id}: every answer of its own SDK on seeded states is the market's`,
    ignore: folder === undefined,
    async fn() {
      const { different, ...tally } = await compare(oracle, folder!);
      say(`${oracle.id}: ${JSON.stringify(tally)}`);
      assert.deepEqual(different, []);
      assert.deepEqual(tally.equal, tally.questions);
      assert(tally.questions >= oracle.questions, `${tally.questions} questions`);
      assert(tally.refused * 2 < tally.questions, "most questions have an amount for an answer");
    },
  });
}

const asked = { side: "a", exact: "in", amount: "5" };

Deno.test("an answer is equal when it has the amounts that the SDK names, or refuses where it refuses", () => {
  const want = { in: "5", out: "7" };
  assert(isEqual({ ...asked, want }, want));
  assert(isEqual({ ...asked, want: { out: "7" } }, want));
  assert(isEqual({ ...asked, want: null }, { refused: "why" }));
  for (const answer of [{ in: "5", out: "8" }, { in: "6", out: "7" }, { refused: "why" }, {}]) {
    assert(!isEqual({ ...asked, want }, answer));
  }
  assert(!isEqual({ ...asked, want: null }, want));
  assert(!isEqual({ ...asked, want: {} }, want), "an SDK that says nothing is not a witness");
});

Deno.test("what differs is counted and named; a missing answer is not a comparison", () => {
  const right = { ...asked, want: { out: "7" }, plain: "8" };
  const answers = [{ in: "5", out: "7" }, { refused: "why" }, { in: "5", out: "6" }];
  const tally = tallyOf([right, { ...asked, want: null }, right], answers);
  const { different, ...counts } = tally;
  assert.deepEqual(counts, { questions: 3, equal: 2, refused: 1, corrected: 1 });
  assert.deepEqual(different, [`a in 5: {"out":"7"}, {"in":"5","out":"6"}`]);
  assert.throws(() => tallyOf([right, right], answers), /2 questions have 3 answers/);
});
