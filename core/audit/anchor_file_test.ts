import assert from "node:assert/strict";
import { AnchorFile, headOfLine } from "./anchor_file.ts";

Deno.test("headOfLine() reads a head of its line, and of nothing else", () => {
  assert.deepEqual(headOfLine("7 AQID"), Uint8Array.of(1, 2, 3));
  assert.deepEqual(headOfLine("7 AQ=="), Uint8Array.of(1));
  for (
    const line of ["", "7", "7 ", " AQID", "x AQID", "7 AQID x", "7 AR==", "7 AQI", "7  AQID", "-7 AQID"]
  ) {
    assert.equal(headOfLine(line), null, line);
  }
});

Deno.test("AnchorFile: what broke off is removed, and what follows the newest whole line is added", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-anchor-" });
  const path = `${folder}/anchor`;
  const heads = [1, 2, 3].map((seq) => ({ seq, bytes: Uint8Array.of(seq) }));
  const asked: number[] = [];
  const after = (seq: number) => {
    asked.push(seq);
    return heads.filter((head) => head.seq > seq);
  };
  try {
    for (
      const [text, from] of [["", 0], ["1 AQ==\n", 1], ["1 AQ==\n2 A", 1], ["2 A", 0], [
        "1 AQ==\n2 Ag==\n",
        2,
      ]] as const
    ) {
      await Deno.writeTextFile(path, text);
      await new AnchorFile(path).append(after);
      assert.equal(asked[0], from, text);
      asked.length = 0;
      const all = from === 0 || text.startsWith("1") ? "1 AQ==\n2 Ag==\n3 Aw==\n" : "";
      assert.equal(await Deno.readTextFile(path), all, text);
    }
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o644, "made by another user, kept as it is");
    await Deno.remove(path);
    await new AnchorFile(path).append(after);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("AnchorFile: a held file delays no one for long; without a new head it is not opened", async () => {
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
