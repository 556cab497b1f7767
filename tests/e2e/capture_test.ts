/** `legend capture` and the journal it writes. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { legend, shared, skipShared, withFolder } from "./executable.ts";
import { replay } from "./replay.ts";

Deno.test(
  "a journal of captured blocks replays to the same bytes as the blocks",
  { ignore: skipShared },
  () =>
    withFolder(async (folder) => {
      const journal = `${folder}/executed.journal`;
      const made = await legend([
        "capture",
        "--source",
        `file:${shared("executed/blocks")}`,
        "--out",
        journal,
      ]);
      assert.equal(made.code, 0, made.stderr);
      assert.equal(made.stdout, `14 blocks, 4073 frames in ${journal}\n`);
      const accounts = ["--accounts", shared("executed/accounts_start.ndjson.zst")];
      const [fromJournal, fromBlocks] = [
        await replay([journal, ...accounts]),
        await replay([shared("executed/blocks"), ...accounts]),
      ];
      assert.equal(fromJournal.text, fromBlocks.text);
      const [legs, same] = await Promise.all([
        legend(["decode", journal]),
        legend(["decode", shared("executed/blocks")]),
      ]);
      assert.equal(legs.stdout, same.stdout);
    }),
);

Deno.test("a cut or damaged journal is reported in one line, and what precedes the damage is used", () =>
  withFolder(async (folder) => {
    const journal = `${folder}/x.journal`;
    await legend(["capture", "--source", `file:${ROOT}/examples`, "--out", journal]);
    const bytes = await Deno.readFile(journal);
    for (
      const [name, damaged] of [["cut", bytes.subarray(0, bytes.length - 100)], [
        "flipped",
        bytes.slice(),
      ]] as const
    ) {
      if (name === "flipped") damaged[damaged.length - 100]! ^= 1;
      await Deno.writeFile(`${folder}/${name}.journal`, damaged);
      const { code, stderr } = await legend(["decode", `${folder}/${name}.journal`]);
      assert.equal(code, 1);
      assert.match(stderr, /^Cannot read .*\.journal from byte \d+ on: the record there is cut or damaged$/m);
    }
    await Deno.writeTextFile(`${folder}/none.journal`, "hello");
    assert.match(
      (await legend(["decode", `${folder}/none.journal`])).stderr,
      /it is not a capture journal of this version/,
    );
  }));

Deno.test("capture refuses a missing source and another ending, and leaves nothing behind when a file is broken", () =>
  withFolder(async (folder) => {
    assert.equal((await legend(["capture", "--out", `${folder}/x.journal`])).code, 2);
    assert.equal((await legend(["capture", "--source", "file:x", "--out", `${folder}/x.bin`])).code, 2);
    await Deno.writeTextFile(`${folder}/broken.json`, "{");
    const { code, stderr } = await legend([
      "capture",
      "--source",
      `file:${folder}/broken.json`,
      "--out",
      `${folder}/x.journal`,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot read .*broken\.json: it is not JSON/m);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["broken.json"]);
  }));

Deno.test("an empty block ends its slot in a journal as it does in a file", () =>
  withFolder(async (folder) => {
    const example = JSON.parse(await Deno.readTextFile(`${ROOT}/examples/slot_285000037.json`));
    await Deno.mkdir(`${folder}/in`);
    await Deno.writeTextFile(`${folder}/in/285000037.json`, JSON.stringify(example));
    await Deno.writeTextFile(
      `${folder}/in/285000038.json`,
      JSON.stringify({ ...example, slot: 285000038, transactions: [] }),
    );
    const made = await legend(["capture", "--source", `file:${folder}/in`, "--out", `${folder}/x.journal`]);
    assert.match(made.stdout, /^2 blocks, 20 frames /);
    const [fromFile, fromJournal] = [
      await legend(["decode", `${folder}/in`]),
      await legend(["decode", `${folder}/x.journal`]),
    ];
    assert.equal(fromJournal.stdout, fromFile.stdout);
    const blocks = ({ stderr }: { stderr: string }) => JSON.parse(stderr).blocks;
    assert.deepEqual([blocks(fromFile), blocks(fromJournal)], [2, 2]);
  }));
