/** What agents write is compressed while they run: it takes a fifth or less, and every verb reads it as before. */
import assert from "node:assert/strict";
import { command, legend, lines, withFolder } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

interface TailLine {
  offset: string;
  data: { decision_id: string };
}

/** Size of a topic's files in bytes. */
function bytesOf(folder: string, ending: string): number {
  return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(ending))
    .reduce((sum, { name }) => sum + Deno.statSync(`${folder}/${name}`).size, 0);
}

/** All evidence, each record once and in order. */
async function whole(flags: readonly string[]): Promise<TailLine[]> {
  const { code, stdout, stderr } = await legend([
    ...["topics", "tail", "decision-evidence", "--from", "start", ...flags],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  const tailed = lines<TailLine>(stdout);
  assert.ok(tailed.every(({ offset }, at) => offset === String(at)), "each record once and in order");
  return tailed;
}

/** A damaged byte of a block loses that block, and the rest is read. */
async function damageIsSaid(
  evidence: string,
  flags: readonly string[],
  tailed: readonly TailLine[],
): Promise<void> {
  const path = `${evidence}/${"0".repeat(20)}.pack`;
  const bytes = Deno.readFileSync(path);
  bytes[1_000]! ^= 0x20;
  Deno.writeFileSync(path, bytes);
  const verify = await legend(["topics", "verify", "decision-evidence", ...flags]);
  assert.equal(verify.code, 1);
  assert.match(
    verify.stderr,
    /^Cannot read decision-evidence offsets 0\.\.\d+ \(\d+ records\): their bytes are damaged$/m,
  );
  assert.equal(verify.stderr.match(/offsets/g)?.length, 1);
  const [, lost] = verify.stderr.match(/offsets 0\.\.(\d+)/)!;
  assert.ok(Number(lost) < tailed.length / 2, "the other blocks are read");
  assert.doesNotMatch(verify.stderr, /header/);
  const rest = await legend(["topics", "tail", "decision-evidence", "--from", "start", ...flags]);
  assert.deepEqual(lines<TailLine>(rest.stdout), tailed.slice(Number(lost)));
  bytes[1_000]! ^= 0x20;
  await damagedHeadersAreSaid(path, bytes, flags);
}

/** A damaged header of the pack loses nothing; that of a block loses the block, and nothing reports otherwise. */
async function damagedHeadersAreSaid(
  path: string,
  bytes: Uint8Array,
  flags: readonly string[],
): Promise<void> {
  for (const [at, loses] of [[20, false], [40, true]] as const) {
    bytes[at]! ^= 0x20;
    Deno.writeFileSync(path, bytes);
    const { code, stderr } = await legend(["topics", "verify", "decision-evidence", ...flags]);
    assert.equal(code, 1);
    assert.match(stderr, /^A header of .*\.pack is damaged/m);
    assert.equal(/all records can still be read/.test(stderr), !loses, stderr);
    assert.equal(/their bytes are damaged/.test(stderr), loses, stderr);
    bytes[at]! ^= 0x20;
  }
}

Deno.test("what an agent writes is packed while it runs, is read as before, and damage is reported", () =>
  withFolder(async (folder) => {
    const [data, evidence] = [`${folder}/data`, `${folder}/data/log/decision-evidence`];
    const flags = ["--data-dir", data];
    // A seed that was not used to tune compression.
    const agent = command(["run", "agent", "arbitrage", "--source", "sim:1234", "--speed", "20", ...flags])
      .spawn();
    const tail = () => whole(flags);
    let during: TailLine[];
    try {
      const packed = () => {
        try {
          return bytesOf(evidence, ".pack");
        } catch {
          return 0;
        }
      };
      for (const end = performance.now() + 120_000; packed() < 300_000;) {
        assert.ok(performance.now() < end, `${packed()} bytes are packed`);
        await delay(100);
      }
      during = await tail();
    } finally {
      agent.kill("SIGTERM");
    }
    const ended = await agent.output();
    assert.equal(new TextDecoder().decode(ended.stderr).match(/^Cannot .*$/m), null);
    assert.equal(Deno.readTextFileSync(`${data}/log/FORMAT`), "legend-log 2\n");

    const tailed = await tail();
    assert.deepEqual(tailed.slice(0, during.length), during);
    // 52 bytes of a record are not its value. The text is what was stored, except for the spaces added for readability.
    const plain = tailed.reduce((sum, { data }) => sum + JSON.stringify(data).length + 52, 0);
    const [packed, left] = [bytesOf(evidence, ".pack"), bytesOf(evidence, ".seg")];
    const ratio = (plain - left) / packed;
    assert.ok(ratio > 5, `${plain} bytes, ${left} of them not packed, are ${packed}: ${ratio.toFixed(2)}`);
    assert.equal((await legend(["topics", "verify", ...flags])).code, 0);
    const first = await legend(["explain", tailed[0]!.data.decision_id, ...flags]);
    assert.equal(first.code, 0, first.stderr);

    await damageIsSaid(evidence, flags, tailed);
  }));
