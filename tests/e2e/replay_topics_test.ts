/** `legend replay --data-dir`: the topics that agents of the same source write, in the replay's own folder. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readThrough } from "../../core/log/follow.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { bytesToMirror } from "../../proto/mirror.ts";
import { LIBRARY, ROOT } from "../../tools/paths.ts";
import { canMount, command, legend, lines, withFolder, withMount } from "./executable.ts";

const ENVELOPES = ["arbitrage-decisions-proto", "sandwich-decisions-proto", "bundle-outcomes-proto"];
const EVIDENCE = "decision-evidence";

interface Line {
  summary?: true;
  decision_id: string;
  kind: string;
  provisional: boolean;
  envelope: string;
}
interface Stored {
  key: string;
  value: Buffer;
}

/** The records of one topic, oldest first. */
async function stored(dataDir: string, name: string): Promise<Stored[]> {
  using topic = await new EmbeddedLog(new Library(LIBRARY), `${dataDir}/log`).topic(name);
  const found: Stored[] = [];
  for await (const block of readThrough(topic, "start")) {
    assert.ok("records" in block, "no gap");
    for (const { key, value } of block.records) {
      found.push({ key: Buffer.from(key!).toString("base64"), value: Buffer.from(value!) });
    }
  }
  return found;
}

/** The contents of all topics without producer and sequence number, in which an agent and a replay differ. */
async function content(dataDir: string): Promise<Record<string, string[]>> {
  const envelopes = ENVELOPES.map(async (name) => {
    const shown = (await stored(dataDir, name)).map(({ key, value }) => {
      const { type, data } = bytesToMirror(value);
      const { producer_id: _producer, seq: _seq, ...rest } = data;
      return JSON.stringify([key, type, rest]);
    });
    return [name, shown.sort()] as const;
  });
  const evidence = (await stored(dataDir, EVIDENCE)).map(({ key, value }) => `${key} ${value}`).sort();
  return { ...Object.fromEntries(await Promise.all(envelopes)), [EVIDENCE]: evidence };
}

Deno.test("engine 12: a replay into a folder writes what agents of the same source write, and explain follows it", () =>
  withFolder(async (folder) => {
    const journal = `${folder}/sim.journal`;
    const captured = await legend(["capture", "--source", "sim:7", "--blocks", "40", "--out", journal]);
    assert.equal(captured.code, 0, captured.stderr);
    for (const source of [journal, `${ROOT}/examples`]) {
      const [plain, own, agents] = ["plain", "own", "agents"].map((name) => `${folder}/${name}`) as [
        string,
        string,
        string,
      ];
      // A folder that is only set by configuration is not written to.
      const alone = await legend(["replay", source], { env: { LEGEND_DATA_DIR: plain } });
      assert.equal(alone.code, 0, alone.stderr);
      await assert.rejects(Deno.stat(plain), Deno.errors.NotFound);
      const replayed = await legend(["replay", source, "--data-dir", own]);
      assert.equal(replayed.code, 0, replayed.stderr);
      assert.equal(replayed.stdout, alone.stdout, "the same lines");
      for (const module of ["arbitrage", "mev"]) {
        const ran = await legend([
          "run",
          "agent",
          module,
          "--source",
          `file:${source}`,
          "--data-dir",
          agents,
        ]);
        assert.equal(ran.code, 0, ran.stderr);
      }
      const ownContent = await content(own);
      assert.deepEqual(ownContent, await content(agents));
      const printed = lines<Line>(replayed.stdout).filter(({ summary, provisional }) =>
        !summary && !provisional
      );
      assert.equal(ownContent[EVIDENCE]!.length, printed.length, "each final event once");
      const published = printed.filter(({ envelope }) => envelope !== "");
      assert.ok(published.length > 0);
      for (const name of ENVELOPES.slice(0, 2)) {
        const isArbitrage = name.startsWith("arbitrage");
        const records = await stored(own, name);
        assert.deepEqual(
          records.map(({ value }) => value.toString("base64")),
          published.filter(({ kind }) => kind.endsWith("arbitrage") === isArbitrage).map(({ envelope }) =>
            envelope
          ),
          "the printed Envelopes, byte by byte",
        );
        for (const [at, { value }] of records.entries()) {
          const { producer_id, seq } = bytesToMirror(value).data;
          assert.deepEqual(
            [producer_id, seq],
            [isArbitrage ? "replay-arbitrage" : "replay-mev", `${at + 1}`],
          );
        }
      }
      const id = published[0]!.decision_id;
      const explained = await legend(["explain", id, "--json", "--data-dir", own]);
      assert.equal(explained.code, 0, explained.stderr);
      assert.deepEqual(lines(explained.stdout).map(({ decision_id }) => decision_id), [id]);
      for (const used of [own, agents]) await Deno.remove(used, { recursive: true });
    }
  }));

Deno.test("engine 12: a replay is written neither into a log that is not empty nor beside an agent", () =>
  withFolder(async (folder) => {
    const own = `${folder}/own`;
    const args = ["replay", `${ROOT}/examples`, "--data-dir", own];
    assert.equal((await legend(args)).code, 0);
    const before = await content(own);
    const second = await legend(args);
    assert.deepEqual([second.code, second.stdout], [3, ""]);
    assert.match(
      second.stderr,
      /^Cannot replay into .*: 3 records were already written to its topic arbitrage-decisions-proto, need .*\n$/,
    );
    assert.deepEqual(await content(own), before, "nothing was added");

    const held = `${folder}/held`;
    assert.equal((await legend(["replay", `${ROOT}/examples`, "--data-dir", held])).code, 0);
    await Deno.remove(`${held}/log`, { recursive: true });
    using lock = await Deno.open(`${held}/agents/mev.lock`, { write: true });
    await lock.lock(true);
    const beside = await legend(["replay", `${ROOT}/examples`, "--data-dir", held]);
    assert.deepEqual([beside.code, beside.stdout], [3, ""]);
    assert.match(beside.stderr, /^Cannot start: another legend runs in .*\n$/);
  }));

Deno.test("engine 12: a replay leaves a folder of something else as it is, and takes an empty one", () =>
  withFolder(async (folder) => {
    const others = `${folder}/others`;
    await Deno.mkdir(others, { mode: 0o755 });
    await Deno.chmod(others, 0o755);
    await Deno.writeTextFile(`${others}/thesis.txt`, "mine");
    const { code, stdout, stderr } = await legend(["replay", `${ROOT}/examples`, "--data-dir", others]);
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(
      stderr,
      /^Cannot use the data folder .*others: it holds other things \(thesis\.txt\), need a folder that is empty or does not exist yet\n$/,
    );
    assert.equal((await Deno.stat(others)).mode! & 0o777, 0o755);
    assert.deepEqual([...Deno.readDirSync(others)].map(({ name }) => name), ["thesis.txt"]);
    await Deno.remove(`${others}/thesis.txt`);
    assert.equal((await legend(["replay", `${ROOT}/examples`, "--data-dir", others])).code, 0);
  }));

Deno.test("engine 12: a line of a replay is printed when its record is on disk, and a full disk ends it", {
  ignore: !canMount,
}, () =>
  withFolder((folder) =>
    withMount(`${folder}/small`, "size=6m", async () => {
      const own = `${folder}/small/own`;
      const { code, stdout, stderr } = await legend([
        "replay",
        "--seed",
        "7",
        "--blocks",
        "600",
        "--data-dir",
        own,
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /^Cannot .*; the replay ends here\n$/);
      const printed = lines<Line>(stdout);
      assert.ok(printed.every(({ summary }) => !summary), "no summary of what was not done");
      const evidence = (await stored(own, EVIDENCE)).map(({ value }) =>
        JSON.parse(`${value}`).decision_id as string
      );
      const known = new Set(evidence);
      const final = printed.filter(({ provisional }) => !provisional);
      assert.deepEqual(final.filter(({ decision_id }) => !known.has(decision_id)), []);
    })
  ));

Deno.test("engine 12: a kill ends a replay that writes, and says that no agent runs there", () =>
  withFolder(async (folder) => {
    const own = `${folder}/own`;
    // Far longer than the test.
    const args = ["replay", "--seed", "7", "--blocks", "1000000", "--data-dir", own];
    const child = command(args).spawn();
    const reader = child.stdout.getReader();
    assert.ok((await reader.read()).value!.length > 0, "it holds the folder and writes");
    const drained = (async () => {
      while (!(await reader.read()).done);
    })();
    const { code, stdout, stderr } = await legend(["kill", "--json", "--data-dir", own]);
    assert.equal(code, 0, stderr);
    const shown = lines<{ module: string; taken: boolean }>(stdout);
    assert.deepEqual(shown.map(({ taken }) => taken), [true, true], stdout);
    const [{ success, signal }] = await Promise.all([child.status, drained, child.stderr.cancel()]);
    assert.deepEqual([success, signal], [false, "SIGUSR2"]);
  }));
