/**
 * `writer.ts DATA TOPIC RATE PRODUCER [RETENTION_BYTES]`: appends numbered Envelopes, and prints the last acknowledged
 * sequence number after each group.
 */
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { long, realtime } from "../../proto/wire.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { delay } from "../../core/platform/delay.ts";

const [data, topicName, rate, producerId, retention = "0"] = Deno.args as [
  string,
  string,
  string,
  string,
  string?,
];
const GROUP_MS = 20;
const perGroup = Math.max(1, Math.round(Number(rate) * GROUP_MS / 1000));
using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
using topic = await log.topic(topicName, {
  create: true,
  ...(retention === "0" ? {} : { segmentBytes: 64 << 10, retentionBytes: Number(retention) }),
});
const encoder = new TextEncoder();
const begin = performance.now();
for (let seq = 1;;) {
  const records = Array.from({ length: perGroup }, () => {
    const value = realtime.Envelope.encode({
      schemaVersion: "rt-v1",
      type: realtime.Envelope.Type.ARB,
      decisionId: crypto.getRandomValues(new Uint8Array(16)),
      producerId,
      seq: long(seq),
      eventNs: long(BigInt(Date.now()) * 1_000_000n),
      kind: realtime.Kind.ARBITRAGE,
      module: realtime.Module.MODULE_ARBITRAGE,
      arb: {
        version: "sota-arb-1.1",
        slot: long(seq),
        txSignature: `${producerId}-${seq}`,
        netSol: seq / 1e6,
      },
    }).finish();
    const key = encoder.encode(`pool-${seq % 97}`);
    seq += 1;
    return { key, value };
  });
  await topic.append(records);
  Deno.stdout.writeSync(encoder.encode(`${seq - 1}\n`));
  const due = begin + (seq - 1) / Number(rate) * 1000;
  // Paces the records.
  if (due > performance.now()) await delay(due - performance.now());
}
