/**
 * The older JSON topics: written from Envelopes, converted to Envelopes, bad lines kept with their reason, no loops.
 */
import assert from "node:assert/strict";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { envelope } from "./bridge.ts";
import { command, legend, lines, withFolder } from "./executable.ts";
import { delay } from "../../core/platform/delay.ts";

interface Line {
  type: string;
  data: Record<string, unknown>;
  headers?: Record<string, string>;
}

const text = (value: string) => ({ value: new TextEncoder().encode(value) });

/** A line from an older producer. */
const old = (slot: number) =>
  JSON.stringify({
    type: "arb_opportunity",
    data: { slot, tx_signature: `sig-${slot}`, profit: { net_sol: 0.5 } },
  });

/** Waits until the topic has this many records. */
async function reaches(log: EmbeddedLog, topic: string, count: number): Promise<void> {
  for (const limit = performance.now() + 60_000; performance.now() < limit;) {
    const found = await log.topic(topic, { create: true });
    const { end } = await found.info();
    found[Symbol.dispose]();
    if (Number(end) >= count) return;
    await delay(25);
  }
  throw new Error(`${topic} did not reach ${count}`);
}

/** Starts the mirror; returns a function that stops it. */
function startMirror(data: string): (signal: Deno.Signal) => Promise<void> {
  const child = command(["run", "mirror", "--data-dir", data]).spawn();
  const texts = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return async (signal: Deno.Signal) => {
    child.kill(signal);
    await child.status;
    assert.equal((await texts)[1], "");
  };
}

/** The mirror starts at the end of each topic; once it has stored all six positions, it is there. */
async function standsAtTheEnds(data: string): Promise<void> {
  for (const limit = performance.now() + 60_000; performance.now() < limit;) {
    const places = await Array.fromAsync(Deno.readDir(`${data}/mirror`)).catch(() => []);
    if (places.filter(({ name }) => name.endsWith(".json")).length === 6) break;
    await delay(25);
  }
}

/** If it were killed before the position is written, it would repeat the block, as the mirror documents. */
async function placeIsWritten(data: string): Promise<void> {
  const at = async (direction: string) =>
    Number(
      JSON.parse(await Deno.readTextFile(`${data}/mirror/arbitrage-decisions.${direction}.json`))
        .offsets[0],
    );
  // Two Envelopes and two made from lines; two lines made from Envelopes and four.
  const placed = async () => await at("to-json") >= 4 && await at("to-proto") >= 6;
  for (let tries = 0; !await placed(); tries++) {
    assert.ok(tries < 2_400, "the place of the mirror was not written in 60 s");
    await delay(25);
  }
}

function eachIsThereOnce(typed: readonly Line[], mirrored: readonly Line[], dead: readonly Line[]): void {
  assert.equal(typed.length, 5, "what was published is not taken again");
  assert.deepEqual(typed.slice(2).map(({ data }) => [data.slot, data.producer_id, data.seq]), [
    [7, "json-arbitrage-decisions-0", "1"],
    [8, "json-arbitrage-decisions-0", "2"],
    [9, "json-arbitrage-decisions-0", "3"],
  ]);
  assert.equal(mirrored.length, 7, "what was taken is not published again");
  const first = mirrored[0]!.data as unknown as Line;
  assert.deepEqual([first.type, first.data.slot], ["arb_opportunity", 400_000_001]);
  const reasons = dead.map(({ headers }) => headers!["dlq-reason"]!);
  assert.match(reasons[0]!, /JSON/);
  assert.match(reasons[1]!, /type "nonsense"/);
}

Deno.test("Envelopes are published as JSON and JSON lines become Envelopes, each once, also over a kill", () =>
  withFolder(async (data) => {
    using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
    using proto = await log.topic("arbitrage-decisions-proto", { create: true });
    using json = await log.topic("arbitrage-decisions", { create: true });
    const tail = async (topic: string) =>
      lines<Line>((await legend(["topics", "tail", topic, "--from", "start", "--data-dir", data])).stdout);
    const until = (topic: string, count: number) => reaches(log, topic, count);
    let end = startMirror(data);
    await standsAtTheEnds(data);
    await proto.append([{ value: envelope(1) }, { value: envelope(2) }]);
    await until("arbitrage-decisions", 2);
    await json.append([text(old(7)), text("{not json"), text('{"type":"nonsense","data":{}}'), text(old(8))]);
    await until("arbitrage-decisions-proto", 4);
    await until("arbitrage-decisions-dlq", 2);
    await placeIsWritten(data);
    await end("SIGKILL");
    await json.append([text(old(9))]);
    end = startMirror(data);
    await until("arbitrage-decisions-proto", 5);
    await end("SIGTERM");

    const [typed, mirrored, dead] = await Promise.all(
      ["arbitrage-decisions-proto", "arbitrage-decisions", "arbitrage-decisions-dlq"].map(tail),
    );
    eachIsThereOnce(typed!, mirrored!, dead!);
  }));
