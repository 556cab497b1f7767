import assert from "node:assert/strict";
import { control, jobs, long, realtime } from "./wire.ts";

const text = await Deno.readTextFile(new URL("../tests/fixtures/golden.txt", import.meta.url));

/** The hand-made bytes that ffi/wire reads too. */
function golden(name: string): Uint8Array {
  const block = text.split(`\n${name}\n`)[1]!.split("\n\n")[0]!;
  const words = block.split("\n").flatMap((line) => line.split("#")[0]!.split(/\s+/).filter(Boolean));
  return new Uint8Array(words.map((word) => parseInt(word, 16)));
}

const { Type } = realtime.Envelope;

const arb = new realtime.ArbOpportunity({
  version: "sota-arb-1.1",
  slot: long(285_000_037),
  txSignature: "s",
  netSol: 0.5,
  classification: "atomic_2hop",
  pLandEst: 1,
  tipLadder: [0.5, 0.75],
});
const outcome = new realtime.BundleOutcome({
  bundleId: "b",
  landed: true,
  tipLamports: long(1000),
  path: "Jito",
  leader: "L",
  simulated: true,
  module: "mev",
  slot: long(1),
});
const arbEnvelope = new realtime.Envelope({
  schemaVersion: "rt-v1",
  type: Type.ARB,
  decisionId: new Uint8Array(Array.from({ length: 16 }, (_, at) => at)),
  producerId: "p",
  seq: long(300),
  eventNs: long(2n ** 63n),
  kind: realtime.Kind.ARBITRAGE,
  module: realtime.Module.MODULE_ARBITRAGE,
  arb,
});
const outcomeEnvelope = new realtime.Envelope({
  schemaVersion: "rt-v1",
  type: Type.OUTCOME,
  seq: long(1),
  outcome,
});
const command = new control.Command({
  ts: long(150),
  module: control.Module.MEV,
  action: control.Action.KILL,
  args: { kill: "true" },
  requestId: "r1",
  issuer: "local:0",
  schemaVersion: "ctrl-v1",
});
const receipt = new jobs.Receipt({
  schemaVersion: "rcpt-v1",
  requestId: "r",
  applied: true,
  sequence: long(128),
  policyHash: new Uint8Array([0xff, 0]),
});
const batch = new realtime.Batch({
  items: [new realtime.Envelope({ seq: long(1) }), new realtime.Envelope({ seq: long(2) })],
  epoch: long(7),
  from: long(10),
  to: long(12),
  dropped: long(3),
});

const ROWS: [string, () => Uint8Array, (bytes: Uint8Array) => Uint8Array][] = [
  [
    "arb_envelope",
    () => realtime.Envelope.encode(arbEnvelope).finish(),
    (b) => realtime.Envelope.encode(realtime.Envelope.decode(b)).finish(),
  ],
  [
    "outcome_envelope",
    () => realtime.Envelope.encode(outcomeEnvelope).finish(),
    (b) => realtime.Envelope.encode(realtime.Envelope.decode(b)).finish(),
  ],
  [
    "kill_command",
    () => control.Command.encode(command).finish(),
    (b) => control.Command.encode(control.Command.decode(b)).finish(),
  ],
  [
    "receipt",
    () => jobs.Receipt.encode(receipt).finish(),
    (b) => jobs.Receipt.encode(jobs.Receipt.decode(b)).finish(),
  ],
  [
    "batch_by_concatenation",
    () => realtime.Batch.encode(batch).finish(),
    (b) => realtime.Batch.encode(realtime.Batch.decode(b)).finish(),
  ],
];

for (const [name, encode, reencode] of ROWS) {
  Deno.test(`messages equal the golden bytes both ways: ${name}`, () => {
    const bytes = golden(name);
    assert.ok(bytes.length > 10, "an empty block must not pass");
    assert.deepEqual([...encode()], [...bytes], "encode");
    assert.deepEqual([...reencode(bytes)], [...bytes], "decode and encode again");
  });
}

Deno.test("Envelope decode reads the golden values", () => {
  const envelope = realtime.Envelope.decode(golden("arb_envelope"));
  assert.equal(envelope.seq.toString(), "300");
  assert.equal(envelope.eventNs.toString(), "9223372036854775808");
  assert.equal(envelope.arb?.netSol, 0.5);
  assert.deepEqual(envelope.arb?.tipLadder, [0.5, 0.75]);
});
