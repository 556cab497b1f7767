import assert from "node:assert/strict";
import { AnchorFile, headOfLine } from "./anchor_file.ts";

Deno.test("AnchorFile: who holds the file keeps nobody for long; without a new head it is not looked at", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-anchor-" });
  const path = `${folder}/anchor`;
  const heads = [1, 2].map((seq) => ({ seq, bytes: new Uint8Array([seq]) }));
  let known = 1;
  const after = (seq: number) => heads.filter((head) => head.seq > seq && head.seq <= known);
  const stands = async () =>
    (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => headOfLine(line)?.[0]);
  try {
    const anchor = new AnchorFile(path);
    await anchor.append(after);
    assert.deepEqual(await stands(), [1]);

    using holder = await Deno.open(path, { read: true, write: true });
    await holder.lock(true);
    await anchor.append(after);
    known = 2;
    let turns = 0;
    const timer = setInterval(() => turns += 1, 10);
    await assert.rejects(anchor.append(after), /another process has held it/);
    clearInterval(timer);
    assert.ok(turns > 3, `${turns} turns of the event loop while the file was held`);
    assert.deepEqual(await stands(), [1]);
    await holder.unlock();
    await anchor.append(after);
    assert.deepEqual(await stands(), [1, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
