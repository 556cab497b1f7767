/** The topic log through the executable: damage is found and reported, foreign bytes are shown, a stop is clean. */
import assert from "node:assert/strict";
import { openDataDir } from "../../core/platform/data_dir.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { Library } from "../../ffi/library.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { legend, lines, withFolder } from "./executable.ts";

interface TailLine {
  offset: string;
  type: string;
  data: unknown;
}

Deno.test("flipped bits in a segment are reported by verify and tail, and cost only their record", () =>
  withFolder(async (folder) => {
    const data = ["--data-dir", folder];
    assert.equal((await legend(["run", "--source", `file:${ROOT}/examples`, ...data])).code, 0);
    const tail = ["topics", "tail", "decision-evidence", "--from", "start", ...data];
    const whole = lines<TailLine>((await legend(tail)).stdout);
    assert.equal(whole.length, 4);
    assert.equal((await legend(["topics", "verify", ...data])).code, 0);
    const segment = `${folder}/log/decision-evidence/00000000000000000000.seg`;
    const good = await Deno.readFile(segment);
    // The second record begins after the first one's length; the middle of its value is damaged.
    const first = new DataView(good.buffer).getUint32(32, true);
    for (const place of [32 + first + 2, 32 + first + 300]) {
      const bad = good.slice();
      bad[place]! ^= 0x20;
      await Deno.writeFile(segment, bad);
      const verify = await legend(["topics", "verify", "decision-evidence", ...data]);
      assert.equal(verify.code, 1);
      assert.match(
        verify.stderr,
        /^Cannot read decision-evidence offsets 1\.\.2 \(1 records\): their bytes are damaged$/m,
      );
      const read = await legend(tail);
      assert.deepEqual(lines<TailLine>(read.stdout).map(({ offset }) => offset), ["0", "2", "3"]);
      assert.match(read.stderr, /their bytes are damaged/);
    }
    await Deno.writeFile(segment, good);
    assert.deepEqual(lines<TailLine>((await legend(tail)).stdout), whole);
  }));

Deno.test("bytes that legend did not make pass the log unchanged and are shown as they are", () =>
  withFolder(async (folder) => {
    openDataDir(folder);
    assert.equal((await legend(["topics", "create", "--data-dir", folder])).code, 0);
    // An Envelope with an unknown field 99, and bytes that are not protobuf at all.
    const foreign = [new Uint8Array([0x0a, 1, 0x78, 0x9a, 0x06, 1, 7]), new Uint8Array([0xff, 0xff, 0xff])];
    {
      using log = new EmbeddedLog(new Library(LIBRARY), `${folder}/log`);
      using topic = await log.topic("arbitrage-decisions-proto");
      await topic.append(foreign.map((value) => ({ value, key: new Uint8Array([0, 1]) })));
      using reader = await topic.reader(0n);
      const answer = reader.read();
      assert.ok("records" in answer);
      assert.deepEqual(answer.records.map(({ value }) => [...value!]), foreign.map((value) => [...value]));
    }
    const { stdout } = await legend(["topics", "tail", "arbitrage-decisions-proto", "--data-dir", folder]);
    const [known, raw] = lines<TailLine>(stdout);
    assert.equal(known!.type, "unknown");
    assert.deepEqual([raw!.type, raw!.data], ["undecodable", "////"]);
  }));
